"""Bytes that trickle in → capture items, each as soon as its last byte is there.

A file is read in large windows, and what is not whole is looked at again when twice as much is there. Here somebody
waits for every packet, so what came is looked at at once, unless very much of it is one record that is not whole yet;
that is looked at again when it has doubled, or when it is quiet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch
from sigtrace.capture.detect import PcapngKind, detect_capture, detect_compression
from sigtrace.capture.pcap.reader import PcapReader
from sigtrace.capture.pcapng.reader import PcapngReader
from sigtrace.errors import CaptureError

if TYPE_CHECKING:
    from sigtrace.capture.batch import CaptureItem
    from sigtrace.capture.reader import CaptureReader

WINDOW_LENGTH = 2**20  # bytes: what a pipe holds at most, so that one reading empties it
LOOKED_AT_LENGTH = 2**18  # bytes that are looked at whenever some came: longer than any packet of a network
_HEAD_LENGTH = 24  # bytes of the shortest capture: a pcap header
_FIRST_LENGTH = 40  # and the header of its first record


class Intake:
    """Takes bytes of one capture.

    Fill some of `room` and call `advance` with how much, again and again; then `finish`. Batches point into the buffer,
    and are valid until `room` is asked for.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._reader: CaptureReader | None = None
        self._buffer = np.empty(WINDOW_LENGTH, np.uint8)
        self._start = self._end = 0  # of what is not consumed
        self._wanted = 1  # bytes before the reader is asked again
        self.packets = 0

    def room(self) -> memoryview:
        """Return where to put the next bytes."""
        length = self._end - self._start
        if self._start:
            self._buffer[:length] = self._buffer[self._start : self._end].copy()
            self._start, self._end = 0, length
        if length > len(self._buffer) // 2:
            self._buffer = np.concatenate((self._buffer, np.empty_like(self._buffer)))
        elif len(self._buffer) > WINDOW_LENGTH and length <= WINDOW_LENGTH // 2:
            self._buffer = np.concatenate((self._buffer[:length], np.empty(WINDOW_LENGTH - length, np.uint8)))
        return memoryview(self._buffer)[self._end :]  # type: ignore[arg-type]

    def advance(self, count: int) -> list[CaptureItem]:
        """Return what so many more bytes make whole. Raises CaptureError: this is no capture."""
        self._end += count
        return [] if self._end - self._start < self._wanted else self._look()

    def rest(self) -> list[CaptureItem]:
        """Return what is whole though it could not be told, now that nothing came for a while. Raises CaptureError."""
        if self._end - self._start < _FIRST_LENGTH:
            return []
        if isinstance(self._reader, PcapReader):
            self._reader.settle()
        return self._look()

    def leave(self) -> list[CaptureItem]:
        """Return the end of a capture that goes on without us: that a packet is not whole yet is no damage."""
        return [] if self._reader is None else [self._reader.close()]

    def _look(self) -> list[CaptureItem]:
        if self._reader is None and self._end < _HEAD_LENGTH:
            return []
        return self._read(final=False)

    def finish(self) -> list[CaptureItem]:
        """Return the last items. Raises CaptureError: this is no capture, or nothing at all."""
        items = self._read(final=True)
        return [*items, self._opened().close()]

    def _read(self, *, final: bool) -> list[CaptureItem]:
        items, consumed = self._opened().read(self._buffer[self._start : self._end], final=final)
        self._start += consumed
        left = self._end - self._start
        self._wanted = 2 * left if left > LOOKED_AT_LENGTH and not consumed else 1
        self.packets += sum(len(item) for item in items if isinstance(item, Batch))
        return items

    def _opened(self) -> CaptureReader:
        """Recognise the capture by its first bytes."""
        if self._reader is None:
            head = self._buffer[self._start : self._end][:512].tobytes()
            compression = detect_compression(head)
            if compression is not None:
                hint = "decompress it on the way: zcat, xzcat, zstdcat FILE | sigtrace live -"
                raise CaptureError(f"{self._name} is compressed ({compression.value})", hint=hint)
            kind = detect_capture(head, file=self._name)
            pcapng = isinstance(kind, PcapngKind)
            self._reader = PcapngReader(self._name) if pcapng else PcapReader(self._name, kind)  # type: ignore[arg-type]
        return self._reader
