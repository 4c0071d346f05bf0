"""Serial number arithmetic: 32-bit sequence numbers become positions that never wrap (RFC 9293 §3.4, RFC 1982).

A *position* is a sequence number counted on past 2^32. The first one of a stream is its sequence number plus 2^32, so
that what comes a little before it, when packets are out of order, is positive too.
"""

from __future__ import annotations

from typing import Final

MASK: Final = 0xFFFF_FFFF
HALF: Final = 1 << 31
UNKNOWN: Final = -1  # no position is negative
NEVER: Final = 1 << 63  # above any position and any time

# How far from the expected position a segment is still believed. Windows reach 1 GiB (RFC 7323 §2.3), but what is in
# flight on the paths of signaling does not come near 64 MiB, while a flipped high bit lands far beyond it.
PLAUSIBLE: Final = 64 << 20


def first_position(sequence: int) -> int:
    """Return the position where a stream starts whose first sequence number this is."""
    return (sequence & MASK) + MASK + 1


def difference(sequence: int, position: int) -> int:
    """Return how far a sequence number is ahead of a position: -2^31 to 2^31 - 1, negative when it is behind."""
    return ((sequence - position + HALF) & MASK) - HALF


def unwrap(sequence: int, near: int) -> int:
    """Return the position nearest to `near` that a sequence number can mean."""
    return near + difference(sequence, near)
