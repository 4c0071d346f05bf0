"""Media directions, of whole sections and of header extensions (RFC 8866 §6.7)."""

from __future__ import annotations

from enum import Enum


class Direction(Enum):
    """Who sends media, seen from the one who wrote the description."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """True when the writer of the description may send."""
        return self in {Direction.SENDRECV, Direction.SENDONLY}

    @property
    def receives(self) -> bool:
        """True when the writer of the description is ready to receive."""
        return self in {Direction.SENDRECV, Direction.RECVONLY}


DIRECTIONS = {direction.value: direction for direction in Direction}


def direction_of(*, sends: bool, receives: bool) -> Direction:
    """Return the direction of a party that sends, receives, both or neither."""
    if sends:
        return Direction.SENDRECV if receives else Direction.SENDONLY
    return Direction.RECVONLY if receives else Direction.INACTIVE
