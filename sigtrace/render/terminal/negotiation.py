"""What was offered, answered and agreed, as text in three columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.render.terminal.line import DIM, FAILURE, PLAIN, STRONG_FAILURE, TITLE, Line, call_hue, join_lines
from sigtrace.render.terminal.table import Cell, TableColumn, render_table
from sigtrace.render.terminal.wrap import wrap, wrap_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.media_rows import MediaRow
    from sigtrace.views.negotiation import CandidateRow, Negotiations, NegotiationView, Round
    from sigtrace.views.transport_rows import TransportRow

_COLUMNS = (
    TableColumn("", least=10),
    TableColumn("offered", least=16),
    TableColumn("answered", least=14),
    TableColumn("agreed", least=12),
)


def render_negotiation(negotiations: Negotiations, screen: Screen) -> str:
    """Render the negotiations of all calls as text, each line with its end."""
    if not negotiations.calls:
        return join_lines(line for text in negotiations.nothing for line in wrap_line(text, screen))
    lines: list[Line] = []
    for call in negotiations.calls:
        if lines:
            lines += [Line(screen), Line(screen)]
        lines += _Page(call, screen).lines()
    return join_lines(lines)


class _Page:
    def __init__(self, call: NegotiationView, screen: Screen) -> None:
        self._call = call
        self._screen = screen
        self._hue = call_hue(call.call)

    def lines(self) -> Iterator[Line]:
        call, screen = self._call, self._screen
        heading = Line(screen).add(f"CALL {call.call}", TITLE).add("    ")
        room = 1000 if screen.width is None else (screen.width - heading.width) // 2 - 2
        caller, callee = (screen.shorten(screen.clean(name), room) for name in (call.caller, call.callee))
        yield heading.add(f"{caller} {screen.glyphs.to} {callee}", self._hue)
        if not call.rounds:
            yield Line(screen).add("  no offer and no answer captured", FAILURE)
        for number, one in enumerate(call.rounds, 1):
            yield Line(screen)
            yield from self._round(number, one)
        if any(row.candidates for row in call.candidates):
            yield Line(screen)
            yield Line(screen).add("  candidates", DIM)
            for row in call.candidates:
                yield from self._candidates(row)

    def _round(self, number: int, one: Round) -> Iterator[Line]:
        screen = self._screen
        title = f"round {number}{screen.glyphs.join}" if len(self._call.rounds) > 1 else ""
        title += screen.glyphs.join.join(one.title)
        yield from wrap_line(title, screen, PLAIN if one.answered else STRONG_FAILURE, indent=2)
        yield Line(screen)
        rows = [self._media(row) for row in one.media] + [self._transport(row) for row in one.transport]
        yield from render_table(_COLUMNS, rows, screen, indent=2)
        for restart in one.restarts:
            yield from wrap_line(restart, screen, indent=2)
        for remark in one.remarks:
            yield from wrap_line(f"{screen.glyphs.bad} {remark}", screen, FAILURE, indent=2)

    def _media(self, row: MediaRow) -> list[Cell]:
        rejected = row.accepted is False
        return [
            Cell(f"{row.mid} {row.kind}", TITLE),
            Cell("  ".join(row.offered)),
            Cell("  ".join(row.answered), FAILURE if rejected else PLAIN),
            Cell(", ".join(row.agreed), FAILURE if rejected else self._hue),
        ]

    def _transport(self, row: TransportRow) -> list[Cell]:
        style = FAILURE if row.trouble else PLAIN
        return [Cell(row.name, TITLE), Cell(row.offered, DIM), Cell(row.answered, DIM), Cell(row.agreed, style)]

    def _candidates(self, row: CandidateRow) -> Iterator[Line]:
        screen = self._screen
        peers = [screen.cells(screen.clean(one.peer)) for one in self._call.candidates]
        indent = 4 + min(max(peers), 24) + 2
        line = Line(screen).add("    ").add(screen.shorten(screen.clean(row.peer), 24)).to(indent)
        if not row.candidates:
            yield line.add("none", FAILURE)
            return
        for place, text in enumerate(row.candidates):
            clean = screen.clean(text)
            joint = screen.glyphs.join if place else ""
            edge = 100 if screen.width is None else screen.width
            if place and line.width + screen.cells(joint + clean) > edge:
                yield line
                line, joint = Line(screen).add(" " * indent), ""
            first, *rest = wrap(clean, max(edge - line.width - screen.cells(joint), 20), screen)
            line.add(joint, DIM).add(first)
            for part in rest:
                yield line
                line = Line(screen).add(" " * indent).add(part)
        yield line
