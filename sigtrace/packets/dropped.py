"""TCP flows that are of no further interest: remembered so that their packets cost next to nothing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sigtrace.packets.packet import SYN

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DROPPED = 65536  # flows; one forgotten is looked at and dropped again, which costs time, not truth


class DroppedFlows:
    """A set of flows by both their directions, oldest forgotten first."""

    def __init__(self) -> None:
        self._directions: dict[bytes, bytes] = {}  # one direction's packed endpoints → the other's; in pairs

    def __bool__(self) -> bool:
        return bool(self._directions)

    def add(self, source: bytes, destination: bytes) -> None:
        """Drop a flow, both directions."""
        there, back = source + destination, destination + source
        self._directions[there] = back
        self._directions[back] = there
        if len(self._directions) > 2 * MAX_DROPPED:
            self._forget_oldest()

    def admit(self, source: bytes, destination: bytes, flags: int) -> bool:
        """Tell whether a segment is of interest; a SYN is always, and makes its flow so again."""
        direction = source + destination
        if direction not in self._directions:
            return True
        if flags & SYN:
            self._forget(direction)
            return True
        return False

    def admit_all(self, segments: Iterable[tuple[bytes, bytes, int]]) -> list[bool]:
        """Tell it of each (source, destination, flags), in order."""
        return [self.admit(source, destination, flags) for source, destination, flags in segments]

    def _forget_oldest(self) -> None:
        """Forget a tenth of the flows at once: to look for the first key of a dict again and again is quadratic."""
        for direction in list(islice(self._directions, max(1, MAX_DROPPED // 5))):
            if direction in self._directions:  # not gone with its other direction
                self._forget(direction)

    def _forget(self, direction: bytes) -> None:
        back = self._directions.pop(direction)
        self._directions.pop(back, None)
