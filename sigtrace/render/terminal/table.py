"""Columns that line up: as wide as their contents, and where the screen is narrower the widest gives way."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from sigtrace.render.terminal.line import DIM, PLAIN, Line
from sigtrace.render.terminal.wrap import wrap
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sigtrace.render.terminal.screen import Screen


_GAP = 2
"""Cells between two columns."""


class Cell(Value, frozen=True):
    """A text in a style; `brief` stands in for it, all down its column, where there is no room for it."""

    text: str
    style: str = PLAIN
    brief: str = ""


class TableColumn(Value, frozen=True):
    """How a column stands."""

    title: str = ""
    right: bool = False  # numbers end where their unit begins
    least: int = 6  # cells it keeps when others need room
    wraps: bool = True  # else it is shortened in the middle
    drop: int = 0  # where all others are at their least and it is still too much, the highest goes first; 0 stays


def render_table(
    columns: Sequence[TableColumn],
    rows: Sequence[Sequence[Cell]],
    screen: Screen,
    *,
    indent: int = 0,
    beneath: Sequence[Iterable[Line]] = (),
) -> Iterator[Line]:
    """Render rows of cells; a column that is empty all the way down is left out.

    Args:
        columns: from left to right.
        rows: a cell for each column.
        screen: where it goes.
        indent: cells before it.
        beneath: for each row, lines that follow it; none for any row when empty.
    """
    clean = [[Cell(screen.clean(cell.text), cell.style, screen.clean(cell.brief)) for cell in row] for row in rows]
    table = _lay_out(columns, clean, screen, indent)
    yield from table.head()
    for row, more in zip_longest(table.rows, beneath[: len(rows)], fillvalue=()):
        yield from table.row(row)
        yield from more


def _lay_out(columns: Sequence[TableColumn], rows: Sequence[Sequence[Cell]], screen: Screen, indent: int) -> _Table:
    """Leave out columns that are empty, and those that may go as long as the rest does not fit."""
    used = [place for place, _ in enumerate(columns) if any(row[place].text for row in rows)]
    spare = sorted((place for place in used if columns[place].drop), key=lambda place: columns[place].drop)
    while True:
        cells = [[row[place] for place in used] for row in rows]
        table = _Table([columns[place] for place in used], cells, screen, indent)
        if table.fits or not spare:
            return table
        used.remove(spare.pop())


class _Table:
    """A table whose texts are clean."""

    def __init__(
        self, columns: Sequence[TableColumn], rows: Sequence[Sequence[Cell]], screen: Screen, indent: int
    ) -> None:
        self._columns = columns
        self._screen = screen
        self._indent = indent
        self.rows = rows
        if self._excess(self._natural()) > 0:
            self.rows = [[Cell(cell.brief or cell.text, cell.style) for cell in row] for row in rows]
        self._widths = self._fit()
        self.fits = self._excess(self._widths) <= 0

    def head(self) -> Iterator[Line]:
        """Render the titles, if there are any."""
        if any(column.title for column in self._columns):
            yield self._line([Cell(column.title, DIM) for column in self._columns])

    def row(self, row: Sequence[Cell]) -> Iterator[Line]:
        """Render one row, on as many lines as its longest cell takes."""
        parts = [
            wrap(cell.text, width, self._screen) if column.wraps else [self._screen.shorten(cell.text, width)]
            for cell, column, width in zip(row, self._columns, self._widths, strict=True)
        ]
        for texts in zip_longest(*parts, fillvalue=""):
            yield self._line([Cell(text, cell.style) for text, cell in zip(texts, row, strict=True)])

    def _natural(self) -> list[int]:
        """The widths that everything would like to have."""
        cells = self._screen.cells
        return [
            max([cells(column.title), *(cells(row[place].text) for row in self.rows)], default=0)
            for place, column in enumerate(self._columns)
        ]

    def _excess(self, widths: Sequence[int]) -> int:
        """By how much the screen is too narrow."""
        if self._screen.width is None:
            return 0
        return sum(widths) + self._indent + _GAP * (len(widths) - 1) - self._screen.width

    def _fit(self) -> list[int]:
        """Take what is too much from the widest columns, as long as they have more than their least."""
        widths = self._natural()
        excess = self._excess(widths)
        spare = [width - column.least for width, column in zip(widths, self._columns, strict=True)]
        while excess > 0 and max(spare, default=0) > 0:
            place = spare.index(max(spare))
            spare[place] -= 1
            widths[place] -= 1
            excess -= 1
        return widths

    def _line(self, cells: Sequence[Cell]) -> Line:
        line = Line(self._screen).add(" " * self._indent)
        at = self._indent
        for cell, column, width in zip(cells, self._columns, self._widths, strict=True):
            padding = max(width - self._screen.cells(cell.text), 0) if column.right else 0
            line.add(" " * max(at + padding - line.width, 0)).add(cell.text, cell.style)
            at += width + _GAP
        return line
