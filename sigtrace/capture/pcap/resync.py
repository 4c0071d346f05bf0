"""Where reading can go on in a damaged pcap capture: a plausible record header with another right behind its record.

A record header has no mark of its own, so a place is believed only for two headers in a row: times near the last good
one, fractions below a second, lengths in order. Less than one in 2⁷⁰ places of random bytes is like that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sigtrace.capture.reader import PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.detect import PcapKind
    from sigtrace.capture.reader import Window

NEAR_SECONDS = 366 * 86400  # records of one capture are nearer to each other in time than a year
# Bytes searched at a time: short at first, as most damage is one record; long at last, for vector operations.
FIRST_SLAB, LAST_SLAB = 1024, 2**20


class Plausible(NamedTuple):
    """What a record header must look like after damage."""

    kind: PcapKind
    about_seconds: int | None  # of the last good record

    def are_headers(self, window: Window, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for each place, where a whole header fits, whether it looks like one."""
        dtype = np.dtype(">u4" if self.kind.big_endian else "<u4")
        at = places[:, np.newaxis] + np.arange(16)
        seconds, fraction, captured, original = window[at].reshape(-1).view(dtype).reshape(-1, 4).T
        plausible: NDArray[np.bool_] = (captured > 0) & (captured <= original)
        plausible &= original <= PLAUSIBLE_LENGTH  # which also rules out headers read four bytes late
        plausible &= fraction < (10**9 if self.kind.nanosecond else 10**6)
        if self.about_seconds is not None:
            plausible &= np.abs(seconds.astype(np.int64) - self.about_seconds) < NEAR_SECONDS
        return plausible

    def is_header(self, window: Window, place: int) -> bool:
        """Tell whether a whole header that looks like one is at `place`."""
        if place + self.kind.header_length > len(window):
            return False
        return bool(self.are_headers(window, np.array([place]))[0])

    def captured(self, window: Window, place: int) -> int:
        """Return the captured length that the header at `place` says."""
        field = window[place + 8 : place + 12].tobytes()
        return int.from_bytes(field, "big" if self.kind.big_endian else "little")


def find_record(window: Window, start: int, plausible: Plausible, *, final: bool) -> tuple[int, bool]:
    """Find the first whole record at or behind `start` that another one, or the capture's end, follows.

    Returns: where it is and True; or how far the search got and False, when that place needs more bytes to judge or
        nothing was found.
    """
    header = plausible.kind.header_length
    slab = FIRST_SLAB
    while start + header <= len(window):
        stop = min(start + slab, len(window) - header + 1)
        for place in _candidates(window, start, stop, plausible).tolist():
            verdict = _is_record(window, place, plausible, final=final)
            if verdict is not False:
                return place, bool(verdict)
        start, slab = stop, min(slab * 2, LAST_SLAB)
    return (len(window) if final else start), False


def _candidates(window: Window, start: int, stop: int, plausible: Plausible) -> NDArray[np.int64]:
    """Return where a plausible header stands. The captured length is looked at first: it rules out most places."""
    dtype = np.dtype(">u4" if plausible.kind.big_endian else "<u4")
    captured = np.ndarray((stop - start,), dtype, window.data, start + 8, (1,))
    places = start + np.flatnonzero((captured > 0) & (captured <= PLAUSIBLE_LENGTH))
    return places[plausible.are_headers(window, places)]


def _is_record(window: Window, place: int, plausible: Plausible, *, final: bool) -> bool | None:
    """Tell whether a whole record is at `place`; None when the window ends before that can be told."""
    header = plausible.kind.header_length
    end = place + header + plausible.captured(window, place)
    if end + header <= len(window):
        return plausible.is_header(window, end)
    if not final:
        return None
    return end <= len(window)
