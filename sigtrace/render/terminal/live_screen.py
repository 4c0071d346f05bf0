"""A screen of which the last lines stay: text scrolls above them, and they are drawn anew as often as they change."""

from __future__ import annotations

import re

from rich.cells import cell_len

_PAINT = re.compile(r"\x1b\[[0-9;]*m")
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_ERASE_BELOW = "\x1b[J"


class LiveScreen:
    """Says what to write to a terminal; it knows what stands there now."""

    def __init__(self) -> None:
        self._standing: list[int] = []  # cells of each line that stays
        self._hidden = False

    def draw(self, above: str, standing: str, *, width: int) -> str:
        """Return what adds text above the lines that stay, and draws these.

        Args:
            above: whole lines, which scroll.
            standing: whole lines, none wider than the screen.
            width: of the screen now; what was drawn on a wider one takes more lines than it had.
        """
        cursor = "" if self._hidden else _HIDE_CURSOR
        text = f"{cursor}{self._erase(width)}{above}{standing}"
        self._hidden = True
        self._standing = [cell_len(_PAINT.sub("", line)) for line in standing.splitlines()]
        return text

    def leave(self, *, width: int) -> str:
        """Return what takes the lines away that stayed, and gives the terminal back."""
        text = self._erase(width) + (_SHOW_CURSOR if self._hidden else "")
        self._standing, self._hidden = [], False
        return text

    def _erase(self, width: int) -> str:
        """Return what goes back to the first line that stays, and erases all from there."""
        rows = sum(max(-(-cells // max(width, 1)), 1) for cells in self._standing)
        return f"\r\x1b[{rows}A{_ERASE_BELOW}" if rows else ""
