"""Columns that line up: as wide as their contents, and where the screen is narrower the widest gives way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigtrace.render.terminal.line import DIM, PLAIN, Line
from sigtrace.render.terminal.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.render.terminal.screen import Screen


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
    columns: Sequence[TableColumn],
    rows: Sequence[Sequence[Cell]],
    screen: Screen,
    *,
    indent: int = 0,
    gap: int = 2,
) -> Iterator[Line]:
    """Render rows of cells; a column that is empty all the way down is left out."""
    clean = [[Cell(screen.clean(cell.text), cell.style) for cell in row] for row in rows]
    used = [place for place, _ in enumerate(columns) if any(row[place].text for row in clean)]
    kept = [columns[place] for place in used]
    body = [[row[place] for place in used] for row in clean]
    widths = _fit(kept, body, screen, indent + gap * (len(kept) - 1))
    if any(column.title for column in kept):
        yield _line([Cell(column.title, DIM) for column in kept], kept, widths, screen, indent, gap)
    for row in body:
        yield from _row(row, kept, widths, screen, indent, gap)


def _fit(columns: Sequence[TableColumn], rows: Sequence[Sequence[Cell]], screen: Screen, spent: int) -> list[int]:
    widths = [
        max([screen.cells(column.title), *(screen.cells(row[place].text) for row in rows)], default=0)
        for place, column in enumerate(columns)
    ]
    if screen.width is None:
        return widths
    excess = sum(widths) + spent - screen.width
    while excess > 0:
        spare = [(widths[place] - column.least, place) for place, column in enumerate(columns)]
        most, place = max(spare, default=(0, 0))
        if most <= 0:
            break
        second = max((one for one, other in spare if other != place), default=0)
        give = min(excess, most, max(most - max(second, 0), 1))
        widths[place] -= give
        excess -= give
    return widths


def _row(
    row: Sequence[Cell], columns: Sequence[TableColumn], widths: list[int], screen: Screen, indent: int, gap: int
) -> Iterator[Line]:
    parts = [
        wrap(cell.text, width, screen) if column.wraps else [screen.shorten(cell.text, width)]
        for cell, column, width in zip(row, columns, widths, strict=True)
    ]
    for place in range(max((len(part) for part in parts), default=0)):
        cells = [
            Cell(part[place] if place < len(part) else "", cell.style) for part, cell in zip(parts, row, strict=True)
        ]
        yield _line(cells, columns, widths, screen, indent, gap)


def _line(
    cells: Sequence[Cell], columns: Sequence[TableColumn], widths: list[int], screen: Screen, indent: int, gap: int
) -> Line:
    line = Line(screen).add(" " * indent)
    at = indent
    for cell, column, width in zip(cells, columns, widths, strict=True):
        padding = width - screen.cells(cell.text) if column.right else 0
        line.add(" " * max(at + max(padding, 0) - line.width, 0)).add(cell.text, cell.style)
        at += width + gap
    return line
