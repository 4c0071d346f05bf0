"""Where reading can go on in a damaged pcapng capture: the next place that is a whole, known block beyond doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.pcapng.blocks import BYTE_ORDER_MAGIC, KNOWN_BLOCKS, BlockType
from sigtrace.capture.pcapng.framing import FRAME_LENGTH, is_possible, is_section_header, section_order, word_at
from sigtrace.capture.reader import PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.reader import Window

# Bytes searched at a time: short at first, as most damage is one block, so that damage everywhere costs no more than
# one pass; long at last, so that a long search is done by vector operations.
FIRST_SLAB, LAST_SLAB = 1024, 2**20


def find_block(window: Window, start: int, *, big_endian: bool | None, final: bool) -> tuple[int, bool]:
    """Find the first whole block at or behind `start`: a known type, a possible length, and the same length at its end.

    Args:
        window: the bytes at hand.
        start: where to begin, at any byte.
        big_endian: the section's byte order; None when there is no section yet, so that only a header can begin one.
        final: no bytes follow the window.
    Returns: where it is and True; or how far the search got and False, when that place needs more bytes to judge or
        nothing was found. Blocks that lost their alignment are found too.
    """
    slab = FIRST_SLAB
    while start + FRAME_LENGTH <= len(window):
        stop = min(start + slab, len(window) - FRAME_LENGTH + 1)
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
    is_magic: NDArray[np.bool_] = (magics == BYTE_ORDER_MAGIC) | (magics.byteswap() == BYTE_ORDER_MAGIC)
    return start + places[is_magic]


def _places_in_order(window: Window, start: int, stop: int, *, big_endian: bool) -> NDArray[np.int64]:
    """Return where a known type other than a section header is followed by a possible length."""
    types = _words_at(window, start, stop, big_endian=big_endian)
    lengths = _words_at(window, start + 4, stop + 4, big_endian=big_endian)
    possible = (lengths >= FRAME_LENGTH) & (lengths <= PLAUSIBLE_LENGTH) & (lengths & 3 == 0)
    places = np.flatnonzero(possible)
    return start + places[np.isin(types[places], sorted(KNOWN_BLOCKS - {BlockType.SECTION_HEADER}))]


def _is_block(window: Window, place: int, *, big_endian: bool | None) -> bool | None:
    """Tell whether a whole block begins at `place`; None when the window ends before the block does."""
    order = bool(section_order(window, place) if is_section_header(window, place) else big_endian)
    length = word_at(window, place + 4, big_endian=order)
    if not is_possible(length) or length > PLAUSIBLE_LENGTH:
        return False
    end = place + length
    return None if end > len(window) else word_at(window, end - 4, big_endian=order) == length
