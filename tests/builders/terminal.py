"""`sigtrace live` on a real pseudo-terminal, whose window can be made another size."""

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

from tests.builders.screens import Terminal
from tests.e2e.command import COMMAND, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Seen = TypeVar("Seen")
PATIENCE_S = 20.0


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
