"""Where things stand in a ladder: the gutter's columns, the lifelines, and how much room there is between them."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.value import Value
from sigtrace.views.ladder_rows import Arrow, Mark

if TYPE_CHECKING:
    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.ladder_rows import Section

MIN_GAP = 18
"""Cells between two lifelines: `candidate` and a number with its arrow and a little line to see where it goes."""

_LEAST_GAP = 12
"""What is left of it where long times or packet numbers need the room: a few letters an arrow."""

MAX_GAP = 44
"""Wider, and the eye loses the way from one lifeline to the next."""

_MARGIN = 7
"""Cells left of the first lifeline and right of the last, for half of a column's name."""

_NARROW_MARGIN = 4
"""The same with four columns and more, where gaps are more precious than centred names."""

_GUTTER_WITHOUT_DELTA = 11


def peers_that_fit(width: int | None, *, fallback: int) -> int:
    """Return how many peers can have a column of their own beside the server's.

    Args:
        width: of the screen; None where it has no edge.
        fallback: the number where there is no edge.
    """
    if width is None:
        return fallback
    return max((width - _GUTTER_WITHOUT_DELTA - 2 * _NARROW_MARGIN - 1) // (MIN_GAP + 1), 2)


class Layout(Value, frozen=True, kw_only=True):
    """The places of one section; those of lifelines are counted from `start`."""

    number_width: int
    packet_width: int  # 0: not shown
    time_width: int
    delta_width: int  # 0: no room
    start: int  # of the drawing
    left_edge: int  # where the gutter ends
    positions: tuple[int, ...]
    width: int | None  # from `start` to the screen's edge

    @property
    def label_room(self) -> int:
        """Cells for a column's name, so that it does not touch its neighbour's."""
        return (self.positions[1] - self.positions[0] if len(self.positions) > 1 else MAX_GAP) - 3

    def holds(self, labels: list[str], screen: Screen) -> bool:
        """Tell whether the labels can all be placed left of the screen's edge."""
        if self.width is None:
            return True
        text, start = self.place_labels(labels, screen)[-1]
        return start + screen.cells(text) <= self.start + self.width

    def span(self, source: int, target: int) -> tuple[int, int]:
        """Return the left and the right lifeline of an arrow."""
        left, right = sorted((self.positions[source], self.positions[target]))
        return left, right

    def home_gap(self, source: int, target: int) -> tuple[int, int]:
        """Return the gap where an arrow's words stand: the one at its source."""
        step = 1 if source < target else -1
        return self.span(source, source + step)

    def note_span(self, source: int, target: int) -> tuple[int, int]:
        """Return where what is written beneath an arrow begins, and how many cells it has."""
        left, right = self.home_gap(source, target)
        return left + 4, right - left - 5

    def place_labels(self, labels: list[str], screen: Screen) -> list[tuple[str, int]]:
        """Centre each label on its lifeline, as far as its neighbours and the edges let it."""
        placed = []
        free_from = self.left_edge
        for label, position in zip(labels, self.positions, strict=True):
            width = screen.cells(label)
            start = max(self.start + position - width // 2, free_from)
            if self.width is not None:
                start = max(min(start, self.start + self.width - width), free_from)
            placed.append((label, start))
            free_from = start + width + 2
        return placed


def lay_out(section: Section, screen: Screen, *, show_packets: bool) -> Layout:
    """Fit a section to a screen: at first everything is shown, then the deltas go, then the gaps shrink."""
    gutter = _measure_gutter(section, screen, show_packets=show_packets)
    gaps = len(section.columns) - 1  # none where the server stands alone, as nobody said anything
    wanted = min(max(_widest_words(section, screen) + 8, MIN_GAP), MAX_GAP)
    if screen.width is None:
        return _assemble(gutter, [wanted] * gaps, _MARGIN, None)
    margin = _MARGIN if gaps < 3 else _NARROW_MARGIN
    room = (screen.width - gutter.width - 2 * margin - 1) // max(gaps, 1) - 1
    if room < min(wanted, _COMFORTABLE_GAP):
        gutter = gutter._replace(delta=0)
        room = (screen.width - gutter.width - 2 * margin - 1) // max(gaps, 1) - 1
    return _assemble(gutter, [min(max(room, _LEAST_GAP), MAX_GAP)] * gaps, margin, screen.width)


_COMFORTABLE_GAP = 26
"""Below it, the room of the deltas is worth more between the lifelines."""


class _Gutter(NamedTuple):
    """Widths of the columns left of the drawing; 0 for one that is not shown."""

    number: int
    packet: int
    time: int
    delta: int

    @property
    def width(self) -> int:
        """Cells they take together."""
        return sum(width + 2 for width in self if width) - 2


def _assemble(gutter: _Gutter, gaps: list[int], margin: int, screen_width: int | None) -> Layout:
    start = gutter.width + margin
    return Layout(
        number_width=gutter.number,
        packet_width=gutter.packet,
        time_width=gutter.time,
        delta_width=gutter.delta,
        start=start,
        left_edge=gutter.width + 2,
        positions=tuple(accumulate((gap + 1 for gap in gaps), initial=0)),
        width=None if screen_width is None else screen_width - start,
    )


def _measure_gutter(section: Section, screen: Screen, *, show_packets: bool) -> _Gutter:
    timed = [row for row in section.rows if isinstance(row, Arrow | Mark)]
    arrows = [row for row in timed if isinstance(row, Arrow)]
    number = max((len(str(row.number)) + (row.folded > 1) for row in arrows if row.number is not None), default=1)
    packet = max((len(str(row.packet)) for row in arrows if row.packet is not None), default=1)
    time = max((len(row.time) for row in timed), default=4)
    delta = max((screen.cells(screen.clean(row.delta)) for row in timed), default=5)
    return _Gutter(max(number, 3), max(packet, 3) if show_packets else 0, max(time, 6), max(delta, 5))


def _widest_words(section: Section, screen: Screen) -> int:
    widths = [
        screen.cells(screen.clean(screen.glyphs.join.join((row.label, *row.details))))
        for row in section.rows
        if isinstance(row, Arrow)
    ]
    names = [screen.cells(screen.clean(column.name)) for column in section.columns]
    halves = [(left + right) // 2 for left, right in pairwise(names)]
    return max([*widths, *halves], default=MIN_GAP)
