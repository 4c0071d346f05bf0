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

Rows with data and rows without are columns of their own here, so that the one before is the neighbour. Those with data
come first: where no eight of them follow each other, nothing more is to be looked at.

Acknowledgments of a run differ from each other; that none is a copy of a packet seen before the run is looked up.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sigtrace.packets.packet import ACK, FIN, RST, SYN
from sigtrace.streams.acknowledgments import Acknowledgments, find_acknowledgments
from sigtrace.streams.by_flow import sort_by_flow
from sigtrace.streams.conversations import find_conversations
from sigtrace.streams.sequence import HALF, MASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sigtrace.packets.rows import Rows
    from sigtrace.streams.by_flow import ByFlow
    from sigtrace.streams.conversation import Conversation

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
        return int(self.ends.searchsorted(self.sent + length, side="right"))

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


def find_runs(
    rows: Rows, *, has_room: Callable[[int], bool] | None = None
) -> list[Run | Acknowledgments | Conversation]:
    """Find the runs among rows that are in order of time; bare acknowledgments are one when they are of no other.

    Args: has_room: find conversations besides, if this allows it for so many flows; None: do not.
    """
    if rows.size < LEAST_ROWS:
        return []
    flows = sort_by_flow(rows)
    sound = (rows.flags & _KIND == ACK) & (rows.held == rows.length)
    carrying, bare = (sound & (rows.length > 0))[flows.order], (sound & (rows.length == 0))[flows.order]
    runs: list[Run] = []
    alone = np.ones(rows.size, bool)
    starts, ends = _find_bounds(rows, flows, carrying, bare)
    if len(starts):
        of = Ordinary(rows, flows.order, carrying)
        counted = np.append(0, np.cumsum(carrying))  # rows with data before each
        first, last = counted[starts], counted[ends]
        bounds = (column.tolist() for column in (first, last, starts - first, ends - last))
        runs += [Run(of, *each) for each in zip(*bounds, strict=True)]
        alone = ~_between(starts, ends, rows.size)
        bare &= alone
    found = find_conversations(rows, flows, alone, has_room) if has_room is not None else []
    if found:
        left = np.ones(rows.size, bool)
        left[found[0].of.chosen] = False
        bare &= left[flows.order]
    return [*runs, *found, *find_acknowledgments(rows, flows, bare)]


def _between(starts: NDArray[np.int64], ends: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """Tell of each place whether it lies between a start and its end."""
    edges = np.zeros(size + 1, np.int64)
    edges[starts] += 1
    edges[ends] -= 1
    return np.cumsum(edges[:-1]) > 0


class _Part(NamedTuple):
    """The rows with data, or those without, by flow."""

    place: NDArray[np.int64]  # among all rows by flow
    flow: NDArray[np.int64]
    forward: NDArray[np.bool_]
    sequence: NDArray[np.int64]
    acknowledgment: NDArray[np.int64]
    interface: NDArray[np.int32]


def _part(rows: Rows, flows: ByFlow, place: NDArray[np.int64]) -> _Part:
    row = flows.order[place]
    return _Part(
        place,
        np.cumsum(flows.begins, dtype=np.int64)[place],
        flows.forward[place],
        rows.sequence[row],
        rows.acknowledgment[row],
        rows.interface[row],
    )


def _find_bounds(
    rows: Rows, flows: ByFlow, carrying: NDArray[np.bool_], bare: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where, among the rows by flow, runs start that are worth it, and where they end."""
    data = _part(rows, flows, np.flatnonzero(carrying))
    end = data.sequence + rows.length[flows.order[data.place]]
    follows = np.zeros(len(end), bool)
    follows[1:] = (end[:-1] & MASK == data.sequence[1:]) & _as_before(
        data.flow, data.forward, data.interface, data.acknowledgment
    )
    if not _worth(follows).any():
        return data.place[:0], data.place[:0]
    answers = _part(rows, flows, np.flatnonzero(bare))
    grows = _grow(answers, data, end, follows, rows.identity[flows.order[answers.place]])
    grown = np.append(0, np.cumsum(grows))[np.searchsorted(answers.place, data.place)]  # before each row with data
    follows[1:] &= np.diff(data.place) - 1 == np.diff(grown)  # and nothing else between
    starts = data.place[~follows]
    goes_on = np.zeros(rows.size, bool)
    goes_on[data.place], goes_on[answers.place] = follows, grows
    breaks = np.append(np.flatnonzero(~goes_on), rows.size)
    worth = _worth(follows)
    starts = starts[worth]
    return starts, breaks[np.searchsorted(breaks, starts, side="right")]


def _worth(follows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell of each row with data that does not follow whether those that follow it make a run with it."""
    return np.diff(np.flatnonzero(~follows), append=len(follows)) >= LEAST_ROWS


def _grow(
    answers: _Part,
    data: _Part,
    end: NDArray[np.int64],
    follows: NDArray[np.bool_],
    identity: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Tell of each acknowledgment whether it grows."""
    before = np.searchsorted(data.place, answers.place) - 1  # the data before it
    grows: NDArray[np.bool_] = (
        (before >= 0) & (data.flow[before] == answers.flow) & (data.forward[before] != answers.forward)
    )
    grows &= (end[before] - answers.acknowledgment) & MASK < HALF
    ahead = np.diff(answers.acknowledgment) & MASK
    more = (ahead < HALF) & ((ahead > 0) | (identity[1:] > identity[:-1]))
    more &= _as_before(answers.sequence, answers.interface)
    started = np.maximum.accumulate(np.where(follows, 0, data.place))[before[1:]]
    grows[1:] &= more | (answers.place[:-1] < started)
    return grows


def _as_before(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell of each row but the first whether it has in all columns what the one before it has."""
    alike: NDArray[np.bool_] = columns[0][1:] == columns[0][:-1]
    for column in columns[1:]:
        alike &= column[1:] == column[:-1]
    return alike
