"""The screen whose last lines stay: what is written to it does what it should on a terminal."""

from __future__ import annotations

import pytest

from sigtrace.render.terminal.live_screen import LiveScreen
from tests.builders.screens import Terminal

FOOT = ["─" * 40, "eth0 · 00:00:01 · 12 packets", "waits   alice 0.4 s"]


def lines(texts: list[str]) -> str:
    """Return whole lines."""
    return "".join(f"{text}\n" for text in texts)


def feed(terminal: Terminal, text: str) -> None:
    """Write as a program does, through a terminal that makes whole line ends of its."""
    terminal.feed(text.replace("\n", "\r\n"))


@pytest.mark.parametrize("width", [40, 39, 25, 13, 80])
def test_foot_is_drawn_anew_at_any_width(width: int) -> None:
    """Whatever became of the window since, the old foot is gone, the new one is there, and rows stand above it."""
    terminal, screen = Terminal(40, 12), LiveScreen()
    feed(terminal, screen.draw(lines([f"row {number}" for number in range(9)]), lines(FOOT), width=40))
    terminal.resize(width, 12)
    feed(terminal, screen.draw("one more\n", "the foot\n", width=width))
    texts = [row.text for row in terminal.rows]
    assert texts == [*(f"row {number}" for number in range(9)), "one more", "the foot", ""]
    assert not terminal.cursor_shown


def test_colours_and_wide_characters_are_counted_as_cells() -> None:
    """A painted line takes the rows that its cells take, one of ideographs twice as many."""
    terminal, screen = Terminal(40, 12), LiveScreen()
    foot = ["\x1b[1;31m" + "红" * 20 + "\x1b[0m", "\x1b[2mplain\x1b[0m", ""]
    feed(terminal, screen.draw("above\n", lines(foot), width=40))
    terminal.resize(20, 12)
    feed(terminal, screen.draw("", "new\n", width=20))
    assert [row.text for row in terminal.rows] == ["above", "new", ""]


def test_leaving_gives_the_terminal_back() -> None:
    """The foot is gone, what scrolled stays, the cursor is there; a second time nothing happens."""
    terminal, screen = Terminal(40, 12), LiveScreen()
    feed(terminal, screen.draw("above\n", lines(FOOT), width=40))
    feed(terminal, screen.leave(width=40))
    assert [row.text for row in terminal.rows] == ["above", ""]
    assert terminal.cursor_shown
    assert screen.leave(width=40) == ""


def test_nothing_drawn_leaves_nothing_to_do() -> None:
    """A screen on which nothing was drawn yet is left as it is."""
    assert LiveScreen().leave(width=80) == ""
