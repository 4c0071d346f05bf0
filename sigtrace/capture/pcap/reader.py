"""A pcap capture's bytes → record batches: a file header, then records that only their own lengths divide.

```text
  file header, 24 bytes:   magic, major (16), minor (16), time zone, significant figures, snap length, link type
  record header, 16 bytes: seconds, micro- or nanoseconds, captured length, original length
                 24 bytes: the same, interface number, protocol (16), packet type (8), padding (8): the modified kind
```

Theory of operation. Nothing marks a record's start and nothing aligns it, so the chain must be walked; the walk reads
one number a record and does nothing else. All checks and fields are columns over what the walk found. A length that
cannot be ends the run: then the reader searches for two plausible record headers in a row, and goes on there.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch, CaptureEnded, CaptureStarted, Interface
from sigtrace.capture.pcap.resync import Plausible, find_record
from sigtrace.capture.reader import (
    ABSURD_LENGTH,
    CUT,
    MAX_RECORD_LENGTH,
    PLAUSIBLE_LENGTH,
    RESYNC,
    NoticeBook,
    Reading,
    Window,
)
from sigtrace.notices import Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.capture.detect import PcapKind

FILE_HEADER_LENGTH = 24

VERSION = "capture.version"  # a pcap version other than 2.4, read as if it were


class PcapReader:
    """Reads one pcap capture; `CaptureReader` says how it is used.

    Args:
        file: the capture's name, for `CaptureStarted` and `CaptureEnded`.
        kind: what its magic says.
        suffix: what to add to the format's name, ".gz" and the like.
    """

    def __init__(self, file: str, kind: PcapKind, *, suffix: str = "") -> None:
        self._file = file
        self._kind = kind
        self._format = kind.name + suffix
        self._order = ">" if kind.big_endian else "<"
        self._book = NoticeBook()
        self._link_type: int | None = None  # None until the file header was read
        self._next_number = 1
        self._last_seconds: int | None = None
        self._offset = 0  # of the window's first byte in the capture
        self._damaged_at: int | None = None  # offset where a search for the next record began
        self._cut = False
        self._window: Window = np.zeros(0, np.uint8)
        self._items: list[CaptureItem] = []

    def read(self, window: Window, *, final: bool) -> Reading:
        """Return what the window holds."""
        self._window, self._items = window, []
        reached = 0
        at = self._take_file_header() if self._link_type is None else 0
        while at is not None and at < len(window):
            reached = at
            at = self._search(at, final=final) if self._damaged_at is not None else self._advance(at, final=final)
        reached = reached if at is None else at
        if final:
            self._end(reached)
            reached = len(window)
        self._offset += reached
        return Reading(self._items, reached)

    def close(self, *, truncated: bool = False) -> CaptureEnded:
        """Return the end of the capture."""
        packets = self._next_number - 1
        return CaptureEnded(file=self._file, packets=packets, bytes=self._offset, truncated=self._cut or truncated)

    def _take_file_header(self) -> int | None:
        """Take the file header, and return where the records begin; None when it needs more bytes."""
        if len(self._window) < FILE_HEADER_LENGTH:
            return None
        fields = struct.unpack_from(f"{self._order}4xHH8xII", self._window.data)
        major, minor, snap_length, link_type = map(int, fields)
        self._link_type = link_type & 0xFFFF  # the upper bits tell of frame check sequences
        interface = Interface(index=0, name=None, link_type=self._link_type, snap_length=snap_length)
        self._items += [CaptureStarted(file=self._file, format=self._format), interface]
        if (major, minor) != (2, 4):
            text = f"pcap version {major}.{minor}; it was read as version 2.4"
            self._items += self._book.note(VERSION, Severity.WARNING, text, offset=4)
        return FILE_HEADER_LENGTH

    def _advance(self, at: int, *, final: bool) -> int | None:
        """Take the records at `at`, and return where the next one begins; None when it needs more bytes."""
        starts, end = self._walk(at)
        if len(starts):
            fields = self._fields(starts)
            long = np.flatnonzero(fields[:, 2] > PLAUSIBLE_LENGTH)
            if len(long) and long[0]:
                starts, fields, end = starts[: long[0]], fields[: long[0]], int(starts[long[0]])
            elif len(long):
                return self._judge_long(at, int(fields[0, 2]), final=final)
            self._emit(starts, fields)
            return end
        if len(self._window) - at < self._kind.header_length:
            return None
        captured = int(self._fields(np.array([at]))[0, 2])
        if captured > MAX_RECORD_LENGTH or (final and self._hides_records(at)):
            return self._lose_step(at, captured)
        return None

    def _walk(self, at: int) -> tuple[NDArray[np.int64], int]:
        """Return where each whole record from `at` on begins, and where the last one ends."""
        captured_at = struct.Struct(f"{self._order}I").unpack_from
        header, window = self._kind.header_length, self._window.data
        last = len(window) - header
        starts: list[int] = []
        append = starts.append
        while at <= last:
            append(at)
            at += header + captured_at(window, at + 8)[0]
        if at > len(window):
            at = starts.pop()
        return np.array(starts, np.int64), at

    def _fields(self, starts: NDArray[np.int64]) -> NDArray[np.uint32]:
        """Return the four numbers of each record header, one row a record."""
        window = self._window
        headers = np.lib.stride_tricks.as_strided(window, (max(len(window) - 15, 0), 16), (1, 1), writeable=False)
        return headers[starts].view(np.dtype(f"{self._order}u4"))

    def _judge_long(self, at: int, captured: int, *, final: bool) -> int | None:
        """Take one whole record that is unusually long if another or the end follows it, else search for the next."""
        end = at + self._kind.header_length + captured
        if end + self._kind.header_length > len(self._window):
            if not final:
                return None
        elif not self._plausible().is_header(self._window, end):
            return self._lose_step(at, captured)
        start = np.array([at])
        self._emit(start, self._fields(start))
        return end

    def _emit(self, starts: NDArray[np.int64], fields: NDArray[np.uint32]) -> None:
        """Hand on whole records as a batch."""
        count = len(starts)
        numbers = fields.astype(np.int64)
        unit = 1 if self._kind.nanosecond else 1000
        self._items.append(
            Batch(
                first_number=self._next_number,
                buffer=self._window,
                offset=starts + self._kind.header_length,
                captured=numbers[:, 2],
                original=numbers[:, 3],
                at_ns=numbers[:, 0] * 10**9 + numbers[:, 1] * unit,
                interface=np.zeros(count, np.int32),
                link_type=np.full(count, self._link_type, np.int32),
            )
        )
        self._next_number += count
        self._last_seconds = int(numbers[-1, 0])

    # Damage, and the end.

    def _plausible(self) -> Plausible:
        return Plausible(self._kind, self._last_seconds)

    def _hides_records(self, at: int) -> bool:
        """Tell whether the last record, which is not whole, is damage before others rather than a cut."""
        plausible = self._plausible()
        if plausible.is_header(self._window, at):
            return False
        return find_record(self._window, at + 1, plausible, final=True)[1]

    def _lose_step(self, at: int, captured: int) -> int:
        """Begin the search for the next record."""
        text = f"a record of {captured} bytes; the next record is searched for"
        self._items += self._book.note(ABSURD_LENGTH, Severity.ERROR, text, offset=self._offset + at)
        self._damaged_at = self._offset + at
        return at + 1

    def _search(self, at: int, *, final: bool) -> int | None:
        """Go on searching at `at`; return where the next record begins, or None when that needs more bytes."""
        place, found = find_record(self._window, at, self._plausible(), final=final)
        if found or (final and place == len(self._window)):
            passed = self._offset + place - (self._damaged_at or 0)
            where = "resumed at the next record" if found else "no further record was found"
            text = f"{passed} damaged bytes passed over; {where}"
            self._items += self._book.note(RESYNC, Severity.ERROR, text, offset=self._offset + place)
            self._damaged_at = None
            self._cut |= not found
        return None if place == at and not found else place

    def _end(self, reached: int) -> None:
        """Tell what the capture ends with."""
        if self._link_type is None:
            self._items.append(CaptureStarted(file=self._file, format=self._format))
        left = len(self._window) - reached
        if left:
            self._cut = True
            text = f"the capture ends {left} bytes into a record, which was left out"
            self._items += self._book.note(CUT, Severity.WARNING, text, offset=self._offset + reached)
