"""Recognises packets that were captured twice: on both sides of a bridge, on several interfaces, on `any`.

A copy is told from a retransmission by what a sender changes when it sends again: the identity of the packet. Where no
identity tells (IPv6, and the zero that systems put into unfragmentable packets, RFC 6864 §4.1), time and interface do:
a sender waits at least a round trip, the same packet passes two points of one machine within microseconds.

What is remembered goes by *turns*, the places of segments among all there were: those of the generation that goes on,
and of the one before. So it does not depend on when a run of segments was taken, as one or one by one.
"""

from __future__ import annotations

from itertools import islice, repeat
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from sigtrace.streams.sequence import MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.packets.packet import Segment
    from sigtrace.packets.rows import Column, Rows

# Two generations of this many segments are remembered, over all flows: some 5 MiB at most, and well over 50 ms at
# 100 000 segments a second. Copies follow within milliseconds.
GENERATION: Final = 8192
OTHER_INTERFACE_NS: Final = 150_000_000  # under the 200 ms that are the shortest retransmission timeout in use
SAME_INTERFACE_NS: Final = 1_000_000  # under any retransmission, over the way through a bridge

_NO_BOUNDS: Final = (MASK, 0)

_Key: TypeAlias = tuple[bytes, int, int, int, int, int, int]
_First: TypeAlias = tuple[int, int, int]  # time and interface of the first, and its turn


class SeenRun(NamedTuple):
    """Rows that were taken together, no two of them alike."""

    rows: Rows
    places: NDArray[np.int64]
    turn: int  # of row 0
    low: int = 0  # none acknowledges less
    high: int = MASK  # none acknowledges more

    @classmethod
    def growing(cls, rows: Rows, places: NDArray[np.int64], turn: int) -> SeenRun:
        """Return rows of one direction that acknowledge more and more, or the same, and do not go around."""
        first, last = rows.acknowledgment.item(places[0]), rows.acknowledgment.item(places[-1])
        return cls(rows, places, turn, first, last) if first <= last else cls(rows, places, turn)  # numbers wrapped

    def join(self, other: SeenRun) -> SeenRun:
        """Return these and other rows of the same batch, and of the same direction, as one."""
        places = np.concatenate([self.places, other.places])
        return self._replace(places=places, low=min(self.low, other.low), high=max(self.high, other.high))

    @property
    def numbers(self) -> Column:
        """What is acknowledged, of each row."""
        return self.rows.acknowledgment[self.places]

    def acknowledges_any(self, numbers: Column) -> bool:
        """Tell whether a row acknowledges one of these numbers."""
        return bool(np.isin(self.numbers, numbers).any())

    def from_source(self, endpoints: bytes) -> SeenRun:
        """Return those of these endpoints, of rows that are of both directions."""
        source, destination = self.rows.source, self.rows.destination
        chosen = [at for at in self.places.tolist() if source[at].item() + destination[at].item() == endpoints]
        return self._replace(places=np.array(chosen, np.int64))

    def find(self, key: _Key, since: int) -> _First | None:
        """Return the row with a key, unless its turn was before another."""
        places = self.places
        _, *fields = key
        for column, value in zip(_fields(self.rows), fields, strict=True):
            places = places[column[places] == value]
            if not len(places):
                return None
        place = int(places[-1])
        turn = self.turn + place
        return (int(self.rows.at_ns[place]), int(self.rows.interface[place]), turn) if turn >= since else None


def _fields(rows: Rows) -> tuple[Column, ...]:
    """Return the columns of what a copy has in common with its original, beside endpoints."""
    return (rows.sequence, rows.acknowledgment, rows.flags, rows.window, rows.length, rows.identity)


class _Generation:
    """What is asked of the segments of a generation together, by endpoints.

    Only who takes many segments at once asks, so nothing is done for it when one is remembered: what came since is
    caught up on.
    """

    __slots__ = ("_bounds", "_caught_up", "conversations", "segments")

    def __init__(self, segments: dict[_Key, _First]) -> None:
        self.segments = segments  # it grows
        self._caught_up = 0
        self._bounds: dict[bytes, tuple[int, int]] = {}  # the numbers between which those without data acknowledge
        self.conversations: dict[bytes, SeenRun] = {}  # of both directions

    def knows(self, there: bytes, back: bytes) -> bool:
        """Tell whether there is anything between two ends."""
        self._catch_up()
        return there in self.conversations or there in self._bounds or back in self._bounds

    def reaches(self, endpoints: bytes, low: int, high: int) -> bool:
        """Tell whether one of these endpoints may acknowledge a number from one to another."""
        self._catch_up()
        lowest, highest = self._bounds.get(endpoints, _NO_BOUNDS)
        return low <= highest and lowest <= high

    def _catch_up(self) -> None:
        size, bounds = len(self.segments), self._bounds
        for ends, _, number, _, _, length, _ in islice(reversed(self.segments), size - self._caught_up):
            lowest, highest = bounds.get(ends, _NO_BOUNDS)
            bounds[ends] = (lowest, highest) if length else (min(lowest, number), max(highest, number))
        self._caught_up = size


class Copies:
    """The segments seen lately, by what a copy has in common with its original."""

    __slots__ = ("_conversed", "_generations", "_older", "_runs", "recent", "turning")

    def __init__(self) -> None:
        # endpoints, sequence, acknowledgment, flags, window, length, identity → the first
        self.recent: dict[_Key, _First] = {}
        self._older: dict[_Key, _First] = {}
        self._generations = _Generation(self.recent), _Generation(self._older)
        self._conversed = False  # whether there is any conversation
        self._runs: dict[bytes, list[SeenRun]] = {}  # by endpoints
        self.turning = GENERATION  # the turn at which the next generation begins

    def rotate(self, turn: int) -> None:
        """Let the older generation go, or both, at the turn with which a new one begins or after it."""
        before, _ = self._generations
        if turn >= self.turning + GENERATION:
            before = _Generation({})
        self._older, self.recent = before.segments, {}
        self._generations = _Generation(self.recent), before
        self._conversed = bool(before.conversations)
        self.turning = turn - turn % GENERATION + GENERATION
        since = self._since
        runs = {
            ends: [run for run in runs if run.turn + int(run.places[-1]) >= since] for ends, runs in self._runs.items()
        }
        self._runs = {ends: kept for ends, kept in runs.items() if kept}

    @property
    def _since(self) -> int:
        """The first turn that is remembered."""
        return self.turning - 2 * GENERATION

    def add_run(self, endpoints: bytes, run: SeenRun) -> None:
        """Remember rows none of which is a copy."""
        if not len(run.places):
            return
        runs = self._runs.setdefault(endpoints, [])
        if runs and runs[-1].rows is run.rows:  # those of a batch as one: then few are to be looked through for a copy
            runs[-1] = runs[-1].join(run)
        else:
            runs.append(run)

    def all_new(self, endpoints: bytes, run: SeenRun) -> bool:
        """Tell whether none of some rows can be a copy of what was seen lately."""
        for other in self._runs.get(endpoints, ()):
            if run.low <= other.high and other.low <= run.high and other.acknowledges_any(run.numbers):
                return False
        if any(endpoints in each.conversations for each in self._generations):
            return False
        if not any(each.reaches(endpoints, run.low, run.high) for each in self._generations):
            return True
        fields = (column[run.places].tolist() for column in _fields(run.rows))
        keys = [*zip(repeat(endpoints), *fields, strict=False)]
        return self.recent.keys().isdisjoint(keys) and self._older.keys().isdisjoint(keys)

    def knows(self, there: bytes, back: bytes) -> bool:
        """Tell whether anything was seen lately between two ends, one way or the other."""
        recent, older = self._generations
        return recent.knows(there, back) or older.knows(there, back) or there in self._runs or back in self._runs

    def add_conversation(self, there: bytes, back: bytes, rows: SeenRun) -> None:
        """Remember rows of both directions between endpoints of which nothing is known, none of them a copy."""
        conversations = self._generations[0].conversations
        conversations[there] = conversations[back] = rows
        self._conversed = True

    def seen(self, endpoints: bytes, segment: Segment, turn: int) -> bool:
        """Tell whether a segment is a copy of one seen lately; if it is not, remember it."""
        _, at_ns, interface, _, _, sequence, acknowledgment, flags, window, _, length, identity = segment
        key = (endpoints, sequence, acknowledgment, flags, window, length, identity)
        first = self.recent.get(key) or self._older.get(key)
        if first is None and self._conversed:
            first = self._in_conversation(key)
        if endpoints in self._runs:
            first = self._newest(endpoints, key, first)
        if first is not None and (identity > 0 or _without_identity(first, at_ns, interface, length, flags)):
            return True
        self.recent[key] = (at_ns, interface, turn)
        return False

    def _in_conversation(self, key: _Key) -> _First | None:
        """Return the row of a conversation with a key: it is older than all that came one by one between its ends."""
        for generation in self._generations:
            rows = generation.conversations.get(key[0])
            if rows is not None:
                return rows.from_source(key[0]).find(key, 0)
        return None

    def _newest(self, endpoints: bytes, key: _Key, first: _First | None) -> _First | None:
        number = key[2]
        for run in reversed(self._runs[endpoints]):
            found = run.find(key, self._since) if run.low <= number <= run.high else None
            if found is not None:
                return found if first is None or found[2] > first[2] else first
        return first


def _without_identity(first: _First, at_ns: int, interface: int, length: int, flags: int) -> bool:
    apart = abs(at_ns - first[0])
    if interface != first[1]:
        return apart < OTHER_INTERFACE_NS
    # Duplicate acknowledgments (RFC 5681 §2) are equal in all we see and follow each other at once: never copies.
    return apart < SAME_INTERFACE_NS and (length > 0 or flags & 0x07 != 0)
