"""Where the blocks of a pcapng window begin: whole runs of packet blocks found by vector operations, never by guessing.

Theory of operation. Each block starts with its type and length, ends with its length again, and the next block follows
at once. Walking that chain in Python costs as much as everything else together when packets are small. So:

1. Blocks are multiples of 4 bytes, so from a known start all of them begin on 32-bit words. One comparison over the
   window's words finds every word equal to a packet block's type: the *candidates*. Payload words may be among them.
2. A candidate stays a *link* if its length is possible, lies inside the window, and is repeated where it ends.
3. Two neighbouring links are *chained* if the first ends where the second begins. `breaks` lists the links that are not
   chained to their neighbour.

A run is read only from a position that the caller knows to be a block's start. It goes on, link by chained link, to the
next break: every position in it follows from the one before by that block's own length, just as in a walk. What payload
imitates can therefore end a run too early, but never enter it; after a run the caller stands on a known start again.

All columns are made once per window, type, byte order and alignment, so a hostile order of blocks costs no more than
the longest walk. Alignment changes only where reading resumes after damage that lost bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sigtrace.capture.pcapng.blocks import BlockType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.reader import Window

LEAST_LENGTH: dict[int, int] = {
    BlockType.ENHANCED_PACKET: 32,
    BlockType.OBSOLETE_PACKET: 32,
    BlockType.SIMPLE_PACKET: 16,
}
"""The blocks that hold a packet, and their length in bytes when the packet is empty."""


class _Links(NamedTuple):
    """Possible blocks of one type, in words; see the theory above."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    breaks: NDArray[np.int64]  # rows, in rising order; the last row is always one


class Chain:
    """The chains of packet blocks in one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._words: dict[tuple[bool, int], NDArray[np.uint32]] = {}
        self._links: dict[tuple[int, bool, int], _Links] = {}

    def words(self, *, big_endian: bool, alignment: int) -> NDArray[np.uint32]:
        """Return the window from `alignment` (0 to 3) on as 32-bit words."""
        key = (big_endian, alignment)
        if key not in self._words:
            end = alignment + (max(len(self.window) - alignment, 0) & ~3)
            self._words[key] = self.window[alignment:end].view(">u4" if big_endian else "<u4")
        return self._words[key]

    def run(self, block_type: int, start: int, *, big_endian: bool) -> tuple[NDArray[np.int64], int]:
        """Return the unbroken run of packet blocks of one type from a known block start on.

        Args:
            block_type: one of `LEAST_LENGTH`.
            start: where a block is known to begin, bytes into the window.
            big_endian: the section's byte order.
        Returns: where each block of the run begins, in words of that alignment, and where the run ends, in bytes. The
            run is empty when the block at `start` is not whole, not of this type, or damaged.
        """
        alignment = start & 3
        links = self._find_links(block_type, big_endian=big_endian, alignment=alignment)
        word = (start - alignment) >> 2
        first = int(np.searchsorted(links.start, word))
        if first == len(links.start) or links.start[first] != word:
            return links.start[:0], start
        last = int(links.breaks[np.searchsorted(links.breaks, first)])
        return links.start[first : last + 1], int(links.end[last]) * 4 + alignment

    def _find_links(self, block_type: int, *, big_endian: bool, alignment: int) -> _Links:
        key = (block_type, big_endian, alignment)
        if key not in self._links:
            words = self.words(big_endian=big_endian, alignment=alignment)
            self._links[key] = _links_among(words, block_type)
        return self._links[key]


def _links_among(words: NDArray[np.uint32], block_type: int) -> _Links:
    """Find every place in `words` that could be a whole block of this type."""
    start = np.flatnonzero(words[:-2] == block_type)
    length = words[start + 1].astype(np.int64)
    end = start + (length >> 2)
    possible = (length >= LEAST_LENGTH[BlockType(block_type)]) & (length & 3 == 0) & (end <= len(words))
    if not possible.all():
        start, length, end = start[possible], length[possible], end[possible]
    repeated = words[end - 1] == length
    if not repeated.all():
        start, end = start[repeated], end[repeated]
    is_break = np.ones(len(start), np.bool_)
    np.not_equal(start[1:], end[:-1], out=is_break[:-1])
    return _Links(start, end, np.flatnonzero(is_break))
