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

_Key: TypeAlias = tuple[bytes, int, int, int, int, int, int]
_First: TypeAlias = tuple[int, int, int]  # time and interface of the first, and its turn


class SeenRun(NamedTuple):
    """Rows of one direction, no two of them alike and none acknowledging less than another before it."""

    rows: Rows
    places: NDArray[np.int64]
    turn: int  # of row 0

    @property
    def acknowledged(self) -> tuple[int, int]:
        """The lowest and the highest number that may be acknowledged."""
        numbers = self.rows.acknowledgment
        first, last = int(numbers[self.places[0]]), int(numbers[self.places[-1]])
        return (first, last) if first <= last else (0, MASK)  # numbers wrapped

    @property
    def numbers(self) -> Column:
        """What is acknowledged, of each row."""
        return self.rows.acknowledgment[self.places]

    def acknowledges_any(self, numbers: Column) -> bool:
        """Tell whether a row acknowledges one of these numbers."""
        return bool(np.isin(self.numbers, numbers).any())

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


class _Acknowledged:
    """Between which numbers the bare acknowledgments of a generation are, by endpoints.

    Only who takes runs asks, so nothing is done for it when a segment is remembered: what came since is caught up on.
    """

    __slots__ = ("_bounds", "_looked_through", "segments")

    def __init__(self, segments: dict[_Key, _First]) -> None:
        self.segments = segments  # it grows
        self._looked_through = 0
        self._bounds: dict[bytes, tuple[int, int]] = {}

    def reaches(self, endpoints: bytes, low: int, high: int) -> bool:
        """Tell whether one of these endpoints may acknowledge a number from one to another."""
        size = len(self.segments)
        for ends, _, number, _, _, length, _ in islice(reversed(self.segments), size - self._looked_through):
            if not length:
                lowest, highest = self._bounds.get(ends, (number, number))
                self._bounds[ends] = min(lowest, number), max(highest, number)
        self._looked_through = size
        lowest, highest = self._bounds.get(endpoints, (MASK, 0))
        return low <= highest and lowest <= high


class Copies:
    """The segments seen lately, by what a copy has in common with its original."""

    __slots__ = ("_acknowledged", "_older", "_runs", "recent", "turning")

    def __init__(self) -> None:
        # endpoints, sequence, acknowledgment, flags, window, length, identity → the first
        self.recent: dict[_Key, _First] = {}
        self._older: dict[_Key, _First] = {}
        self._acknowledged = _Acknowledged(self.recent), _Acknowledged(self._older)
        self._runs: dict[bytes, list[SeenRun]] = {}  # by endpoints
        self.turning = GENERATION  # the turn at which the next generation begins

    def rotate(self, turn: int) -> None:
        """Let the older generation go, or both, at the turn with which a new one begins or after it."""
        before, _ = self._acknowledged
        if turn >= self.turning + GENERATION:
            before = _Acknowledged({})
        self._older, self.recent = before.segments, {}
        self._acknowledged = _Acknowledged(self.recent), before
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
            runs[-1] = run._replace(places=np.concatenate([runs[-1].places, run.places]))
        else:
            runs.append(run)

    def all_new(self, endpoints: bytes, run: SeenRun) -> bool:
        """Tell whether none of some rows can be a copy of what was seen lately."""
        low, high = run.acknowledged
        for other in self._runs.get(endpoints, ()):
            other_low, other_high = other.acknowledged
            if low <= other_high and other_low <= high and other.acknowledges_any(run.numbers):
                return False
        if not any(each.reaches(endpoints, low, high) for each in self._acknowledged):
            return True
        fields = (column[run.places].tolist() for column in _fields(run.rows))
        keys = [*zip(repeat(endpoints), *fields, strict=False)]
        return self.recent.keys().isdisjoint(keys) and self._older.keys().isdisjoint(keys)

    def seen(self, endpoints: bytes, segment: Segment, turn: int) -> bool:
        """Tell whether a segment is a copy of one seen lately; if it is not, remember it."""
        _, at_ns, interface, _, _, sequence, acknowledgment, flags, window, _, length, identity = segment
        key = (endpoints, sequence, acknowledgment, flags, window, length, identity)
        first = self.recent.get(key) or self._older.get(key)
        if endpoints in self._runs:
            first = self._newest(endpoints, key, first)
        if first is not None and (identity > 0 or _without_identity(first, at_ns, interface, length, flags)):
            return True
        self.recent[key] = (at_ns, interface, turn)
        return False

    def _newest(self, endpoints: bytes, key: _Key, first: _First | None) -> _First | None:
        for run in reversed(self._runs[endpoints]):
            found = run.find(key, self._since)
            if found is not None:
                return found if first is None or found[2] > first[2] else first
        return first


def _without_identity(first: _First, at_ns: int, interface: int, length: int, flags: int) -> bool:
    apart = abs(at_ns - first[0])
    if interface != first[1]:
        return apart < OTHER_INTERFACE_NS
    # Duplicate acknowledgments (RFC 5681 §2) are equal in all we see and follow each other at once: never copies.
    return apart < SAME_INTERFACE_NS and (length > 0 or flags & 0x07 != 0)
