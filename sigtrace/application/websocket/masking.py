"""Masking: what a client does to every payload byte, and what undoes it (RFC 6455 §5.3)."""

from __future__ import annotations

from typing import Final

import numpy as np

_SHORT: Final = 512
"""Bytes below which one long integer is quicker than an array."""


def mask(data: bytes, key: bytes, position: int = 0) -> bytes:
    """Mask or unmask bytes: it is the same.

    Args:
        data: a piece of the payload.
        key: the four bytes of the masking key.
        position: where in the payload the piece begins.
    """
    turn = position & 3
    if turn:
        key = key[turn:] + key[:turn]
    size = len(data)
    pattern = (key * (size // 4 + 1))[:size]
    if size < _SHORT:
        return (int.from_bytes(data, "little") ^ int.from_bytes(pattern, "little")).to_bytes(size, "little")
    return (np.frombuffer(data, np.uint8) ^ np.frombuffer(pattern, np.uint8)).tobytes()
