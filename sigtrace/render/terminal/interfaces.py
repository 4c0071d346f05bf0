"""The table of interfaces as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.render.terminal.line import DIM, PLAIN, TITLE, Line, join_lines
from sigtrace.render.terminal.table import Cell, TableColumn, render_table
from sigtrace.render.terminal.wrap import wrap_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.interfaces import InterfaceRow, InterfaceTable

_COLUMNS = (
    TableColumn("interface", least=8, wraps=False),
    TableColumn("kind", least=8, wraps=False),
    TableColumn("state", least=7),
    TableColumn("addresses", least=15),
)


def render_interfaces(table: InterfaceTable, screen: Screen) -> str:
    """Render a table of interfaces as text, each line with its end; every address has a line of its own."""
    lines = []
    if table.rows:
        cells = [row for one in table.rows for row in _cells(one)]
        lines = [*render_table(_COLUMNS, cells, screen), Line(screen)]
    return join_lines([*lines, *wrap_line(table.remark, screen)])


def _cells(row: InterfaceRow) -> Iterator[list[Cell]]:
    first, *others = row.addresses or ("",)
    style = DIM if row.silent else PLAIN
    yield [Cell(row.name, DIM if row.silent else TITLE), Cell(row.kind, style), Cell(row.state, style), Cell(first)]
    for address in others:
        yield [Cell(""), Cell(""), Cell(""), Cell(address)]
