"""TCP flows that are of no further interest: remembered so that their packets cost next to nothing.

A flow is remembered by both its *directions*: two addresses and two ports, as they stand in the headers of a packet
without options. So the directions of many packets are one column, and a table tells of nearly all at once whether they
were dropped (`direction_table.py`); of the rest, and of those that are no column, a set tells it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.packets.direction_table import DirectionTable
from sigtrace.packets.packet import SYN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sigtrace.packets.windows import Headers

MAX_DROPPED = 65536  # flows; one forgotten is looked at and dropped again, which costs time, not truth
_PORT = 2  # bytes at the end of a packed endpoint


def direction_of(source: bytes, destination: bytes) -> bytes:
    """Return one direction of a flow between packed endpoints."""
    return source[:-_PORT] + destination[:-_PORT] + source[-_PORT:] + destination[-_PORT:]


class DroppedFlows:
    """A set of flows by both their directions, oldest forgotten first."""

    def __init__(self) -> None:
        self._directions: dict[bytes, bytes] = {}  # one direction → the other; in pairs
        self._tables: dict[int, DirectionTable] = {}  # by length of a direction; made when one is asked

    def __bool__(self) -> bool:
        return bool(self._directions)

    def add(self, source: bytes, destination: bytes) -> None:
        """Drop a flow, both directions."""
        there, back = direction_of(source, destination), direction_of(destination, source)
        self._directions[there] = back
        self._directions[back] = there
        table = self._tables.get(len(there))
        if table is not None:
            table.add(there)
            table.add(back)
        if len(self._directions) > 2 * MAX_DROPPED:
            self._forget_oldest()

    def among(self, directions: Sequence[bytes]) -> NDArray[np.bool_]:
        """Tell of each direction whether it belongs to a dropped flow."""
        return np.fromiter(map(self._directions.__contains__, directions), np.bool_, len(directions))

    def among_columns(self, directions: Headers) -> NDArray[np.bool_]:
        """Tell the same of directions in an opaque column."""
        length = directions.itemsize
        table = self._tables.get(length)
        if table is None or table.is_full:
            known = [direction for direction in self._directions if len(direction) == length]
            table = self._tables[length] = DirectionTable(known, length)
        dropped, unsure = table.look_up(directions)
        if len(unsure):
            dropped[unsure] = self.among(directions[unsure].tolist())
        return dropped

    def admit(self, direction: bytes, flags: int) -> bool:
        """Tell whether a segment is of interest; a SYN is always, and makes its flow so again."""
        if direction not in self._directions:
            return True
        if flags & SYN:
            self._forget(direction)
            return True
        return False

    def _forget_oldest(self) -> None:
        """Forget a tenth of the flows at once: to look for the first key of a dict again and again is quadratic."""
        self._tables.clear()
        for direction in list(islice(self._directions, max(1, MAX_DROPPED // 5))):
            if direction in self._directions:  # not gone with its other direction
                self._forget(direction)

    def _forget(self, direction: bytes) -> None:
        back = self._directions.pop(direction)
        self._directions.pop(back, None)
        table = self._tables.get(len(direction))
        if table is not None:
            table.take_out(direction)
            table.take_out(back)
