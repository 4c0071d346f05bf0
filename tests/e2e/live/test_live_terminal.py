"""The view on a terminal: rows scroll, what hangs stays at the foot, and nothing of the foot is left behind."""

from __future__ import annotations

import re
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.builders.cables import Cable, cable, needs_root
from tests.builders.live_runs import frames_of
from tests.e2e.command import BASIC, CAPTURES, run

if sys.platform != "linux":
    pytest.skip("pseudo-terminals are used as Linux has them", allow_module_level=True)

from tests.builders.terminal import OnTerminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.builders.screens import Terminal

pytestmark = needs_root
FRAMES = frames_of(BASIC)
HALF = 380  # packets, after which both clients wait


@pytest.fixture
def wire() -> Iterator[Cable]:
    """A cable in a namespace, which the test is inside of."""
    with cable() as made:
        yield made


def foot_of(terminal: Terminal) -> list[str] | None:
    """Return the lines of the foot, from the rule on, if there is one and it is the last of all there ever was."""
    everything = [row.text for row in terminal.rows]
    rules = [number for number, line in enumerate(everything) if line and set(line) == {"─"}]
    statuses = [number for number, line in enumerate(everything) if "vb · 00:" in line]
    if len(rules) != 1 or statuses != [rules[0] + 1] or rules[0] < terminal.top:
        return None
    return everything[rules[0] :]


def check_screen(shown: OnTerminal) -> list[str]:
    """Wait until there is one foot, at the end of all: what was left behind once stays. Return its lines."""
    shown.until(lambda: shown.look(foot_of), "there is one foot")
    assert shown.terminal.unknown == []
    return shown.look(foot_of) or check_screen(shown)


def running(foot: list[str]) -> float:
    """Return the longest running wait."""
    return max(float(seconds) for seconds in re.findall(r" (\d+\.\d) s", "\n".join(foot)))


def test_foot_stays_and_rows_scroll(wire: Cable) -> None:
    """While rows come and the window is made narrower, wider, lower and higher, there is one foot, below all rows."""
    with OnTerminal("-i", "vb", columns=100, lines=24) as shown:
        shown.until_shown("0 packets")
        check_screen(shown)
        wire.send_frames(FRAMES[:HALF])
        shown.until_shown("waits")
        for columns, lines in ((100, 24), (70, 24), (130, 40), (50, 20), (40, 12), (100, 12), (100, 30)):
            shown.resize(columns, lines)
            shown.until_drawn_anew()
            before = running(check_screen(shown))
            shown.until_drawn_anew()
            assert running(check_screen(shown)) > before
            assert not shown.terminal.cursor_shown
        wire.send_frames(FRAMES[HALF:])
        shown.until(lambda: "BYE" in shown.terminal.text, "BYE")
        check_screen(shown)
        assert shown.end() == 0
        assert shown.terminal.cursor_shown
        assert not [line for line in shown.terminal.rows if line.text and set(line.text) == {"─"}]
        assert shown.terminal.text.count("vb · 00:") == 0
        assert "PEERS" in shown.terminal.text
        assert shown.terminal.text.count("─ sign in ─") == 2


def test_rows_on_a_terminal_are_those_of_the_chart(wire: Cable) -> None:
    """What scrolled are whole rows, each once and in the order in which they came, as in a pipe."""
    with OnTerminal("-i", "vb", columns=120, lines=20) as shown:
        shown.until_shown("0 packets")
        for start in range(0, len(FRAMES), 40):
            wire.send_frames(FRAMES[start : start + 40])
            shown.until_drawn_anew()
            check_screen(shown)
        shown.until(lambda: "BYE" in shown.terminal.text, "BYE")
        assert shown.end() == 0
        rows = [row.text for row in shown.terminal.rows if re.match(r" *\d+ +\d+\.\d{3} ", row.text)]
    whole = run("chart", BASIC, "-v", "--width", "120").stdout
    assert len(rows) == len(set(rows)) > 15
    for word in ("offer", "answer", "BYE", "sign in", "sign out"):
        assert sum(word in row for row in rows) == sum(word in line for line in whole.splitlines()), word


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_terminal_is_given_back(wire: Cable, number: int) -> None:
    """However it ends, the cursor is there again and the foot is gone."""
    with OnTerminal("-i", "vb") as shown:
        shown.until_shown("0 packets")
        assert shown.end(number) == 143
        assert shown.terminal.cursor_shown
        assert shown.terminal.text.count("vb · 00:") == 0
    assert wire


def test_terminal_is_given_back_after_an_error(tmp_path: Path) -> None:
    """When what is followed turns out to be no capture, the cursor is there, and below all it is said."""
    path = tmp_path / "growing.pcapng"
    path.write_bytes(b"")
    with OnTerminal(path, "--follow") as shown:
        shown.until_shown("0 packets")
        path.write_bytes(b"this is no capture, whatever else it may be" * 10)
        shown.until(lambda: shown.process.poll() is not None, "it ends")
        shown.until_shown("sigtrace: ")
        assert shown.process.returncode == 3
        assert shown.terminal.cursor_shown
        assert not [line for line in shown.screen if "0 packets" in line]


def test_terminal_that_is_closed_leaves_a_whole_recording(wire: Cable, tmp_path: Path) -> None:
    """When the window is closed, the run ends, and what it recorded ends with what was counted."""
    path = tmp_path / "run.pcapng"
    with OnTerminal("-i", "vb", "-w", path) as shown:
        shown.until_shown("0 packets")
        wire.send_frames(FRAMES[:HALF])
        shown.until_shown("waits")
        shown.hang_up()
        assert shown.process.wait(20) in {-signal.SIGPIPE, 143}
    assert frames_of(path) == FRAMES[:HALF]
    assert b"\x05\x00\x00\x00" in path.read_bytes()[-200:]  # interface statistics, the last block


def test_hostile_text_does_nothing_to_a_terminal(wire: Cable) -> None:
    """Names and messages that would act on a terminal reach it as visible text alone."""
    with OnTerminal("-i", "vb", columns=140, lines=40) as shown:
        shown.until_shown("0 packets")
        wire.send_frames(frames_of(CAPTURES / "hostile-text" / "hostile-text.pcapng"))
        shown.until(lambda: "\\x1b" in shown.terminal.text, "an escape, made visible")
        check_screen(shown)
        assert shown.end() == 0
        assert shown.terminal.unknown == []
