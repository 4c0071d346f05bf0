"""The ladder as text: lifelines that are thick while a peer is listening, arrows between them, words on the arrows.

Theory of operation. The gutter on the left has the exchange's number, the time, and where there is room the time since
the row before; then come the lifelines at equal distances. Each row is first laid out on a canvas of cells, where
arrows lie over lifelines and words lie over arrows, and then painted. What does not fit on an arrow goes beneath it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.render.terminal.canvas import Canvas
from sigtrace.render.terminal.functions import render_code
from sigtrace.render.terminal.layout import Layout, lay_out
from sigtrace.render.terminal.line import DIM, FAILURE, PLAIN, STRONG_FAILURE, TITLE, Line, call_hue, join_lines
from sigtrace.render.terminal.wrap import wrap, wrap_line
from sigtrace.views.ladder_rows import Arrow, Lifeline, Mark, Quiet, Stroke, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.ladder_news import SectionNews
    from sigtrace.views.ladder_rows import Ladder, Row, Section


def render_ladder(ladder: Ladder, screen: Screen) -> str:
    """Render a ladder as text, each line with its end."""
    if not ladder.sections:
        return join_lines(line for text in ladder.nothing for line in wrap_line(text, screen))
    lines: list[Line] = []
    for section in ladder.sections:
        if lines:
            lines += [Line(screen), Line(screen)]
        lines += _Drawing(section, screen, show_packets=ladder.show_packets).lines()
    return join_lines(lines)


def render_news(news: SectionNews, screen: Screen, *, show_packets: bool) -> str:
    """Render rows that are new, below those before; first who stands where, when that has changed."""
    drawing = _Drawing(news.section, screen, show_packets=show_packets)
    head = [Line(screen), *drawing.head()] if news.anew else []
    return join_lines([*head, *drawing.rows(news.rows)])


def render_head(section: Section, screen: Screen) -> str:
    """Render who stands where in a section, as one line without its end, or two where rooms have names."""
    return join_lines(_Drawing(section, screen, show_packets=False).names()).removesuffix("\n")


class _Drawing:
    """Draws one section."""

    def __init__(self, section: Section, screen: Screen, *, show_packets: bool) -> None:
        self._section = section
        self._screen = screen
        self._glyphs = screen.glyphs
        self._layout: Layout = lay_out(section, screen, show_packets=show_packets)

    def lines(self) -> Iterator[Line]:
        yield from self.head()
        yield from self.rows(self._section.rows)

    def rows(self, rows: Iterable[Row]) -> Iterator[Line]:
        for row in rows:
            yield from self._row(row)

    def head(self) -> Iterator[Line]:
        if self._section.heading:
            yield from wrap_line(self._section.heading, self._screen, TITLE)
            yield Line(self._screen)
        for remark in self._section.remarks:
            yield from wrap_line(remark, self._screen, DIM)
        if self._section.remarks:
            yield Line(self._screen)
        yield from self.names()
        yield Line(self._screen)

    def names(self) -> Iterator[Line]:
        yield self._header()
        if any(column.room is not None for column in self._section.columns):
            yield self._rooms()

    def _row(self, row: Row) -> Iterator[Line]:
        if isinstance(row, Quiet):
            yield self._quiet(row)
        elif isinstance(row, Mark):
            yield from self._mark(row)
        else:
            yield from self._arrow(row)

    # --- the gutter and the header

    def _header(self) -> Line:
        layout = self._layout
        line = self._gutter_line("#", "pkt", "time", "since", TITLE)
        for text, start in layout.place_labels(self._column_labels(), self._screen):
            line.to(start).add(text, TITLE)
        return line

    def _rooms(self) -> Line:
        """Name the rooms beneath the names, where there are several."""
        line = Line(self._screen)
        labels = [
            self._screen.shorten(self._screen.clean(column.room or ""), max(self._layout.label_room, 4))
            for column in self._section.columns
        ]
        for text, start in self._layout.place_labels(labels, self._screen):
            if text:
                line.to(start).add(text, DIM)
        return line

    def _column_labels(self) -> list[str]:
        """Name the columns: in full where that fits, else briefly, else shortened as little as that takes."""
        columns = self._section.columns
        room = 1000 if self._screen.width is None else self._layout.label_room
        labels = [self._column_label(column.name, column.id, 1000) for column in columns]
        names = [column.name for column in columns]
        if max(map(self._screen.cells, labels)) > room or not self._layout.holds(labels, self._screen):
            names = [column.brief or column.name for column in columns]
        while True:
            labels = [self._column_label(name, column.id, room) for name, column in zip(names, columns, strict=True)]
            if room <= 8 or self._layout.holds(labels, self._screen):
                return labels
            room = min(room, max(map(self._screen.cells, labels))) - 1

    def _column_label(self, name: str, number: str | None, room: int) -> str:
        suffix = f"{self._glyphs.tag}{self._screen.clean(number)}" if number is not None else ""
        return self._screen.shorten(self._screen.clean(name), max(room - self._screen.cells(suffix), 4)) + suffix

    def _gutter_line(self, number: str, packet: str, time: str, delta: str, style: str) -> Line:
        layout = self._layout
        line = Line(self._screen)
        for text, width in (
            (number, layout.number_width),
            (packet, layout.packet_width),
            (time, layout.time_width),
            (delta, layout.delta_width),
        ):
            if width:
                clean = self._screen.clean(text)
                line.add(" " * (width - self._screen.cells(clean) + (2 if line.width else 0))).add(clean, style)
        return line

    # --- arrows

    def _arrow(self, row: Arrow) -> Iterator[Line]:
        left, right = self._layout.span(row.source, row.target)
        lead, beneath = self._words(row, right - left - 1)
        canvas = self._lifelines(row.lifelines)
        self._draw_arrow(canvas, row, left, right, lead)
        number = "" if row.number is None else f"{row.number}{self._glyphs.more if row.folded > 1 else ''}"
        packet = "" if row.packet is None else str(row.packet)
        yield canvas.paint(self._gutter_line(number, packet, row.time, row.delta, DIM), self._layout.start)
        start, _ = self._layout.note_span(row.source, row.target)
        for text, style in beneath:
            canvas = self._lifelines(row.lifelines)
            canvas.write(start, text, style)
            yield canvas.paint(Line(self._screen), self._layout.start)
        yield from render_code(row.sent_by, row.handled_by, self._screen, self._layout.start + 2)

    def _words(self, row: Arrow, length: int) -> tuple[str, list[tuple[str, str]]]:
        """Divide what is to be said between the arrow and the lines beneath it."""
        screen, join = self._screen, self._glyphs.join
        _, width = self._layout.note_span(row.source, row.target)
        label = screen.clean(row.label) + (screen.clean(f" \u00d7{row.folded}") if row.folded > 1 else "")
        far = length - 6 > width  # the arrow goes past other lifelines
        room = max(width - 1, 4) if screen.cells(label) < width and not far else max(length - 6, 4)
        lead, rest = _fill(label, " ", room, screen)
        details = [screen.clean(detail) for detail in row.details]
        notes = [screen.clean(note) for note in row.notes]
        if far:  # an arrow that long has room for all that is to be said
            details, notes = [*details, *notes], []
        while details and not rest and screen.cells(f"{lead}{join}{details[0]}") <= room:
            lead = f"{lead}{join}{details.pop(0)}"
        beneath = join.join(text for text in (rest, *details, *notes) if text)
        edge = f"{join.strip()} "
        lines = [(text.strip(edge), DIM) for text in wrap(beneath, width, screen)]
        for problem in row.problems:
            lines += [(text, FAILURE) for text in wrap(f"{self._glyphs.bad} {screen.clean(problem)}", width, screen)]
        return lead, lines

    def _draw_arrow(self, canvas: Canvas, row: Arrow, left: int, right: int, lead: str) -> None:
        glyphs, style = self._glyphs, _style_of(row)
        stroke = {Stroke.RELEASE: glyphs.double, Stroke.BROKEN: glyphs.broken}.get(row.stroke, glyphs.line)
        line_style = style if row.tone is Tone.FAILURE or row.call is not None else DIM
        canvas.draw_across(left + 1, right - 1, stroke, line_style)
        forward = row.source < row.target
        end = glyphs.end if row.stroke is Stroke.BROKEN else glyphs.right if forward else glyphs.left
        canvas.write(right - 1 if forward else left + 1, end, line_style)
        width = self._screen.cells(lead) + 2
        start = left + 3 if forward else max(right - width - 1, left + 3)
        canvas.write(start, f" {lead} ", style)

    # --- everything else

    def _quiet(self, row: Quiet) -> Line:
        canvas = self._lifelines(row.lifelines)
        words = f" {self._screen.clean(row.duration)} quiet "
        room = self._layout.label_room + 2
        dots = self._glyphs.dot * max(min((room - 2 - self._screen.cells(words)) // 2, 3), 0)
        text = f"{dots}{words}{dots}"
        canvas.write(1 + max((room - self._screen.cells(text)) // 2, 0), text, DIM)
        return canvas.paint(Line(self._screen), self._layout.start)

    def _mark(self, row: Mark) -> Iterator[Line]:
        """A mark stands beside its lifeline, on the side where there is room, or leads the way when it is for all."""
        style = STRONG_FAILURE if row.tone is Tone.FAILURE else DIM
        text = self._screen.clean(row.text)
        place = 0 if row.column is None else row.column
        position = self._layout.positions[place]
        room = 1000 if self._layout.width is None else self._layout.width - position - 3
        on_left = row.column is not None and self._screen.cells(text) > room and position > room
        parts = wrap(text, position - 3 if on_left else room, self._screen)
        for number, part in enumerate(parts):
            canvas = self._lifelines(row.lifelines)
            if number == 0 and row.column is not None:
                canvas.write(position, self._glyphs.end, style)
            start = position - 2 - self._screen.cells(part) if on_left else position + 2
            canvas.write(start, f"{part} ", style)
            gutter = self._gutter_line("", "", row.time, row.delta, DIM) if number == 0 else Line(self._screen)
            yield canvas.paint(gutter, self._layout.start)

    def _lifelines(self, states: tuple[Lifeline, ...]) -> Canvas:
        canvas = Canvas(self._screen)
        for position, state in zip(self._layout.positions, states, strict=True):
            if state is Lifeline.LISTENING:
                canvas.write(position, self._glyphs.thick, PLAIN)
            elif state is not Lifeline.ABSENT:
                canvas.write(position, self._glyphs.thin, DIM)
        return canvas


def _fill(text: str, joint: str, room: int, screen: Screen) -> tuple[str, str]:
    """Divide a text into the words that fit, and the rest; a first word too long is shortened, and the rest is all."""
    if screen.cells(text) <= room:
        return text, ""
    words = text.split(joint)
    taken = 0
    while screen.cells(joint.join(words[: taken + 1])) <= room:
        taken += 1
    if not taken:
        return screen.shorten(words[0], room), text
    return joint.join(words[:taken]), joint.join(words[taken:])


def _style_of(row: Arrow) -> str:
    if row.tone is Tone.FAILURE:
        return FAILURE
    if row.tone is Tone.HOUSEKEEPING:
        return DIM
    return call_hue(row.call)
