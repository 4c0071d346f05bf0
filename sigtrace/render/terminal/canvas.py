"""A row of cells to draw on: what is written later lies over what was there, and wide characters keep their width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from sigtrace.render.terminal.line import Line
    from sigtrace.render.terminal.screen import Screen


class Canvas:
    """One row; a wide character takes its cell and leaves the next one empty."""

    def __init__(self, screen: Screen) -> None:
        self._glyphs = screen.glyphs
        self._cells: list[str] = []
        self._styles: list[str] = []

    def write(self, start: int, text: str, style: str) -> None:
        """Write a clean text from a cell on."""
        self._grow(start)
        place = start
        for character in text:
            width = cell_len(character)
            if width == 0 and place > start:
                self._cells[place - 1] += character
                continue
            self._put(place, character, style)
            if width == 2:
                self._put(place + 1, "", style)
            place += max(width, 1)

    def draw_across(self, first: int, last: int, stroke: str, style: str) -> None:
        """Draw a horizontal line; where it meets a lifeline, they cross."""
        self._grow(last + 1)
        for place in range(first, last + 1):
            under = self._cells[place]
            crossing = {self._glyphs.thin: self._glyphs.cross, self._glyphs.thick: self._glyphs.thick_cross}
            self._put(place, crossing.get(under, stroke), style)

    def paint(self, line: Line, start: int) -> Line:
        """Add the row to a line, from a column on."""
        if line.width < start:
            line.add(" " * (start - line.width))
        place = 0
        while place < len(self._cells):
            end = place
            while end < len(self._cells) and self._styles[end] == self._styles[place]:
                end += 1
            line.add("".join(self._cells[place:end]), self._styles[place])
            place = end
        return line

    def _grow(self, length: int) -> None:
        missing = length - len(self._cells)
        if missing > 0:
            self._cells += [" "] * missing
            self._styles += [""] * missing

    def _put(self, place: int, character: str, style: str) -> None:
        self._grow(place + 1)
        self._cells[place] = character
        self._styles[place] = style
