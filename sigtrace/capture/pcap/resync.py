"""Where reading can go on in a damaged pcap capture: a plausible record header with another right behind its record.

A record header has no mark of its own, so a place is believed only for two headers in a row: times near the last good
one, fractions below a second, lengths in order. Less than one in 2⁷⁰ places of random bytes is like that.

All places of a window are judged by vector operations, each once: damage everywhere costs no more than one pass.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.pcap.header import NEAR_SECONDS, columns_at, is_near
from sigtrace.capture.reader import PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from sigtrace.capture.pcap.header import Habits
    from sigtrace.capture.reader import Window

# Bytes searched at a time: short at first, as most damage is one record; long at last, for vector operations.
FIRST_SLAB, LAST_SLAB = 1024, 2**18


class RecordSearch:
    """The places in one window where a plausible record begins, with another behind it."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._from = self._to = 0  # what was searched last
        self._places: list[tuple[int, int, int]] = []  # found there: place, seconds, and where the record ends
        self._habits: Habits | None = None
        self._about: int | None = None  # seconds that places are near, twice over
        self._slab = FIRST_SLAB

    def find(self, start: int, habits: Habits, about_seconds: int | None, *, final: bool) -> tuple[int, bool]:
        """Find the first whole record at or behind `start` that another one, or the capture's end, follows.

        Args:
            start: where to begin, at any byte.
            habits: what headers look like.
            about_seconds: the time they are near; None when it is not known.
            final: no bytes follow the window.
        Returns: where it is and True; or how far the search got and False, when that place needs more bytes to judge
            or nothing was found.
        """
        length, header = len(self._window), habits.kind.header_length
        if self._habits != habits or not self._is_about(about_seconds) or not self._from <= start <= self._to:
            self._from = self._to = start
            self._places, self._habits, self._about = [], habits, about_seconds
            self._slab = FIRST_SLAB
        while True:
            for row in range(bisect_left(self._places, (start,)), len(self._places)):
                place, seconds, end = self._places[row]
                if about_seconds is not None and not is_near(seconds, about_seconds):
                    continue
                if end + header <= length or (
                    final and (end == length or (end < length and about_seconds is not None))
                ):
                    return place, True
                if not final:
                    return place, False
            if self._to + header > length:
                return (length if final else max(start, self._to)), False
            self._search(habits)

    def _is_about(self, seconds: int | None) -> bool:
        """Tell whether what was searched for was a time that this one is near, and all that is near it."""
        if seconds is None or self._about is None:
            return seconds is self._about
        return bool(is_near(seconds, self._about))

    def _search(self, habits: Habits) -> None:
        """Search one more slab; its places take the place of those before it."""
        window, kind = self._window, habits.kind
        stop = min(self._to + self._slab, len(window) - kind.header_length + 1)
        # The time, or else the captured length, is looked at first: it rules out most places.
        dtype = np.dtype(">u4" if kind.big_endian else "<u4")
        if self._about is None:
            captured = np.ndarray((stop - self._to,), dtype, window.data, self._to + 8, (1,))
            places = self._to + np.flatnonzero((captured > 0) & (captured <= PLAUSIBLE_LENGTH))
        else:
            seconds = np.ndarray((stop - self._to,), dtype, window.data, self._to, (1,))
            places = self._to + np.flatnonzero(is_near(seconds.astype(np.int64), self._about, 2 * NEAR_SECONDS))
        headers = columns_at(window, places, big_endian=kind.big_endian)
        good = habits.is_header(headers)
        ends = places + kind.header_length + headers.captured
        rows = np.flatnonzero(good & (ends + kind.header_length <= len(window)))
        behind = columns_at(window, ends[rows], big_endian=kind.big_endian)
        good[rows] = habits.is_header(behind) & is_near(behind.seconds, headers.seconds[rows])
        self._places = list(zip(*(column[good].tolist() for column in (places, headers.seconds, ends)), strict=True))
        self._from, self._to = self._to, stop
        self._slab = min(self._slab * 2, LAST_SLAB)
