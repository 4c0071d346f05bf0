"""Where the records of a pcap window begin: a walk, or whole runs of small records by vector operations.

Theory of operation. Nothing marks a record's start and nothing aligns it, so the chain of records is walked, from a
known start and by each record's own length. When records are small, the walk costs as much as all that follows. But two
bytes are equal in nearly all record headers of a window: the upper half of the seconds, which changes every 18 hours.

1. Every place where these two bytes are as in the header at a known start is a *candidate*; packets hold some, too.
2. A candidate stays a *link* if its captured length is plausible.
3. Two neighbouring links are *chained* if the record of the first ends where the second begins.

A run is read only from a known start. It goes on, link by chained link, so that each of its places follows from the one
before by that record's length, just as in a walk. What packets imitate, or a new half of the seconds, can end a run too
early, but nothing wrong can enter it; from there on it is walked.

Candidates are found once a window, however often a run breaks.
"""

from __future__ import annotations

import struct
from itertools import repeat
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sigtrace.capture.reader import PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.detect import PcapKind
    from sigtrace.capture.reader import Window

SMALL_RECORD: Final = 384  # bytes a record, on average: above it, walking is quicker than looking at every byte
LEAST_WINDOW: Final = 2**15  # bytes: below it, so is walking
LEAST_RUN: Final = 64  # records: a shorter run is walked again, and what is behind it
SLAB: Final = 2**18  # bytes looked at together: what is found out of them stays in the processor's cache
CAPTURED_AT: Final = 8  # where the captured length stands in a header


class _Links(NamedTuple):
    """Possible records; see the theory above."""

    start: NDArray[np.int64]
    breaks: NDArray[np.int64]  # rows that are not chained to the next, in rising order; the last row is always one


class Chain:
    """The chain of records in one window.

    Args:
        window: the bytes.
        kind: how headers look.
    """

    def __init__(self, window: Window, kind: PcapKind) -> None:
        self._window = window
        self._kind = kind
        self._links: _Links | None = None

    def walk(self, at: int, most: int, *, small: bool) -> tuple[NDArray[np.int64], int]:
        """Return where headers stand from a known start on, at most so many, and where the record of the last one ends.

        The second is the last one's start where its end is not told here, since the headers go on behind it.

        Args:
            at: the known start.
            most: how many.
            small: records are expected to be small, so that a run is looked for first.
        """
        last = len(self._window) - self._kind.header_length
        if small and at <= last and len(self._window) - at >= LEAST_WINDOW:
            starts = self._run(at, most)
            if len(starts) >= LEAST_RUN:
                end = self._end_of(int(starts[-1]))
                return starts, end if end > last else int(starts[-1])
        captured_at = struct.Struct(">I" if self._kind.big_endian else "<I").unpack_from
        header, window = self._kind.header_length, self._window.data
        found: list[int] = []
        append = found.append
        for _ in repeat(None, most):
            if at > last:
                break
            append(at)
            at += header + captured_at(window, at + CAPTURED_AT)[0]
        return np.array(found, np.int64), found[-1] if len(found) == most else at

    def _end_of(self, start: int) -> int:
        captured = self._window[start + CAPTURED_AT : start + CAPTURED_AT + 4].tobytes()
        return start + self._kind.header_length + int.from_bytes(captured, "big" if self._kind.big_endian else "little")

    def _run(self, at: int, most: int) -> NDArray[np.int64]:
        """Return the first headers of the unbroken run from a known start on; none where that is no link."""
        links = self._links
        if links is None:
            links = self._links = self._find_links(at)
        first = int(np.searchsorted(links.start, at))
        if first == len(links.start) or links.start[first] != at:
            return links.start[:0]
        last = int(links.breaks[np.searchsorted(links.breaks, first)])
        return links.start[first : min(last + 1, first + most)]

    def _find_links(self, at: int) -> _Links:
        """Find every place from `at` on that could be a record's start."""
        window, header = self._window, self._kind.header_length
        start = self._find_candidates(at, len(window) - header + 1)
        order = np.dtype(">u4" if self._kind.big_endian else "<u4")
        lengths: NDArray[np.uint32] = np.ndarray(
            (max(len(window) - CAPTURED_AT - 3, 0),), order, window.data, CAPTURED_AT, (1,)
        )
        captured = lengths[start].astype(np.int64)
        plausible = captured <= PLAUSIBLE_LENGTH
        if not plausible.all():
            start, captured = start[plausible], captured[plausible]
        is_break = np.ones(len(start), np.bool_)
        np.not_equal(start[1:], start[:-1] + captured[:-1] + header, out=is_break[:-1])
        return _Links(start, np.flatnonzero(is_break))

    def _find_candidates(self, at: int, stop: int) -> NDArray[np.int64]:
        """Find every place from `at` up to `stop` where the upper half of the seconds is that at `at`."""
        window, half = self._window, 0 if self._kind.big_endian else 2
        one, other = (int(window[at + half + place]) for place in (0, 1))
        is_one, is_other = np.empty(SLAB, np.bool_), np.empty(SLAB, np.bool_)
        found = []
        for first in range(at, stop, SLAB):
            count = min(SLAB, stop - first)
            place = first + half
            both = np.equal(window[place : place + count], one, out=is_one[:count])
            both &= np.equal(window[place + 1 : place + 1 + count], other, out=is_other[:count])
            found.append(np.flatnonzero(both) + first)
        return np.concatenate(found)
