"""A capture that another program writes into a pipe while it happens: `tcpdump -U -w - | sigtrace live -`.

The pipe is made as long as the system lets it be, so that the program need not wait for us, which would make the kernel
drop packets that nobody counts. On Windows nothing can be waited for on a pipe, and each poll waits for bytes
(untested).
"""

from __future__ import annotations

import os
import select
import sys
import time
from typing import TYPE_CHECKING

from sigtrace.errors import SourceError
from sigtrace.sources.bytestream import widen_pipe
from sigtrace.sources.live.intake import Intake
from sigtrace.sources.live.source import Counters

if TYPE_CHECKING:
    from sigtrace.capture.batch import CaptureItem

STANDARD_INPUT = "-"


class PipedCapture:
    """A `LiveSource` of what comes through a pipe. Compressed captures are refused: they come in large pieces.

    Args:
        file: number of the pipe; None is standard input.
        name: how to call it.
    """

    def __init__(self, file: int | None = None, *, name: str = STANDARD_INPUT) -> None:
        self.name = name
        self._file = file
        self._intake = Intake(name)
        self.ended = False  # nothing will come any more

    def open(self) -> list[CaptureItem]:
        """Begin; nothing is known before bytes came. Raises SourceError: standard input is a terminal."""
        if self._file is None:
            if sys.stdin.isatty():
                hint = "pipe a capture into it: tcpdump -U -w - | sigtrace live -"
                raise SourceError("standard input is a terminal", hint=hint)
            self._file = sys.stdin.fileno()
        widen_pipe(self._file)
        return []

    def poll(self, timeout: float) -> list[CaptureItem] | None:
        """Return what came; None at the end. Raises SourceError: reading failed; CaptureError: it is no capture."""
        if self.ended or self._file is None:
            return None
        deadline = time.monotonic() + timeout
        while _is_readable(self._file, deadline - time.monotonic()):
            count = self._read(self._file)
            if not count:
                self.ended = True
                return self._intake.finish()
            if items := self._intake.advance(count):
                return items
        return self._intake.rest()

    def counters(self) -> Counters:
        """Return how many packets there were; how many the other program missed, it alone knows."""
        return Counters(received=self._intake.packets, dropped=None)

    def close(self) -> list[CaptureItem]:
        """Stop reading; the pipe belongs to whoever opened it."""
        if self.ended or self._file is None:
            return []
        self.ended = True
        return self._intake.leave()

    def _read(self, file: int) -> int:
        try:
            return os.readv(file, [self._intake.room()]) if hasattr(os, "readv") else self._copy(file)
        except OSError as error:
            raise SourceError(f"{self.name} could not be read to its end: {error.strerror or error}") from error

    def _copy(self, file: int) -> int:
        room = self._intake.room()
        data = os.read(file, len(room))
        room[: len(data)] = data
        return len(data)


def _is_readable(file: int, timeout: float) -> bool:
    """Wait until there is something to read, or the end of it."""
    if not hasattr(select, "poll"):
        return True
    waiter = select.poll()
    waiter.register(file, select.POLLIN)
    return bool(waiter.poll(max(timeout, 0) * 1000))
