"""`-b`: a recording that is divided into files, of which the latest may be kept alone."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sigtrace.errors import SelectionError
from sigtrace.recording.criteria import bytes_of, parse_criteria, whole
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MOST_FILES = 99_999
"""Files of a ring: their numbers have five digits, and two that are kept must not have the same (dumpcap's bound)."""

_EXAMPLES = {"duration": "60", "interval": "3600", "filesize": "1000", "packets": "5000", "files": "5"}


class Ring(Value, frozen=True, kw_only=True):
    """When the next file begins, whichever comes first, and how many are kept."""

    duration_s: float | None = None  # after so many seconds
    interval_s: int | None = None  # when the time of day, in UTC, is a multiple of so many seconds
    filesize: int | None = None  # once a file has reached so many bytes
    packets: int | None = None  # after so many packets
    files: int | None = None  # the oldest is deleted when there would be more; None: all are kept


def parse_ring(texts: Iterable[str]) -> Ring | None:
    """Parse what was given to `-b`, such as `filesize:1000` (kB) and `files:5`; None: nothing was.

    Raises: SelectionError: it cannot be read, there are too many files, or nothing says when the next one begins.
    """
    found = parse_criteria("-b", texts, _EXAMPLES)
    if not found:
        return None
    if set(found) == {"files"}:
        raise SelectionError(
            "-b files alone does not say when the next file begins",
            hint="add one of -b duration:, interval:, filesize: or packets:",
        )
    if found.get("files", 0) > MOST_FILES:
        raise SelectionError(f"-b files:{found['files']}: more than {MOST_FILES} files", hint="make the files larger")
    return Ring(
        duration_s=found.get("duration"),
        interval_s=whole(found.get("interval")),
        filesize=bytes_of(found.get("filesize")),
        packets=whole(found.get("packets")),
        files=whole(found.get("files")),
    )


def name_file(path: str, number: int, at_ns: int) -> str:
    """Name a file of a ring as dumpcap does: `run.pcapng` → `run_00001_20261125123456.pcapng`.

    Args:
        path: as given to `-w`.
        number: of the file, from 1; five digits are written.
        at_ns: when it begins; written as local time.
    """
    stem, suffix = os.path.splitext(path)  # noqa: PTH122 - as it was typed
    at = time.strftime("%Y%m%d%H%M%S", time.localtime(at_ns // 10**9))
    return f"{stem}_{number % (MOST_FILES + 1):05}_{at}{suffix}"


class Fill(NamedTuple):
    """How full a file is."""

    size: int  # bytes
    packets: int

    def is_full(self, ring: Ring) -> bool:
        """Tell whether it has reached what the ring says; that takes a packet, or a ring of headers would result."""
        by_packets = ring.packets is not None and self.packets >= ring.packets
        by_size = ring.filesize is not None and self.size >= ring.filesize
        return self.packets > 0 and (by_packets or by_size)


def find_switches(ends: NDArray[np.int64], ring: Ring, fill: Fill, *, fresh_size: int) -> list[int]:
    """Find the rows of a batch with which new files begin, by size and number of packets.

    As in dumpcap, the packet with which a file reaches what the ring says is its last. The next file begins with the
    next packet, so that none is left empty.

    Args:
        ends: where the block of each row ends, counted from the beginning of the first.
        ring: what was asked for.
        fill: of the file that is being written.
        fresh_size: bytes with which each further file begins.
    """
    if ring.filesize is None and ring.packets is None:
        return []
    switches = []
    row = before = 0  # the first row of this file, and where its block begins
    while row < len(ends):
        until = row + _rows_left(ends[row:] - before, ring, fill)
        if until < len(ends):
            switches.append(until)
            before = int(ends[until - 1]) if until else 0
            fill = Fill(fresh_size, 0)
        row = until
    return switches


def _rows_left(ends: NDArray[np.int64], ring: Ring, fill: Fill) -> int:
    """Return how many more packets go into a file, if there are so many."""
    if fill.is_full(ring):
        return 0
    rows = len(ends)
    if ring.packets is not None:
        rows = min(rows, ring.packets - fill.packets)
    if ring.filesize is not None:
        rows = min(rows, int(np.searchsorted(ends, ring.filesize - fill.size)) + 1)
    return rows
