"""Breaking a text into lines of so many cells, at spaces where there are any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells

from sigtrace.render.terminal.line import PLAIN, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen


_INSEPARABLE = re.compile(r"(?<=\d) (?=(?:ns|µs|us|ms|s|min|h|d|bytes?|[kMGT]B)\b)|(?<=\(packet) (?=\d)")
"""Blanks between a number and its unit, and before the number of a packet."""

_NO_BREAK_SPACE = "\u00a0"


def wrap(text: str, width: int, screen: Screen) -> list[str]:
    """Break a clean text; a word that is wider than a line is cut, and numbers stay with what they count."""
    width = max(width, 4)
    lines: list[str] = []
    current = ""
    for word in _INSEPARABLE.sub(_NO_BREAK_SPACE, text).split(" "):
        longer = f"{current} {word}" if current else word
        if screen.cells(longer) <= width:
            current = longer
            continue
        if current:
            lines.append(current)
        *full, current = chop_cells(word, width) if word else [""]
        lines += full
    return [*lines, current] if current else lines


def fold(text: str, width: int | None) -> list[str]:
    """Break a clean text where its lines are full, behind a space if one is near, and keep all of it."""
    if width is None or cell_len(text) <= width:
        return [text]
    lines, place = [], 0
    while place < len(text):
        full = chop_cells(text[place : place + width], max(width, 4))[0]
        end = place + len(full)
        while end < len(text) and not cell_len(text[end]):
            end += 1  # marks stay with their letter
        space = text.rfind(" ", place, end) + 1
        if end < len(text) and space - place > width // 2:
            end = space
        lines.append(text[place:end])
        place = end
    return lines


def wrap_line(text: str, screen: Screen, style: str = PLAIN, indent: int = 0) -> Iterator[Line]:
    """Break a text of any kind into lines as wide as the screen."""
    clean = screen.clean(text)
    for part in [clean] if screen.width is None else wrap(clean, screen.width - indent, screen):
        yield Line(screen).add(" " * indent).add(part, style)
