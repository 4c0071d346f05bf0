"""A line of statistics: what it is about, its parts, its times, and a little chart of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.render.terminal.line import FAILURE, TITLE, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.statistics import Fact

INDENT = 9
"""Where facts begin, right of their titles."""


def render_fact(title: str, fact: Fact, screen: Screen) -> Iterator[Line]:
    """Render a fact on one line, or on more where the screen is narrow."""
    pieces: list[tuple[str, str]] = []
    if fact.total:
        pieces.append((f"{fact.total}:", ""))
    parts = [*((part, "") for part in fact.parts), *((part, FAILURE) for part in fact.troubles)]
    for place, (part, style) in enumerate(parts):
        pieces.append((part + ("," if place < len(parts) - 1 else ""), style))
    line = Line(screen).add(title, TITLE).to(INDENT)
    for text, style in pieces:
        if _is_full(line, text, screen):
            yield line
            line = Line(screen).add(" " * INDENT)
        line.add("" if line.width == INDENT else " ").add(text, style)
    tail = screen.clean(screen.glyphs.join.join(fact.times))
    bars = render_bars(fact.bars, screen)
    if tail:
        if _is_full(line, f"   {tail}", screen):
            yield line
            line = Line(screen).add(" " * INDENT)
        line.add("" if line.width == INDENT else "   ").add(tail)
    if bars and not _is_full(line, f"   {bars}", screen):
        line.add("   ").add(bars)
    yield line


def render_bars(heights: tuple[float, ...], screen: Screen) -> str:
    """Render heights from 0 to 1 as a row of little bars."""
    sparks = screen.glyphs.sparks
    return "".join(sparks[min(round(height * (len(sparks) - 1)), len(sparks) - 1)] for height in heights)


def _is_full(line: Line, text: str, screen: Screen) -> bool:
    return screen.width is not None and line.width > INDENT and line.width + 1 + screen.cells(text) > screen.width
