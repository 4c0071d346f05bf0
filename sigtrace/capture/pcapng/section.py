"""One pcapng section while it is read: its byte order, and what its interfaces mean for each packet."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Interface
from sigtrace.capture.timestamps import Resolution, to_nanoseconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.pcapng.blocks import InterfaceFacts

# The interfaces of one capture, in all its sections. Enhanced packets count them in 32 bits, but 16 were enough for the
# obsolete ones, and twice that is more than any system has; each costs a few hundred bytes.
MAX_INTERFACES = 2**17
ETHERNET = 1  # LINKTYPE_ETHERNET


class Section:
    """The interfaces of one section. A packet names one by *number*; each number leads to a *row* of what is known.

    Numbers and rows are the same until packets name an interface that was not described: all such numbers share one
    stand-in row, and the rows of interfaces described later come behind it.
    """

    def __init__(self, *, big_endian: bool, first_interface: int) -> None:
        self.big_endian = big_endian
        self.first_interface = first_interface  # `Interface.index` of row 0
        self.described = 0  # numbers below this one were described
        self.rows = 0
        self.stand_in: int | None = None
        # Arrays that grow in place: interfaces and packets may come by turns.
        self._row_of = array("q")
        self._link_type = array("i")
        self._snap_length = array("q")
        self._kind = array("q")  # which of `_resolutions`
        self._resolutions: list[Resolution] = []
        self._kind_of: dict[Resolution, int] = {}

    def describe(self, facts: InterfaceFacts) -> Interface:
        """Add the next interface that the section describes, and return what to announce."""
        self._row_of.append(self.rows)
        self.described += 1
        return self._add(facts.name, facts.link_type, facts.snap_length, facts.resolution)

    def describe_stand_in(self) -> Interface:
        """Add the row for undescribed interfaces, alike to the section's first or else Ethernet, and return it."""
        link_type = self._link_type[0] if self.rows else ETHERNET
        resolution = self._resolutions[0] if self.rows else Resolution()
        self.stand_in = self.rows
        return self._add(None, link_type, 0, resolution)

    def _add(self, name: str | None, link_type: int, snap_length: int, resolution: Resolution) -> Interface:
        row, self.rows = self.rows, self.rows + 1
        self._link_type.append(link_type)
        self._snap_length.append(snap_length)
        if resolution not in self._kind_of:
            self._kind_of[resolution] = len(self._resolutions)
            self._resolutions.append(resolution)
        self._kind.append(self._kind_of[resolution])
        return Interface(index=self.first_interface + row, name=name, link_type=link_type, snap_length=snap_length)

    def row_of(self, number: int) -> int | None:
        """Return the row of an interface that was described."""
        return self._row_of[number] if number < self.described else None

    def rows_of(self, numbers: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return the row of each interface number, -1 for an undescribed one while there is no stand-in."""
        if self.stand_in is None and int(numbers.max(initial=0)) < self.described:
            return numbers.astype(np.int64)
        stand_in = -1 if self.stand_in is None else self.stand_in
        if not self.described:
            return np.full(len(numbers), stand_in, np.int64)
        known = numbers < self.described
        return np.where(known, np.frombuffer(self._row_of, np.int64)[np.where(known, numbers, 0)], stand_in)

    def link_types(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the link type of each row."""
        if self.rows == 1:
            return np.full(len(rows), self._link_type[0], np.int32)
        return np.frombuffer(self._link_type, np.int32)[rows]

    def snap_lengths(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the snap length of each row, 0 when unlimited."""
        return np.frombuffer(self._snap_length, np.int64)[rows]

    def to_nanoseconds(self, ticks: NDArray[np.uint64], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], bool]:
        """Convert each packet's ticks as its interface counts them; also return whether one had to be clamped."""
        if len(self._resolutions) == 1:
            return to_nanoseconds(ticks, self._resolutions[0])
        kinds = np.frombuffer(self._kind, np.int64)[rows]
        order = np.argsort(kinds, kind="stable")
        at_ns, clamped = np.empty(len(ticks), np.int64), False
        for group in np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1):
            resolution = self._resolutions[int(kinds[group[0]])]
            at_ns[group], group_clamped = to_nanoseconds(ticks[group], resolution)
            clamped |= group_clamped
        return at_ns, clamped
