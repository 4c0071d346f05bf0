"""One exchange whole, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.render.terminal.functions import render_code
from sigtrace.render.terminal.line import DIM, FAILURE, PLAIN, TITLE, Line, join_lines
from sigtrace.render.terminal.wrap import wrap, wrap_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.exchange import ExchangeView, Message

_INDENT = 2
_FACTS = 16


def render_exchange(view: ExchangeView, screen: Screen) -> str:
    """Render one exchange as text, each line with its end."""
    return join_lines(_lines(view, screen))


def _lines(view: ExchangeView, screen: Screen) -> Iterator[Line]:
    yield Line(screen).add(f"EXCHANGE {view.number}", TITLE).add("    ").add(view.title)
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
    yield Line(screen).add(message.title.upper(), TITLE).add("    ").add(message.when, DIM)
    yield Line(screen).add(" " * _INDENT).add(message.start)
    for name, value in message.headers:
        yield Line(screen).add(" " * _INDENT).add(f"{name}: ", DIM).add(value)
    if message.body_note:
        yield Line(screen)
        yield Line(screen).add(" " * _INDENT).add(message.body_note, DIM)
    for text in message.body:
        yield Line(screen).add(" " * _INDENT).add(text)
