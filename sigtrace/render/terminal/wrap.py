"""Breaking a text into lines of so many cells, at spaces where there are any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import chop_cells

from sigtrace.render.terminal.line import PLAIN, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen


_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:ns|µs|us|ms|s|min|h|d|bytes?|[kMGT]B)\b)")
_NO_BREAK_SPACE = "\u00a0"


def wrap(text: str, width: int, screen: Screen) -> list[str]:
    """Break a clean text; a word that is wider than a line is cut, and a number stays with its unit."""
    width = max(width, 4)
    lines: list[str] = []
    current = ""
    for word in _BEFORE_UNIT.sub(_NO_BREAK_SPACE, text).split(" "):
        longer = f"{current} {word}" if current else word
        if screen.cells(longer) <= width:
            current = longer
            continue
        if current:
            lines.append(current)
        *full, current = chop_cells(word, width) if word else [""]
        lines += full
    return [*lines, current] if current else lines


def wrap_line(text: str, screen: Screen, style: str = PLAIN, indent: int = 0) -> Iterator[Line]:
    """Break a text of any kind into lines as wide as the screen."""
    clean = screen.clean(text)
    for part in [clean] if screen.width is None else wrap(clean, screen.width - indent, screen):
        yield Line(screen).add(" " * indent).add(part, style)
