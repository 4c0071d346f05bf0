"""Runs: rows of one connection that only go on, found by vector operations, so that bulk data needs no object a packet.

Theory of operation
-------------------
A download is thousands of segments of one direction that follow each other, between acknowledgments of the other. Of
none there is anything to learn but its bytes: each is what `Reassembler.feed` calls the ordinary segment. What makes it
one is mostly a matter of the row before, and that can be seen of all rows of a batch at once. Rows are put together by
flow, in order of time, and each is looked at beside

- the data row before: data *follows* when it is of the same direction, begins where that ended, comes from the same
  interface and acknowledges the same;
- the acknowledgment before, if the run has one: another *grows* when it stands at the same place, comes from the same
  interface, tells more than that one or has a later identity, and tells no more than what the data rows brought.

A run begins with a data row, and ends before the first row of its flow that neither follows nor grows. Its first data
row and first acknowledgment are compared with what the streams know (`Reassembler.take`), and by induction every row of
it is ordinary. All else is for the plain way, which is the authority; so it does not matter what is missed here.

Because every acknowledgment of a run tells more than all before, none of them is a copy of a packet seen before.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sigtrace.packets.packet import ACK, FIN, RST, SYN
from sigtrace.streams.acknowledgments import Acknowledgments, find_acknowledgments
from sigtrace.streams.by_flow import MAX_ROWS, sort_by_flow
from sigtrace.streams.sequence import HALF, MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.packets.rows import Rows
    from sigtrace.streams.by_flow import ByFlow

LEAST_ROWS: Final = 8
"""Rows with data that make a run worth its trouble, which is that of some ten objects."""

_KIND: Final = ACK | SYN | FIN | RST


class Ordinary:
    """The rows of a batch that runs are made of, by flow: those with data, and those without."""

    def __init__(self, rows: Rows, order: NDArray[np.int64], carrying: NDArray[np.bool_]) -> None:
        self.rows = rows
        self.data = order[carrying]
        self.bare = order[~carrying]
        self.bare_before = np.flatnonzero(carrying) - np.arange(len(self.data))  # of each row with data, those without
        self.sent = np.append(0, np.cumsum(rows.length[self.data]))  # bytes before each row with data

    @cached_property
    def spans(self) -> tuple[list[int], list[int]]:
        """Where the payload of each row with data starts and ends in the buffer."""
        start = self.rows.start[self.data]
        return start.tolist(), (start + self.rows.length[self.data]).tolist()


class Run(NamedTuple):
    """Rows of one connection of which nothing is to be learnt but the bytes of one direction."""

    of: Ordinary
    first: int  # of those with data
    last: int  # behind those
    bare_first: int  # of those without
    bare_last: int
    tries: int = 0  # rows before it that were tried in vain

    @property
    def data(self) -> NDArray[np.int64]:
        """The rows with data."""
        return self.of.data[self.first : self.last]

    @property
    def bare(self) -> NDArray[np.int64]:
        """The rows without data, of the other direction."""
        return self.of.bare[self.bare_first : self.bare_last]

    @property
    def parts(self) -> tuple[NDArray[np.int64], ...]:
        """The rows of each direction."""
        return self.data, self.bare

    @property
    def rows(self) -> NDArray[np.int64]:
        """All of them, in order."""
        return np.sort(np.concatenate(self.parts))

    @property
    def size(self) -> int:
        """Number of rows with data."""
        return self.last - self.first

    @property
    def place(self) -> int:
        """The first row, which has data."""
        return int(self.of.data[self.first])

    @property
    def last_place(self) -> int:
        """The last row with data."""
        return int(self.of.data[self.last - 1])

    @property
    def last_ns(self) -> int:
        """Time of the last row, with data or without."""
        last = self.last_place
        if self.bare_first < self.bare_last:
            last = max(last, int(self.of.bare[self.bare_last - 1]))
        return int(self.of.rows.at_ns[last])

    @property
    def endpoints(self) -> bytes:
        """Packed source and destination of what has data."""
        place, rows = self.place, self.of.rows
        endpoints: bytes = rows.source[place].item() + rows.destination[place].item()
        return endpoints

    @property
    def ends(self) -> NDArray[np.int64]:
        """Bytes up to the end of each row with data, since `sent`."""
        return self.of.sent[self.first + 1 : self.last + 1]

    @property
    def sent(self) -> int:
        """Bytes before the run, by the same count as `ends`."""
        return int(self.of.sent[self.first])

    def within(self, length: int) -> int:
        """Return how many rows with data lie within so many bytes."""
        return int(np.searchsorted(self.ends, self.sent + length, side="right"))

    def join(self) -> bytes:
        """Return the bytes of all rows with data."""
        starts, ends = self.of.spans
        part, buffer = slice(self.first, self.last), self.of.rows.buffer.data
        return b"".join([buffer[start:end] for start, end in zip(starts[part], ends[part], strict=True)])

    def divide(self, size: int) -> tuple[Run, Run]:
        """Return the run up to before the data row of this number, and the run from there on."""
        middle = self.first + size
        bare = int(self.of.bare_before[middle])
        behind = self._replace(first=middle, bare_first=bare)
        return self._replace(last=middle, bare_last=bare), behind


def find_runs(rows: Rows) -> list[Run | Acknowledgments]:
    """Find the runs among rows that are in order of time; bare acknowledgments are one when they are of no other."""
    if not LEAST_ROWS <= rows.size <= MAX_ROWS:
        return []
    flows = sort_by_flow(rows)
    carrying, bare, follows, answers = _look_back(rows, flows)
    starts = np.flatnonzero(carrying & ~follows)
    breaks = np.flatnonzero(~(follows | answers))
    ends = np.append(breaks, rows.size)[np.searchsorted(breaks, starts, side="right")]
    counted = np.append(0, np.cumsum(carrying))  # rows with data before each
    first, last = counted[starts], counted[ends]
    worth = np.flatnonzero(last - first >= LEAST_ROWS)
    runs: list[Run | Acknowledgments] = []
    if len(worth):
        of = Ordinary(rows, flows.order, carrying)
        bounds = (column[worth].tolist() for column in (first, last, starts - first, ends - last))
        runs += [Run(of, *each) for each in zip(*bounds, strict=True)]
        bare &= ~_between(starts[worth], ends[worth], rows.size)
    return runs + find_acknowledgments(rows, flows, bare)


def _between(starts: NDArray[np.int64], ends: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """Tell of each place whether it lies between a start and its end."""
    edges = np.zeros(size + 1, np.int64)
    edges[starts] += 1
    edges[ends] -= 1
    return np.cumsum(edges[:-1]) > 0


def _look_back(rows: Rows, flows: ByFlow) -> tuple[NDArray[np.bool_], ...]:
    """Tell of each row, by flow: whether it has data, or none; whether data follows, and whether none grows."""
    order, forward = flows.order, flows.forward
    sequence, acknowledgment = rows.sequence[order], rows.acknowledgment[order]
    length, interface, identity = rows.length[order], rows.interface[order], rows.identity[order]
    sound = (rows.flags[order] & _KIND == ACK) & (rows.held[order] == length)
    carrying, bare = sound & (length > 0), sound & (length == 0)
    place = np.arange(rows.size)
    begin = np.maximum.accumulate(np.where(flows.begins, place, 0))
    before, bare_before = _before(carrying, place), _before(bare, place)
    behind = before >= begin  # there is data before it
    same_way = forward[before] == forward
    end = sequence[before] + length[before]
    follows = carrying & behind & same_way & (end & MASK == sequence)
    follows &= (interface[before] == interface) & (acknowledgment[before] == acknowledgment)
    grows = bare & behind & ~same_way & ((end - acknowledgment) & MASK < HALF)
    ahead = (acknowledgment - acknowledgment[bare_before]) & MASK
    more = (ahead < HALF) & ((ahead > 0) | (identity > identity[bare_before]))
    more &= (sequence[bare_before] == sequence) & (interface[bare_before] == interface)
    started = np.maximum.accumulate(np.where(carrying & ~follows, place, 0))
    grows &= (bare_before < started) | more
    disturbed = np.cumsum(~(carrying | grows))
    follows &= disturbed[before] == disturbed
    return carrying, bare, follows, grows


def _before(those: NDArray[np.bool_], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return of each row the last one of those before it; -1 before the first."""
    last = np.maximum.accumulate(np.where(those, place, -1))
    return np.append(-1, last[:-1])
