"""A row of cells to draw on: what is written later lies over what was there, and wide characters keep their width."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from sigtrace.render.terminal.line import Line
    from sigtrace.render.terminal.screen import Screen


class Canvas:
    """One row; a wide character takes its cell and leaves the next one empty."""

    def __init__(self, screen: Screen) -> None:
        self._glyphs = screen.glyphs
        self._color = screen.color
        self._cells: list[str] = []
        self._styles: list[str] = []

    def write(self, start: int, text: str, style: str) -> None:
        """Write a clean text from a cell on."""
        self._put(start, _split(text), style)

    def draw_across(self, first: int, last: int, stroke: str, style: str) -> None:
        """Draw a horizontal line; where it meets a lifeline, they cross."""
        crossing = {self._glyphs.thin: self._glyphs.cross, self._glyphs.thick: self._glyphs.thick_cross}
        under = self._cells[first : last + 1]
        strokes = [crossing.get(cell, stroke) for cell in under]
        self._put(first, strokes + [stroke] * (last + 1 - first - len(under)), style)

    def paint(self, line: Line, start: int) -> Line:
        """Add the row to a line, from a column on."""
        if line.width < start:
            line.add(" " * (start - line.width))
        if not self._color:
            return line.add("".join(self._cells))
        place = 0
        for style, group in groupby(self._styles):
            end = place + sum(1 for _ in group)
            line.add("".join(self._cells[place:end]), style)
            place = end
        return line

    def _put(self, start: int, cells: list[str], style: str) -> None:
        missing = start - len(self._cells)
        if missing > 0:
            self._cells += [" "] * missing
            self._styles += [""] * missing
        self._cells[start : start + len(cells)] = cells
        self._styles[start : start + len(cells)] = [style] * len(cells)


def _split(text: str) -> list[str]:
    """Split a text into cells: a mark joins its letter, and a wide character is followed by an empty cell."""
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for character in text:
        width = cell_len(character)
        if width == 0 and cells:
            place = -2 if cells[-1] == "" and len(cells) > 1 else -1
            cells[place] += character
        else:
            cells += [character] + [""] * (width - 1)
    return cells
