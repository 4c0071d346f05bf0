"""Where things stand in a ladder: the gutter's columns, the lifelines, and how much room there is between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sigtrace.views.ladder_rows import Arrow, Mark

if TYPE_CHECKING:
    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.ladder_rows import Section

MIN_GAP = 20
"""Cells between two lifelines: `candidate ×12` with its arrow and a little line to see where it goes."""

MAX_GAP = 44
"""Wider, and the eye loses the way from one lifeline to the next."""

_MARGIN = 7
"""Cells left of the first lifeline and right of the last, for half of a column's name."""


def peers_that_fit(width: int | None, *, fallback: int) -> int:
    """Return how many peers can have a column of their own beside the server's.

    Args:
        width: of the screen; None where it has no edge.
        fallback: the number where there is no edge.
    """
    if width is None:
        return fallback
    gutter = _GUTTER_WITHOUT_DELTA + 2 * _MARGIN
    return max((width - gutter) // (MIN_GAP + 1), 1)


_GUTTER_WITHOUT_DELTA = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The places of one section; those of lifelines are counted from `start`."""

    number_width: int
    packet_width: int  # 0: not shown
    time_width: int
    delta_width: int  # 0: no room
    start: int
    positions: tuple[int, ...]
    width: int | None  # from `start` to the screen's edge

    @property
    def label_room(self) -> int:
        """Cells for a column's name, so that it does not touch its neighbour's."""
        return self.positions[1] - self.positions[0] - 3

    def span(self, source: int, target: int) -> tuple[int, int]:
        """Return the left and the right lifeline of an arrow."""
        left, right = sorted((self.positions[source], self.positions[target]))
        return left, right

    def home_gap(self, source: int, target: int) -> tuple[int, int]:
        """Return the gap where an arrow's words stand: the one at its source."""
        step = 1 if source < target else -1
        return self.span(source, source + step)

    def note_room(self, source: int, target: int) -> int:
        """Cells for what is written beneath an arrow."""
        left, right = self.span(source, target)
        return right - left - 5

    def place_labels(self, labels: list[str], screen: Screen) -> list[tuple[str, int]]:
        """Centre each label on its lifeline, as far as its neighbours and the edges let it."""
        placed = []
        free_from = self.start - _MARGIN + 2
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
    number, packet, time, delta = _gutter_widths(section, screen, show_packets=show_packets)
    gaps = len(section.columns) - 1
    wanted = min(max(_widest_words(section, screen) + 8, MIN_GAP), MAX_GAP)
    if screen.width is None:
        return _assemble(number, packet, time, delta, wanted, gaps, None)
    full = _room(screen.width, number, packet, time, delta)
    if full // gaps - 1 >= max(min(wanted, 26), MIN_GAP):
        return _assemble(number, packet, time, delta, min(full // gaps - 1, MAX_GAP), gaps, screen.width)
    bare = _room(screen.width, number, packet, time, 0)
    return _assemble(number, packet, time, 0, min(max(bare // gaps - 1, MIN_GAP), MAX_GAP), gaps, screen.width)


def _assemble(number: int, packet: int, time: int, delta: int, gap: int, gaps: int, screen_width: int | None) -> Layout:
    start = _gutter(number, packet, time, delta) + _MARGIN
    return Layout(
        number_width=number,
        packet_width=packet,
        time_width=time,
        delta_width=delta,
        start=start,
        positions=tuple(place * (gap + 1) for place in range(gaps + 1)),
        width=None if screen_width is None else screen_width - start,
    )


def _gutter(*widths: int) -> int:
    return sum(width + 2 for width in widths if width) - 2


def _room(width: int, *gutter: int) -> int:
    """Cells between the first and the last lifeline."""
    return width - _gutter(*gutter) - 2 * _MARGIN - 1


def _gutter_widths(section: Section, screen: Screen, *, show_packets: bool) -> tuple[int, int, int, int]:
    timed = [row for row in section.rows if isinstance(row, Arrow | Mark)]
    arrows = [row for row in timed if isinstance(row, Arrow)]
    number = max((len(str(row.number)) + (row.folded > 1) for row in arrows if row.number is not None), default=1)
    packet = max((len(str(row.packet)) for row in arrows if row.packet is not None), default=1)
    time = max((len(row.time) for row in timed), default=4)
    delta = max((screen.cells(screen.clean(row.delta)) for row in timed), default=5)
    return max(number, 3), max(packet, 3) if show_packets else 0, max(time, 6), max(delta, 5)


def _widest_words(section: Section, screen: Screen) -> int:
    widths = [
        screen.cells(screen.clean(screen.glyphs.join.join((row.label, *row.details))))
        for row in section.rows
        if isinstance(row, Arrow)
    ]
    names = [screen.cells(screen.clean(column.name)) for column in section.columns]
    halves = [(left + right) // 2 for left, right in pairwise(names)]
    return max([*widths, *halves], default=MIN_GAP)
