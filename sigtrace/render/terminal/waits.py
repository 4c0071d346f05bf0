"""The table of waits as text, with a bar for how long each hung."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.render.terminal.facts import render_fact
from sigtrace.render.terminal.functions import render_code
from sigtrace.render.terminal.line import DIM, FAILURE, PLAIN, Line, call_hue, join_lines
from sigtrace.render.terminal.table import Cell, TableColumn, render_table
from sigtrace.render.terminal.wrap import wrap_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.waits import WaitRow, WaitTable

_BAR = 12
_CODE_INDENT = 12
_COLUMNS = (
    TableColumn("#", right=True),
    TableColumn("packet", right=True, drop=2),
    TableColumn("peer", least=10, wraps=False),
    TableColumn("asked", right=True, drop=1),
    TableColumn("hung", right=True, least=9),
    TableColumn("", least=0, wraps=False),
    TableColumn("released by", least=18),
    TableColumn("blind after", right=True, least=8, drop=3),
)


def render_waits(table: WaitTable, screen: Screen) -> str:
    """Render a table of waits as text, each line with its end."""
    if not table.rows:
        return join_lines(line for text in table.nothing for line in wrap_line(text, screen))
    with_bars = screen.width is None or screen.width >= 96
    rows = [_cells(row, screen, with_bars=with_bars) for row in table.rows]
    beneath = [_code(row, screen) for row in table.rows]
    lines = list(render_table(_COLUMNS, rows, screen, beneath=beneath))
    if table.totals:
        lines += [Line(screen), *render_fact("WAITS", table.totals, screen)]
    return join_lines(lines)


def _code(row: WaitRow, screen: Screen) -> Iterator[Line]:
    if row.code is not None:
        yield from render_code(row.code.sent_by, row.code.handled_by, screen, _CODE_INDENT)


def _cells(row: WaitRow, screen: Screen, *, with_bars: bool) -> list[Cell]:
    style = FAILURE if row.trouble else call_hue(row.call)
    queued = f"{screen.glyphs.join}queued" if row.queued else ""
    bar = screen.glyphs.double * round(row.share * _BAR) if with_bars else ""
    return [
        Cell(str(row.number)),
        Cell("" if row.packet is None else str(row.packet), DIM),
        Cell(row.peer),
        Cell(row.asked),
        Cell(row.hang, PLAIN),
        Cell(bar, style),
        Cell(screen.clean(row.released_by) + queued, style),
        Cell(row.blind, DIM),
    ]
