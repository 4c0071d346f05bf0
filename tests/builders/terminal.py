"""A terminal as far as `live` needs one: a real pseudo-terminal, and what stands on its screen.

It knows line ends, the few escape sequences that the view uses, a cursor that waits in the last column, and cells that
two columns share. When it gets another width, lines that were folded at its edge are folded anew, as most terminals do;
what leaves it at the top is kept.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self, TypeVar

import pytest
from rich.cells import cell_len

from tests.e2e.command import COMMAND, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Seen = TypeVar("Seen")
PATIENCE_S = 20.0
_PIECE = re.compile(r"\x1b\[(\?)?([0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n])")


class Row:
    """A line of the screen; `folded`: the next one goes on with it."""

    def __init__(self) -> None:
        self.cells: list[str] = []
        self.folded = False

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(self.cells).rstrip()


class Terminal:
    """The screen: `feed` it what a program writes."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.rows = [Row()]  # all there ever was
        self.top = 0  # the first of them that is on the screen
        self.cursor_shown = True
        self.unknown: list[str] = []  # what it does not understand
        self._row = self._column = 0

    @property
    def screen(self) -> list[str]:
        """The lines on the screen."""
        return [row.text for row in self.rows[self.top :]]

    @property
    def scrolled(self) -> list[str]:
        """The lines that left it."""
        return [row.text for row in self.rows[: self.top]]

    @property
    def text(self) -> str:
        """All there ever was, without folds."""
        return "".join(row.text if not row.folded else "".join(row.cells) for row in self.rows)

    def feed(self, text: str) -> None:
        """Take what was written."""
        at = 0
        while at < len(text):
            found = _PIECE.match(text, at)
            if found is None:
                self.unknown.append(text[at : at + 10])
                at += 1
                continue
            at = found.end()
            private, numbers, verb, control, character = found.groups()
            if verb is not None:
                self._obey(bool(private), numbers, verb)
            elif control == "\r":
                self._column = 0
            elif control == "\n":
                self._go_down()
            else:
                self._put(character)

    def resize(self, columns: int, lines: int) -> None:
        """Become another size."""
        whole: list[Row] = []
        cursor = 0
        for number, row in enumerate(self.rows):
            if not (whole and self.rows[number - 1].folded):
                whole.append(Row())
            if number == self._row:
                cursor = len(whole) - 1
            whole[-1].cells += row.cells
        self.rows, self.columns, self.lines = [], columns, lines
        for number, row in enumerate(whole):
            if number == cursor:
                self._row = len(self.rows)
            self._fold(row.cells)
        self.top = max(len(self.rows) - lines, 0)

    def _fold(self, cells: list[str]) -> None:
        while True:
            row = Row()
            row.cells, cells = cells[: self.columns], cells[self.columns :]
            row.folded = bool(cells)
            self.rows.append(row)
            if not cells:
                return

    def _obey(self, private: bool, numbers: str, verb: str) -> None:  # noqa: FBT001 - a mark in a sequence
        if private and numbers == "25" and verb in {"h", "l"}:
            self.cursor_shown = verb == "h"
        elif verb == "A" and not private:
            self._row = max(self._row - int(numbers or 1), self.top)
        elif verb == "J" and not private and not numbers:
            del self.rows[self._row + 1 :]
            del self.rows[self._row].cells[self._column :]
            self.rows[self._row].folded = False
        elif verb != "m" or private:
            self.unknown.append(f"{numbers}{verb}")

    def _go_down(self) -> None:
        self._row += 1
        if self._row == len(self.rows):
            self.rows.append(Row())
        self.top = max(self.top, len(self.rows) - self.lines)

    def _put(self, character: str) -> None:
        width = cell_len(character)
        if not character.isprintable() and character != "\t":
            self.unknown.append(character)
            return
        if self._column + width > self.columns:
            self.rows[self._row].folded = True
            self._go_down()
            self._column = 0
        cells = self.rows[self._row].cells
        cells += [" "] * (self._column - len(cells))
        if width == 0 and cells:
            cells[-1] += character
            return
        cells[self._column : self._column + width] = [character, *[""] * (width - 1)]
        self._column += width


class OnTerminal:
    """`sigtrace live` on a pseudo-terminal of a size, in the network namespace of the calling thread."""

    def __init__(self, *arguments: str | Path, columns: int = 100, lines: int = 30, **variables: str) -> None:
        self._ours, theirs = pty.openpty()
        self._set_size(theirs, columns, lines)
        self.terminal = Terminal(columns, lines)
        self.process = subprocess.Popen(
            [*COMMAND, "live", *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(TERM="xterm-256color", **variables),
        )
        os.close(theirs)
        self._rest = b""
        self._lock = threading.Lock()
        self._is_open = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Let it run for as long as the block lasts."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.hang_up()

    @property
    def screen(self) -> list[str]:
        """The lines on the screen now."""
        with self._lock:
            return self.terminal.screen

    def look(self, see: Callable[[Terminal], Seen]) -> Seen:
        """Look at the terminal while nothing changes."""
        with self._lock:
            return see(self.terminal)

    def resize(self, columns: int, lines: int) -> None:
        """Make the window another size, right after something was drawn: what is under way fits neither."""
        self.until_drawn_anew()
        with self._lock:
            self.terminal.resize(columns, lines)
            self._set_size(self._ours, columns, lines)

    def until(self, happened: Callable[[], object], what: str) -> None:
        """Wait until something has happened."""
        until = time.monotonic() + PATIENCE_S
        while not happened():
            if time.monotonic() > until:
                pytest.fail(f"{what}: not before patience ended\n" + "\n".join(self.screen))
            time.sleep(0.01)

    def until_shown(self, text: str) -> None:
        """Wait until the screen shows a text."""
        self.until(lambda: any(text in line for line in self.screen), text)

    def until_drawn_anew(self) -> None:
        """Wait until the clock at the foot has moved on twice."""
        for _ in range(2):
            before = self.screen
            self.until(lambda before=before: self.screen != before, "it is drawn anew")  # type: ignore[misc]

    def end(self, number: int = signal.SIGINT) -> int:
        """Send it a signal and wait; return its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        return code

    def hang_up(self) -> None:
        """Close the terminal."""
        if self._is_open:
            self._is_open = False
            os.close(self._ours)

    @staticmethod
    def _set_size(descriptor: int, columns: int, lines: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        with suppress(OSError):  # how Linux says that the other end is closed
            while piece := os.read(self._ours, 65536):
                with self._lock:
                    self._take(piece)

    def _take(self, piece: bytes) -> None:
        """Feed whole characters and sequences."""
        data = self._rest + piece
        cut = len(data)
        escape = data.rfind(b"\x1b")
        if escape >= 0 and not re.search(rb"[A-Za-z]", data[escape:]):
            cut = escape
        text = data[:cut].decode("utf-8", "ignore")
        self._rest = data[len(text.encode()) :]
        self.terminal.feed(text)
