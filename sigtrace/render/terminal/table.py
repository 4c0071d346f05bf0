"""Columns that line up: as wide as their contents, and where the screen is narrower the widest gives way."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from sigtrace.render.terminal.line import DIM, PLAIN, Line
from sigtrace.render.terminal.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.render.terminal.screen import Screen


_GAP = 2
"""Cells between two columns."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a style."""

    text: str
    style: str = PLAIN


@dataclass(frozen=True, slots=True)
class TableColumn:
    """How a column stands."""

    title: str = ""
    right: bool = False  # numbers end where their unit begins
    least: int = 6  # cells it keeps when others need room
    wraps: bool = True  # else it is shortened in the middle


def render_table(
    columns: Sequence[TableColumn], rows: Sequence[Sequence[Cell]], screen: Screen, *, indent: int = 0
) -> Iterator[Line]:
    """Render rows of cells; a column that is empty all the way down is left out."""
    clean = [[Cell(screen.clean(cell.text), cell.style) for cell in row] for row in rows]
    used = [place for place, _ in enumerate(columns) if any(row[place].text for row in clean)]
    yield from _Table(
        [columns[place] for place in used], [[row[place] for place in used] for row in clean], screen, indent
    ).lines()


class _Table:
    """A table whose texts are clean."""

    def __init__(
        self, columns: Sequence[TableColumn], rows: Sequence[Sequence[Cell]], screen: Screen, indent: int
    ) -> None:
        self._columns = columns
        self._rows = rows
        self._screen = screen
        self._indent = indent
        self._widths = self._fit()

    def lines(self) -> Iterator[Line]:
        if any(column.title for column in self._columns):
            yield self._line([Cell(column.title, DIM) for column in self._columns])
        for row in self._rows:
            yield from self._row(row)

    def _fit(self) -> list[int]:
        """Take what is too much from the widest columns, as long as they have more than their least."""
        cells = self._screen.cells
        widths = [
            max([cells(column.title), *(cells(row[place].text) for row in self._rows)], default=0)
            for place, column in enumerate(self._columns)
        ]
        if self._screen.width is None:
            return widths
        excess = sum(widths) + self._indent + _GAP * (len(widths) - 1) - self._screen.width
        spare = [width - column.least for width, column in zip(widths, self._columns, strict=True)]
        while excess > 0 and max(spare, default=0) > 0:
            place = spare.index(max(spare))
            spare[place] -= 1
            widths[place] -= 1
            excess -= 1
        return widths

    def _row(self, row: Sequence[Cell]) -> Iterator[Line]:
        parts = [
            wrap(cell.text, width, self._screen) if column.wraps else [self._screen.shorten(cell.text, width)]
            for cell, column, width in zip(row, self._columns, self._widths, strict=True)
        ]
        for texts in zip_longest(*parts, fillvalue=""):
            yield self._line([Cell(text, cell.style) for text, cell in zip(texts, row, strict=True)])

    def _line(self, cells: Sequence[Cell]) -> Line:
        line = Line(self._screen).add(" " * self._indent)
        at = self._indent
        for cell, column, width in zip(cells, self._columns, self._widths, strict=True):
            padding = max(width - self._screen.cells(cell.text), 0) if column.right else 0
            line.add(" " * max(at + padding - line.width, 0)).add(cell.text, cell.style)
            at += width + _GAP
        return line
