"""A capture file that grows: first what it holds, then what is appended, until one is told to stop.

A file that becomes shorter was begun again; one that another takes the place of was rotated, as rings of files are.
Both times a new capture begins, whose packets and interfaces are counted on.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch, CaptureStarted, Interface, InterfaceStatistics
from sigtrace.errors import CaptureError, SourceError
from sigtrace.notices import Notice, Severity
from sigtrace.sources.live.intake import Intake
from sigtrace.sources.live.source import Counters
from sigtrace.value import replace

if TYPE_CHECKING:
    from io import FileIO

    from sigtrace.capture.batch import CaptureItem

FILE_REPLACED = "live.file-replaced"  # another file took the place of the followed one, and is followed
FILE_SHORTENED = "live.file-shortened"  # the followed file was begun again
NOT_A_CAPTURE = "live.not-a-capture"  # what the followed file became is none; it is waited until it is

LOOK_EVERY = 0.02  # seconds between two looks at a file in which nothing is new: nobody sees less, and it costs nothing


class FollowedFile:
    """A `LiveSource` of a capture file that grows. It ends when it is closed, never by itself."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = os.fspath(path)
        self._file: FileIO | None = None
        self._intake = Intake(self.name)
        self._renumbering = _Renumbering()
        self._broken = False  # it is no capture: its bytes are passed over

    def open(self) -> list[CaptureItem]:
        """Begin; nothing is known before it was read. Raises SourceError: it cannot be opened."""
        try:
            self._file = self._open()
        except OSError as error:
            reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
            raise SourceError(f"{self.name} cannot be followed: {reason}") from error
        return []

    def poll(self, timeout: float) -> list[CaptureItem] | None:
        """Return what is new; None once closed. Raises SourceError; CaptureError: it never was a capture."""
        if self._file is None:
            return None
        deadline = time.monotonic() + timeout
        while True:
            items = self._renumbering.renumber(self._look(self._file))
            left = deadline - time.monotonic()
            if items or left <= 0:
                return items
            time.sleep(min(LOOK_EVERY, left))

    def counters(self) -> Counters:
        """Return how many packets there were; how many the program that writes missed, it alone knows."""
        return Counters(received=self._renumbering.packets, dropped=None)

    def close(self) -> list[CaptureItem]:
        """Stop following."""
        if self._file is None:
            return []
        self._file.close()
        self._file = None
        return self._renumbering.renumber(self._intake.leave())

    def _open(self) -> FileIO:
        return open(self.name, "rb", buffering=0)  # noqa: PTH123 - closed in `close`

    def _look(self, file: FileIO) -> list[CaptureItem]:
        """Read what is new; where there is nothing, see what became of the file."""
        try:
            count = file.readinto(self._intake.room())
        except OSError as error:
            raise SourceError(f"{self.name} could not be read: {error.strerror or error}") from error
        if count:
            return self._advance(count)
        if os.fstat(file.fileno()).st_size < file.tell():
            file.seek(0)
            return self._begin_again(FILE_SHORTENED, "begun again", self._intake.leave())
        return self._follow_replacement(file) or self._rest()

    def _follow_replacement(self, file: FileIO) -> list[CaptureItem]:
        """Follow the file that is now in the place of this one, if there is another."""
        try:
            there, here = os.stat(self.name), os.fstat(file.fileno())  # noqa: PTH116 - the path may be anything
            if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
                return []
            new = self._open()
        except OSError:
            return []  # it was moved away, and nothing is there yet
        file.close()
        self._file = new
        return self._begin_again(FILE_REPLACED, "replaced by another file", self._finish())

    def _begin_again(self, code: str, what: str, last: list[CaptureItem]) -> list[CaptureItem]:
        self._intake = Intake(self.name)
        self._broken = False
        notice = Notice(code=code, severity=Severity.INFO, text=f"{self.name} was {what}; it is read from its start")
        return [*last, notice]

    def _advance(self, count: int) -> list[CaptureItem]:
        if self._broken:
            return []
        try:
            return self._intake.advance(count)
        except CaptureError as error:
            return self._refuse(error)

    def _rest(self) -> list[CaptureItem]:
        return [] if self._broken else self._intake.rest()

    def _finish(self) -> list[CaptureItem]:
        """Return the end of a file that another took the place of, with what was cut off."""
        try:
            return [] if self._broken else self._intake.finish()
        except CaptureError:
            return []  # it was empty

    def _refuse(self, error: CaptureError) -> list[CaptureItem]:
        """Say that this is no capture: as an error of the first file, as a notice of one that came later."""
        if self._renumbering.captures == 0:
            raise error
        self._broken = True
        return [Notice(code=NOT_A_CAPTURE, severity=Severity.ERROR, text=f"{error}; what it becomes is waited for")]


class _Renumbering:
    """Counts packets and interfaces on from one capture to the next."""

    def __init__(self) -> None:
        self.packets = self.captures = 0
        self._packets_before = 0
        self._interfaces = self._interfaces_before = 0

    def renumber(self, items: list[CaptureItem]) -> list[CaptureItem]:
        """Return items with the numbers that they have in the whole."""
        return [self._renumber(item) for item in items]

    def _renumber(self, item: CaptureItem) -> CaptureItem:
        match item:
            case Batch():
                return self._renumber_batch(item)
            case Interface():
                self._interfaces = max(self._interfaces, self._interfaces_before + item.index + 1)
                return replace(item, index=self._interfaces_before + item.index)
            case InterfaceStatistics():
                return replace(item, interface=self._interfaces_before + item.interface)
            case Notice(packet=int(packet)):
                return replace(item, packet=self._packets_before + packet)
            case CaptureStarted():
                self.captures += 1
                self._packets_before, self._interfaces_before = self.packets, self._interfaces
        return item

    def _renumber_batch(self, batch: Batch) -> Batch:
        self.packets += len(batch)
        if not self._packets_before and not self._interfaces_before:
            return batch
        return replace(
            batch,
            first_number=batch.first_number + self._packets_before,
            interface=batch.interface + np.int32(self._interfaces_before),
            comments={number + self._packets_before: texts for number, texts in batch.comments.items()},
        )
