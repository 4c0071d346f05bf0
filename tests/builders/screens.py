"""The screen of a terminal, as far as `live` needs one.

It knows line ends, the few escape sequences that the view uses, a cursor that waits in the last column, and characters
that take two cells. When it gets another width, lines that were folded at its edge are folded anew, as most terminals
do; what leaves it at the top is kept.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

_PIECE = re.compile(r"\x1b\[(\?)?([0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n])")


class Row:
    """A line of the screen; `folded`: the next one goes on with it."""

    def __init__(self) -> None:
        self.cells: list[str] = []
        self.folded = False

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(self.cells).rstrip()


class Terminal:
    """The screen: `feed` it what a program writes."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.rows = [Row()]  # all there ever was
        self.top = 0  # the first of them that is on the screen
        self.cursor_shown = True
        self.unknown: list[str] = []  # what it does not understand
        self._row = self._column = 0

    @property
    def screen(self) -> list[str]:
        """The lines on the screen."""
        return [row.text for row in self.rows[self.top :]]

    @property
    def scrolled(self) -> list[str]:
        """The lines that left it."""
        return [row.text for row in self.rows[: self.top]]

    @property
    def text(self) -> str:
        """All there ever was, without folds."""
        return "".join(row.text if not row.folded else "".join(row.cells) for row in self.rows)

    def feed(self, text: str) -> None:
        """Take what was written."""
        at = 0
        while at < len(text):
            found = _PIECE.match(text, at)
            if found is None:
                self.unknown.append(text[at : at + 10])
                at += 1
                continue
            at = found.end()
            private, numbers, verb, control, character = found.groups()
            if verb is not None:
                self._obey(bool(private), numbers, verb)
            elif control == "\r":
                self._column = 0
            elif control == "\n":
                self._go_down()
            else:
                self._put(character)

    def resize(self, columns: int, lines: int) -> None:
        """Become another size."""
        whole: list[Row] = []
        cursor = 0
        for number, row in enumerate(self.rows):
            if not (whole and self.rows[number - 1].folded):
                whole.append(Row())
            if number == self._row:
                cursor = len(whole) - 1
            whole[-1].cells += row.cells
        self.rows, self.columns, self.lines = [], columns, lines
        for number, row in enumerate(whole):
            if number == cursor:
                self._row = len(self.rows)
            self._fold(row.cells)
        self.top = max(len(self.rows) - lines, 0)

    def _fold(self, cells: list[str]) -> None:
        while True:
            row = Row()
            row.cells, cells = cells[: self.columns], cells[self.columns :]
            row.folded = bool(cells)
            self.rows.append(row)
            if not cells:
                return

    def _obey(self, private: bool, numbers: str, verb: str) -> None:  # noqa: FBT001 - a mark in a sequence
        if private and numbers == "25" and verb in {"h", "l"}:
            self.cursor_shown = verb == "h"
        elif verb == "A" and not private:
            self._row = max(self._row - int(numbers or 1), self.top)
        elif verb == "J" and not private and not numbers:
            del self.rows[self._row + 1 :]
            del self.rows[self._row].cells[self._column :]
            self.rows[self._row].folded = False
        elif verb != "m" or private:
            self.unknown.append(f"{numbers}{verb}")

    def _go_down(self) -> None:
        self._row += 1
        if self._row == len(self.rows):
            self.rows.append(Row())
        self.top = max(self.top, len(self.rows) - self.lines)

    def _put(self, character: str) -> None:
        width = cell_len(character)
        if not character.isprintable() and character != "\t":
            self.unknown.append(character)
            return
        if self._column + width > self.columns:
            self.rows[self._row].folded = True
            self._go_down()
            self._column = 0
        cells = self.rows[self._row].cells
        cells += [" "] * (self._column - len(cells))
        if width == 0 and cells:
            cells[-1] += character
            return
        cells[self._column : self._column + width] = [character, *[""] * (width - 1)]
        self._column += width
