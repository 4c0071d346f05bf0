"""`sigtrace live` in a process of its own: what it prints and when, and how it is ended."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Self

import pytest

from sigtrace.capture.batch import Batch
from sigtrace.sources.file import read
from tests.e2e.command import COMMAND, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

PATIENCE_S = 20.0  # until a test gives up; nothing takes nearly as long

Record = dict[str, Any]


class Heard:
    """What comes out of a pipe, line by line, with the moment at which each was there."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.lines: list[tuple[float, str]] = []
        self._pipe = pipe
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(line for _, line in self.lines)

    def wait(self) -> None:
        """Wait for its end."""
        self._thread.join(PATIENCE_S)

    def _read(self) -> None:
        with self._pipe:
            for line in self._pipe:
                self.lines.append((time.time(), line.decode("utf-8", "backslashreplace")))


class LiveRun:
    """One run. It begins in the network namespace that the calling thread is in.

    Args:
        arguments: of `sigtrace live`.
        stdin: what it reads from.
        stdout: where it writes to; a pipe that is listened to unless given.
        variables: of its environment.
    """

    def __init__(
        self, *arguments: str | Path, stdin: IO[bytes] | int | None = None, stdout: int | None = None, **variables: str
    ) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "live", *map(str, arguments)],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            env=environment(**variables),
        )
        self.out = Heard(self.process.stdout) if self.process.stdout is not None else None
        assert self.process.stderr is not None
        self.err = Heard(self.process.stderr)

    def __enter__(self) -> Self:
        """Let it run for as long as the block lasts."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""
        with suppress(ProcessLookupError):
            self.process.kill()
        self._wait()

    @property
    def text(self) -> str:
        """What it printed on stdout so far."""
        return self.out.text if self.out is not None else ""

    @property
    def records(self) -> list[Record]:
        """The records that it printed so far."""
        return [json.loads(line) for _, line in self.out.lines] if self.out is not None else []

    def until(self, happened: Callable[[], object], what: str = "it happened") -> None:
        """Wait until something has happened, of which it does not end."""
        until = time.monotonic() + PATIENCE_S
        while not happened():
            if self.process.poll() is not None or time.monotonic() > until:
                self.err.wait()
                pytest.fail(f"{what}: not before its end\n{self.text}\n{self.err.text}")
            time.sleep(0.01)

    def until_said(self, text: str, times: int = 1) -> None:
        """Wait until it has printed a text so many times."""
        self.until(lambda: self.text.count(text) >= times, text)

    def until_listening(self, written: Path) -> None:
        """Wait until it listens: it has opened what it writes to."""
        self.until(lambda: written.exists() and written.stat().st_size, "it listens")

    def end(self, number: int | None = signal.SIGINT) -> int:
        """Send it a signal, unless None, and wait; return its exit code."""
        if number is not None:
            self.process.send_signal(number)
        return self._wait()

    def _wait(self) -> int:
        code = self.process.wait(PATIENCE_S)
        for heard in (self.out, self.err):
            if heard is not None:
                heard.wait()
        return code


def last_of_each(told: Iterable[Record]) -> list[Record]:
    """Return the last record of each key, without the key, of those that were not withdrawn."""
    last: dict[str, Record] = {}
    for record in told:
        if record["type"] == "withdrawn":
            del last[record["key"]]
        else:
            last[record["key"]] = {name: value for name, value in record.items() if name != "key"}
    return list(last.values())


def frames_of(path: Path) -> list[bytes]:
    """Return the packets of a capture."""
    return [item.bytes_of(row) for item in read(str(path)) if isinstance(item, Batch) for row in range(len(item))]


def send_frames(frames: Iterable[bytes], interface: str = "va", pause_s: float = 0.0005) -> None:
    """Send frames on an interface, one after the other."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((interface, 0))
        for frame in frames:
            sender.send(frame)
            time.sleep(pause_s)
