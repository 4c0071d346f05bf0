"""Where reading can go on in a damaged pcapng capture: the next place that is a whole, known block beyond doubt."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.pcapng.blocks import BYTE_ORDER_MAGIC, KNOWN_BLOCKS, BlockType
from sigtrace.capture.pcapng.framing import FRAME_LENGTH
from sigtrace.capture.reader import PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.reader import Window

# Bytes searched at a time: short at first, as most damage is one block; long at last, for vector operations.
FIRST_SLAB, LAST_SLAB = 1024, 2**18
_TYPES = np.array(sorted(KNOWN_BLOCKS - {BlockType.SECTION_HEADER}), np.uint32)


class BlockSearch:
    """The places in one window where a whole block begins: a known type, a possible length, and the same at its end.

    All places are judged by vector operations, each once: damage everywhere costs no more than one pass. Blocks that
    lost their alignment are found too.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._from = self._to = 0  # what was searched
        self._places: list[tuple[int, bool]] = []  # found in the last slab: place, and whether the block is whole there
        self._big_endian: bool | None = None
        self._slab = FIRST_SLAB

    def find(self, start: int, *, big_endian: bool | None, final: bool) -> tuple[int, bool]:
        """Find the first whole block at or behind `start`.

        Args:
            start: where to begin, at any byte.
            big_endian: the section's byte order; None when there is no section yet, and only its header can be next.
            final: no bytes follow the window.
        Returns: where it is and True; or how far the search got and False, when that place needs more bytes to judge or
            nothing was found.
        """
        length = len(self._window)
        if self._big_endian != big_endian or not self._from <= start <= self._to:
            self._from = self._to = start
            self._places, self._big_endian = [], big_endian
        while True:
            for row in range(bisect_left(self._places, (start,)), len(self._places)):
                place, whole = self._places[row]
                if whole or not final:
                    return place, whole
            if self._to + FRAME_LENGTH > length:
                return (length if final else max(start, self._to)), False
            self._search()

    def _search(self) -> None:
        """Search one more slab, as those before it have no place left that any block could be at."""
        window = self._window
        start, stop = self._to, min(self._to + self._slab, len(window) - FRAME_LENGTH + 1)
        found = [_header_places(window, start, stop, big_endian=order) for order in (False, True)]
        if self._big_endian is not None:
            found.append(_places_in_order(window, start, stop, big_endian=self._big_endian))
        self._places = sorted(pair for pairs in found for pair in pairs)
        self._to = stop
        self._slab = min(self._slab * 2, LAST_SLAB)


def _words_at(window: Window, start: int, stop: int, *, big_endian: bool) -> NDArray[np.uint32]:
    """Return the 32-bit word at each byte from `start` up to `stop`."""
    dtype = np.dtype(">u4" if big_endian else "<u4")
    return np.ndarray((max(stop - start, 0),), dtype, window.data, start, (1,))


def _header_places(window: Window, start: int, stop: int, *, big_endian: bool) -> list[tuple[int, bool]]:
    """Return where a section header of this byte order stands."""
    types = _words_at(window, start, stop, big_endian=big_endian)
    places = np.flatnonzero(types == BlockType.SECTION_HEADER)
    magics = _words_at(window, start + 8, stop + 8, big_endian=big_endian)[places]
    return _closed(window, start + places[magics == BYTE_ORDER_MAGIC], big_endian=big_endian)


def _places_in_order(window: Window, start: int, stop: int, *, big_endian: bool) -> list[tuple[int, bool]]:
    """Return where a known block other than a section header stands."""
    lengths = _words_at(window, start + 4, stop + 4, big_endian=big_endian)
    places = np.flatnonzero((lengths >= FRAME_LENGTH) & (lengths <= PLAUSIBLE_LENGTH) & (lengths & 3 == 0))
    types = _words_at(window, start, stop, big_endian=big_endian)[places]
    return _closed(window, start + places[np.isin(types, _TYPES)], big_endian=big_endian)


def _closed(window: Window, places: NDArray[np.int64], *, big_endian: bool) -> list[tuple[int, bool]]:
    """Return the places where a block's length is at its end as well, True; or the end is not in the window, False."""
    words = _words_at(window, 0, len(window) - 3, big_endian=big_endian)
    lengths = words[places + 4].astype(np.int64)
    possible = (lengths >= FRAME_LENGTH) & (lengths <= PLAUSIBLE_LENGTH) & (lengths & 3 == 0)
    places, lengths = places[possible], lengths[possible]
    whole = places + lengths <= len(window)
    closed = np.zeros(len(places), np.bool_)
    closed[whole] = words[places[whole] + lengths[whole] - 4] == lengths[whole]
    kept = closed | ~whole
    return list(zip(places[kept].tolist(), closed[kept].tolist(), strict=True))


def length_at_end(window: Window, start: int, last: int, *, big_endian: bool) -> int | None:
    """Return a block's length by the one at its end: the first word, up to `last`, that tells its own place.

    That is a word which ends as far from the block's `start` as it says.
    """
    last = min(last, len(window))
    count = (last - start) // 4
    words = np.ndarray((max(count, 0),), np.dtype(">u4" if big_endian else "<u4"), window.data, start, (4,))
    told = np.flatnonzero(words == np.arange(4, 4 * count + 4, 4))
    told = told[told >= FRAME_LENGTH // 4 - 1]
    return 4 * (int(told[0]) + 1) if len(told) else None
