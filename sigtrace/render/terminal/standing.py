"""How things stand, as the last lines of a screen: they fit whatever width and height there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.render.terminal.line import DIM, FAILURE, PLAIN, TITLE, Line, call_hue, join_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.standing import CallStanding, PeerStanding, Standing

_LABEL: Final = 8
"""Cells for what a line is about."""

_MORE: Final = 7
"""Cells for how many had no room."""

_LEAST: Final = 4
"""Cells of a name, however little room there is."""

_MOST_LINES: Final = 3
"""Lines for one of them: the rest is counted."""


def render_standing(  # noqa: PLR0913 - all that stays on the screen
    standing: Standing | None, head: str, status: str, warning: str, screen: Screen, *, lines: int
) -> str:
    """Render how things stand, each line with its end.

    Args:
        standing: what is to be said; None before anything was told.
        head: who stands where in the chart above, drawn already; empty before there is one.
        status: of the capture: where from, how long, how much.
        warning: what is wrong with it; empty where nothing is.
        screen: where it goes.
        lines: that may be taken in all.
    """
    width = screen.width or 80
    rule = Line(screen).add(screen.glyphs.line * width, DIM)
    top = Line(screen).add(screen.shorten(screen.clean(status), width - len(warning) - 2), PLAIN)
    if warning:
        top.add("  ").add(warning, FAILURE)
    found: list[Line | str] = [*head.splitlines(), rule, top]
    if standing is None:
        return join_lines(found)
    groups = [
        ("waits", [_peer(one, screen) for one in standing.waiting]),
        ("online", [_peer(one, screen) for one in standing.connected]),
        ("calls", [_call(one, screen) for one in standing.calls]),
    ]
    groups = [(label, items) for label, items in groups if items]
    for place, (label, items) in enumerate(groups):
        later = len(groups) - place - 1  # each of them needs a line, too
        found += _group(label, items, screen, max(lines - len(found) - later, 1))
    return join_lines(found[:lines])


def _peer(one: PeerStanding, screen: Screen) -> Line:
    left = (screen.width or 80) - _LABEL - _MORE - len(one.state) - 1
    line = Line(screen).add(screen.shorten(screen.clean(one.name), max(min(left, 30), _LEAST)), TITLE)
    if one.room and left - line.width > _LEAST:
        line.add(" ").add(screen.shorten(screen.clean(one.room), min(left - line.width - 1, 30)), DIM)
    if one.state:
        line.add(f" {one.state}", FAILURE if one.bad else PLAIN)
    return line


def _call(one: CallStanding, screen: Screen) -> Line:
    left = (screen.width or 80) - _LABEL - _MORE - len(one.state) - 4
    names = (screen.shorten(screen.clean(name), max(min(left // 2, 24), _LEAST)) for name in (one.caller, one.callee))
    line = Line(screen).add(f" {screen.glyphs.to} ".join(names), call_hue(one.number))
    return line.add(f" {one.state}", PLAIN if one.good else DIM)


def _group(label: str, items: Sequence[Line], screen: Screen, room: int) -> Iterator[Line]:
    """Put items side by side on as few lines as hold them, and say how many had no room."""
    width = screen.width or 80
    line = Line(screen).add(label, DIM).to(_LABEL)
    taken, used = 1, 0
    for item in items:
        gap = 3 if line.width > _LABEL else 0
        is_last = taken == min(room, _MOST_LINES)
        left = width - (_MORE if is_last and used < len(items) - 1 else 0)
        if line.width + gap + item.width > left and line.width > _LABEL:
            if is_last:
                break
            yield line
            taken += 1
            line, gap = Line(screen).to(_LABEL), 0
        line.add(" " * gap).append(item)
        used += 1
    if used < len(items):
        more = f"+{len(items) - used}"
        line.to(max(min(width - len(more), line.width + 2), 0)).add(more, DIM)
    yield line
