"""The functions behind what is on the wire, as lines: their names are long, and have the whole width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.render.terminal.line import DIM, Line
from sigtrace.render.terminal.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.render.terminal.screen import Screen

_TITLES = 9
"""Cells for `sent by` and `handled`, with the gap after them."""

_LEAST_ROOM = 20


def render_code(  # noqa: PLR0913, PLR0917 - two lists of names, where they go and how they look
    sent_by: Sequence[str],
    handled_by: Sequence[str],
    screen: Screen,
    indent: int,
    title: str = "",
    style: str = DIM,
) -> Iterator[Line]:
    """Render the functions on both ends as calls in order; a side that has none is left out.

    Args:
        sent_by: on the sending side, outermost first.
        handled_by: on the receiving side.
        screen: where it goes.
        indent: cells before it.
        title: stands before the first line, within the indent.
        style: of the names.
    """
    room = 1000 if screen.width is None else max(screen.width - indent - _TITLES, _LEAST_ROOM)
    arrow = screen.clean(" → ")
    for side, names in (("sent by", sent_by), ("handled", handled_by)):
        text = arrow.join(screen.clean(name) for name in names)
        for place, part in enumerate(wrap(text, room, screen) if names else ()):
            line = Line(screen).add(title, DIM).to(indent)
            yield line.add(side if place == 0 else "", DIM).to(indent + _TITLES).add(part, style)
            title = ""
