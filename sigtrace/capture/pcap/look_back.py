"""Looking back in a pcap capture: a record that lost some of its bytes ends before where its length says.

Those behind it then begin before where they are expected, and a search that only goes on finds the second of them. The
bytes right before a window are kept, so that what is found does not depend on windows.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.pcap.resync import RecordSearch
from sigtrace.capture.reader import PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from sigtrace.capture.pcap.header import Habits
    from sigtrace.capture.reader import Window

LOOK_BACK = 2**16  # bytes before damage that are looked at again: what the longest packet can have lost
LOOKED_AT = 64  # places tried, and records in a row that may be found


class Tail:
    """The bytes before a window. Places count from the window's first byte, so that those in the tail are negative."""

    def __init__(self) -> None:
        self._bytes = b""

    def reaches(self, place: int) -> bool:
        """Tell whether the bytes from a place on are here, or in the window."""
        return place >= -len(self._bytes)

    def between(self, window: Window, start: int, end: int) -> Window:
        """Return the bytes between two places that are reached."""
        if start >= 0:
            return window[start:end]
        tail = np.frombuffer(self._bytes, np.uint8)[len(self._bytes) + start :]
        return tail[: end - start] if end <= 0 else np.concatenate((tail, window[:end]))

    def keep(self, window: Window, reached: int, damaged: int | None) -> None:
        """Keep what comes before the next window, or before damage while reading may go on close behind it.

        Args:
            window: this window.
            reached: where the next one begins.
            damaged: where a search for the next record began; None when there is none.
        """
        length = LOOK_BACK + (0 if damaged is None else reached - damaged)
        if length > LOOK_BACK + PLAUSIBLE_LENGTH:
            self._bytes = b""
        elif reached >= length:
            self._bytes = window[reached - length : reached].tobytes()
        else:
            self._bytes = (self._bytes + window[:reached].tobytes())[-length:]

    def find_records(  # noqa: PLR0913  as a search is told
        self, window: Window, first: int, place: int, habits: Habits, about_seconds: int | None, *, final: bool = False
    ) -> list[int]:
        """Return where records begin that lead exactly to a place where reading goes on, or to the capture's end.

        What a packet carries may look like records as well, but these do not lead there.

        Args:
            window: this window.
            first: where the first of them may begin.
            place: where reading goes on.
            habits: what headers look like.
            about_seconds: the time they are near; None when it is not known.
            final: no record begins at the place.
        """
        if not self.reaches(first) or place - first > LOOK_BACK + PLAUSIBLE_LENGTH:
            return []
        header = habits.kind.header_length
        data = self.between(window, first, place if final else place + header)
        captured_at = struct.Struct(">I" if habits.kind.big_endian else "<I").unpack_from
        search, start, end = RecordSearch(data), 0, place - first
        for _ in range(LOOKED_AT):
            at, found = search.find(start, habits, about_seconds, final=final)
            if not found or at >= end:
                break
            start = at + 1
            chain: list[int] = []
            while at < end and at + header <= len(data) and len(chain) < LOOKED_AT:
                chain.append(first + at)
                at += header + captured_at(data.data, at + 8)[0]
            if at == end:
                return chain
        return []
