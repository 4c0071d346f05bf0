"""Compressed bytes: pieces are bounded, slices do not matter to what is whole, and the standard decoder agrees.

The first byte chooses the compression, the others are what is compressed.
"""

from __future__ import annotations

import gzip
import zlib
from itertools import islice

from sigtrace.capture.compression import PIECE_LENGTH, Decompressor
from sigtrace.capture.detect import Compression

BLOCK_LENGTH = 2**17  # of zstd, which is given a block at a time
MOST_PIECES = 64  # looked at: a bomb gives without end, and memory is what it must not cost
_SLICE = 7  # bytes


def try_compression(data: bytes) -> None:
    """Decompress at once and in slices."""
    compression = list(Compression)[(data[0] if data else 0) % len(Compression)]
    packed = data[1:]
    whole = Decompressor(compression)
    pieces = list(islice(whole.feed(packed), MOST_PIECES))
    assert all(0 < len(piece) <= max(PIECE_LENGTH, BLOCK_LENGTH) for piece in pieces)
    if len(pieces) == MOST_PIECES:
        return
    notice = whole.close()
    assert whole.damaged <= (notice is not None)
    if whole.damaged:
        return
    sliced = Decompressor(compression)
    again = [piece for at in range(0, len(packed), _SLICE) for piece in sliced.feed(packed[at : at + _SLICE])]
    assert sliced.close() == notice
    assert b"".join(again) == b"".join(pieces)
    if compression is Compression.GZIP and notice is None:
        _compare(packed, b"".join(pieces))


def _compare(packed: bytes, ours: bytes) -> None:
    try:
        theirs = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return  # stricter than we are, about what stands behind the last member
    assert ours == theirs
