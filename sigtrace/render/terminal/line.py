"""One line of output, built piece by piece: every piece made harmless, then painted where there are colours."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sigtrace.render.terminal.screen import Screen

PLAIN = ""
TITLE = "bold"
DIM = "dim"
FAILURE = "red"
STRONG_FAILURE = "bold red"
GOOD = "green"
WARNING = "yellow"

_CALL_HUES = ("cyan", "magenta", "blue", "green")
"""Of the 16 colours all terminals have, those that can be read on dark and on light; red is for what failed."""


def call_hue(call: int | None) -> str:
    """Return the hue of a call; the same number has the same hue in every view."""
    return PLAIN if call is None else _CALL_HUES[(call - 1) % len(_CALL_HUES)]


_NO_BREAK_SPACE = "\u00a0"
"""Views put it where a line must not be broken; terminals disagree on how wide it is."""


class Line:
    """A line while it is built. Text goes in as it came over the wire; only harmless text comes out."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._pieces: list[tuple[str, str]] = []
        self.width = 0

    def add(self, text: str, style: str = PLAIN) -> Line:
        """Add a piece in a style."""
        text = self._screen.clean(text.replace(_NO_BREAK_SPACE, " "))
        if text:
            self._pieces.append((text, style))
            self.width += self._screen.cells(text)
        return self

    def append(self, other: Line) -> Line:
        """Add the pieces of another line."""
        self._pieces += other._pieces
        self.width += other.width
        return self

    def to(self, column: int) -> Line:
        """Go on at a column, counted in cells from 0; where the line is longer already, after one space."""
        return self.add(" " * max(column - self.width, 1 if self.width else 0))

    def __str__(self) -> str:
        pieces = self._pieces
        while pieces and not pieces[-1][0].strip(" "):
            pieces = pieces[:-1]
        if not pieces:
            return ""
        pieces = [*pieces[:-1], (pieces[-1][0].rstrip(" "), pieces[-1][1])]
        if not self._screen.color:
            return "".join(text for text, _ in pieces)
        return "".join(_paint(text, style) for text, style in pieces)


def _paint(text: str, style: str) -> str:
    return _painter(style)(text) if style else text


@lru_cache(maxsize=64)
def _painter(style: str) -> Callable[[str], str]:
    """Return what paints in a style."""
    from rich.color import ColorSystem  # only where there are colours, and they take long to import
    from rich.style import Style  # the same

    return partial(Style.parse(style).render, color_system=ColorSystem.STANDARD)


def join_lines(lines: Iterable[Line | str]) -> str:
    """Return the lines as text, each with its end."""
    return "".join(f"{line}\n" for line in lines)
