"""Runs of bare acknowledgments: rows without data, of one direction, of which each tells more than those before it.

Theory of operation
-------------------
Where one direction of a connection was captured alone, and that without data, as by a mirror port that sees half of a
download, nothing ever comes out of it; so it is never left out, and each packet of it is looked at. All that one of
them can change is how far the other direction is known to have come. Of many the first and the furthest tell that.

Rows are such a run when they are of one direction, follow each other in their flow with nothing between, come from the
same interface, stand at the same place, and each tells more than the one before or has a later identity; and when all
of them together do not go around. The first is compared with what the streams know, and all with what was seen lately
(`taking.listens`); by induction none finds its streams in a state in which it could do more than the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sigtrace.streams.sequence import HALF, MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.packets.rows import Rows
    from sigtrace.streams.by_flow import ByFlow

LEAST_ACKNOWLEDGMENTS: Final = 32
"""Rows that make a run worth its trouble: that of some twenty objects, with looking for copies among them."""


class Acknowledgments(NamedTuple):
    """Rows without data, of one direction of a connection, of which nothing is to be learnt but what they tell."""

    of: Rows
    rows: NDArray[np.int64]  # in order
    numbers: NDArray[np.int64]  # what is acknowledged, of each
    tries: int = 0  # rows before it that were tried in vain

    @property
    def parts(self) -> tuple[NDArray[np.int64], ...]:
        """The rows of each direction: of one."""
        return (self.rows,)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def place(self) -> int:
        """The first row."""
        return int(self.rows[0])

    @property
    def last_ns(self) -> int:
        """Time of the last row."""
        return int(self.of.at_ns[self.rows[-1]])

    @property
    def endpoints(self) -> bytes:
        """Packed source and destination."""
        endpoints: bytes = self.of.source[self.place].item() + self.of.destination[self.place].item()
        return endpoints

    def divide(self, size: int) -> tuple[Acknowledgments, Acknowledgments]:
        """Return the run up to before the row of this number, and the run from there on."""
        first = self._replace(rows=self.rows[:size], numbers=self.numbers[:size])
        return first, self._replace(rows=self.rows[size:], numbers=self.numbers[size:])


def find_acknowledgments(rows: Rows, flows: ByFlow, bare: NDArray[np.bool_]) -> list[Acknowledgments]:
    """Find the runs of bare acknowledgments.

    Args:
        rows: in order of time.
        flows: the same by flow.
        bare: of each, by flow, whether it is a sound acknowledgment without data, and of no other run.
    """
    later = 1 + np.flatnonzero(bare[1:] & bare[:-1] & ~flows.begins[1:])
    if len(later) < LEAST_ACKNOWLEDGMENTS - 1:
        return []
    row, before = flows.order[later], flows.order[later - 1]
    ahead = (rows.acknowledgment[row] - rows.acknowledgment[before]) & MASK
    goes_on = (ahead < HALF) & ((ahead > 0) | (rows.identity[row] > rows.identity[before]))
    goes_on &= flows.forward[later] == flows.forward[later - 1]
    for column in (rows.sequence, rows.interface):
        goes_on &= column[row] == column[before]
    later, ahead = later[goes_on], ahead[goes_on]
    first = np.flatnonzero(np.diff(later, prepend=-1) > 1)  # where a run has its second row
    size = np.diff(first, append=len(later)) + 1
    counted = np.append(0, np.cumsum(ahead))
    worth = (size >= LEAST_ACKNOWLEDGMENTS) & (counted[first + size - 1] - counted[first] < HALF)
    bounds = zip((later[first[worth]] - 1).tolist(), size[worth].tolist(), strict=True)
    runs = [flows.order[start : start + count] for start, count in bounds]
    return [Acknowledgments(rows, run, rows.acknowledgment[run]) for run in runs]
