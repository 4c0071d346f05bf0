"""Where reading can go on in a damaged pcapng capture: the next place that is a whole, known block beyond doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.pcapng_blocks import BYTE_ORDER_MAGIC, BlockType
from sigtrace.capture.reader import PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.reader import Window

# Bytes searched at a time: short at first, as most damage is one block, so that damage everywhere costs no more than
# one pass; long at last, so that a long search is done by vector operations.
FIRST_SLAB, LAST_SLAB = 4096, 2**20


def find_block(window: Window, start: int, *, big_endian: bool | None, final: bool) -> tuple[int, bool]:
    """Find the first whole block at or behind `start`: a known type, a possible length, and the same length at its end.

    Args:
        big_endian: the section's byte order; None when there is no section yet, so that only a header can begin one.
        final: no bytes follow the window.
    Returns: where it is and True; or how far the search got and False, when that place needs more bytes to judge or
        nothing was found. Blocks that lost their alignment are found too.
    """
    slab = FIRST_SLAB
    while start + 12 <= len(window):
        stop = min(start + slab, len(window) - 11)
        places = _header_places(window, start, stop)
        if big_endian is not None:
            places = np.concatenate((places, _places_in_order(window, start, stop, big_endian=big_endian)))
        for place in np.sort(places).tolist():
            verdict = _is_block(window, place, big_endian=big_endian)
            if verdict or (verdict is None and not final):
                return place, bool(verdict)
        start, slab = stop, min(slab * 2, LAST_SLAB)
    return (len(window) if final else start), False


def _words_at(window: Window, start: int, stop: int, *, big_endian: bool) -> NDArray[np.uint32]:
    """Return the 32-bit word at each byte from `start` up to `stop`."""
    dtype = np.dtype(">u4" if big_endian else "<u4")
    return np.ndarray((stop - start,), dtype, window.data, start, (1,))


def _header_places(window: Window, start: int, stop: int) -> NDArray[np.int64]:
    """Return where the type and magic of a section header stand, in either byte order."""
    types = _words_at(window, start, stop, big_endian=False)
    places = np.flatnonzero(types == BlockType.SECTION_HEADER)
    magics = _words_at(window, start + 8, stop + 8, big_endian=False)[places]
    return start + places[(magics == BYTE_ORDER_MAGIC) | (magics.byteswap() == BYTE_ORDER_MAGIC)]


def _places_in_order(window: Window, start: int, stop: int, *, big_endian: bool) -> NDArray[np.int64]:
    """Return where a known type other than a section header is followed by a possible length."""
    types = _words_at(window, start, stop, big_endian=big_endian)
    lengths = _words_at(window, start + 4, stop + 4, big_endian=big_endian)
    possible = (lengths >= 12) & (lengths <= PLAUSIBLE_LENGTH) & (lengths & 3 == 0)
    places = np.flatnonzero(possible)
    return start + places[np.isin(types[places], [kind for kind in BlockType if kind != BlockType.SECTION_HEADER])]


def _is_block(window: Window, place: int, *, big_endian: bool | None) -> bool | None:
    """Tell whether a whole block begins at `place`; None when the window ends before the block does."""
    if int.from_bytes(window[place : place + 4].tobytes(), "little") == BlockType.SECTION_HEADER:
        big_endian = int.from_bytes(window[place + 8 : place + 12].tobytes(), "big") == BYTE_ORDER_MAGIC
    order = "big" if big_endian else "little"
    length = int.from_bytes(window[place + 4 : place + 8].tobytes(), order)
    if length < 12 or length & 3 or length > PLAUSIBLE_LENGTH:
        return False
    if place + length > len(window):
        return None
    return int.from_bytes(window[place + length - 4 : place + length].tobytes(), order) == length
