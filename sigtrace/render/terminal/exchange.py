"""One exchange whole, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.render.terminal.functions import render_code
from sigtrace.render.terminal.line import DIM, FAILURE, PLAIN, TITLE, Line, join_lines
from sigtrace.render.terminal.wrap import fold, wrap, wrap_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.exchange import ExchangeView, Message

_INDENT = 2
_FACTS = 16
_GAP = 4


def render_exchange(view: ExchangeView, screen: Screen) -> str:
    """Render one exchange or message as text, each line with its end."""
    return join_lines(_lines(view, screen))


def _lines(view: ExchangeView, screen: Screen) -> Iterator[Line]:
    yield from _headed(f"{view.what.upper()} {view.number}", view.title, PLAIN, screen)
    for name, value in view.facts:
        width = 1000 if screen.width is None else screen.width - _FACTS
        for place, part in enumerate(wrap(screen.clean(value), width, screen)):
            yield Line(screen).add(" " * _INDENT).add(name if place == 0 else "", DIM).to(_FACTS).add(part)
    for problem in view.problems:
        yield from wrap_line(f"{screen.glyphs.bad} {problem}", screen, FAILURE, indent=_INDENT)
    if view.code:
        yield Line(screen)
        yield Line(screen).add("FUNCTIONS", TITLE)
        for code in view.code:
            title = " " * _INDENT + code.half
            yield from render_code(code.sent_by, code.handled_by, screen, _FACTS, title, PLAIN)
    for message in view.messages:
        yield Line(screen)
        yield from _message(message, screen)


def _message(message: Message, screen: Screen) -> Iterator[Line]:
    yield from _headed(message.title.upper(), message.when, DIM, screen)
    yield from _spelled(message.start, screen)
    for name, value in message.headers:
        yield from _spelled(f"{name}: {value}", screen, dim=len(screen.clean(f"{name}: ")))
    if message.body_note:
        yield Line(screen)
        yield from wrap_line(message.body_note, screen, DIM, indent=_INDENT)
    for text in message.body:
        yield from _spelled(text, screen)


def _headed(title: str, text: str, style: str, screen: Screen) -> Iterator[Line]:
    """A title and what is said of it, beneath it where there is no room beside it."""
    line = Line(screen).add(title, TITLE)
    if screen.width is not None and line.width + _GAP + screen.cells(screen.clean(text)) > screen.width:
        yield line
        yield from wrap_line(text, screen, style, indent=_INDENT)
    else:
        yield line.add(" " * _GAP).add(text, style)


def _spelled(text: str, screen: Screen, *, dim: int = 0) -> Iterator[Line]:
    """A line of the wire, its first `dim` characters dim; it goes on beneath itself where the screen ends."""
    width = None if screen.width is None else screen.width - _INDENT
    for part in fold(screen.clean(text), width):
        yield Line(screen).add(" " * _INDENT).add(part[:dim], DIM).add(part[dim:])
        dim = max(dim - len(part), 0)
