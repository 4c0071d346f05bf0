"""Calls spread over a capture: when each of their frames is on the wire."""

from __future__ import annotations

from bisect import bisect_left
from heapq import heapify, heappop, heappush
from itertools import chain, count
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING

from .peerconnection import DENSE, USUAL, call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .connection import Burst

TimedFrame = tuple[int, bytes]  # nanoseconds from the start of the capture, link frame

PAUSE_NS = 60_000_000  # at most, from one burst of a call to the next
GOODBYE = 3  # bursts that end a call
CONCURRENT_CALLS = 8  # of a dense capture
DENSE_PAUSE_NS = 8_000_000


class Signaling:
    """The frames of some calls, one after another, from a capture's beginning to its end."""

    def __init__(self, calls: int, duration_ns: int, seed: int) -> None:
        random = Random(seed)  # noqa: S311 - no secret
        share = duration_ns // max(calls, 1)
        self.frames = sorted(
            (frame for index in range(calls) for frame in _one_call(index, index * share, share, random)),
            key=itemgetter(0),
        )
        self._times = [at_ns for at_ns, _ in self.frames]

    def between(self, begin_ns: int, end_ns: int) -> list[TimedFrame]:
        """Return the frames of some time, the end not included."""
        return self.frames[bisect_left(self._times, begin_ns) : bisect_left(self._times, end_ns)]


def _one_call(index: int, begin_ns: int, duration_ns: int, random: Random) -> Iterator[TimedFrame]:
    """Yield the frames of a call: its peers connect at the beginning, and leave at the end."""
    bursts = list(call(index, course=USUAL))
    pause = min(PAUSE_NS, duration_ns // (len(bursts) + 1))
    at_ns = begin_ns
    for number, burst in enumerate(bursts):
        if number == len(bursts) - GOODBYE:
            at_ns = begin_ns + duration_ns - (GOODBYE + 1) * pause
        yield from _placed(burst, at_ns)
        at_ns += pause // 2 + random.randrange(pause // 2 + 1)


def _placed(burst: Burst, at_ns: int) -> Iterator[TimedFrame]:
    return ((at_ns + late * 1000, frame) for late, frame in burst)


def dense(calls: int, seed: int) -> Iterator[TimedFrame]:
    """Yield the frames of calls of which eight always go on at once.

    A burst is made when its time has come, so that the server numbers its peers in the order in which they sign in.
    """
    random = Random(seed)  # noqa: S311 - no secret
    numbers = count(1)
    lanes = [
        chain.from_iterable(
            call(index, course=DENSE, numbers=numbers) for index in range(lane, calls, CONCURRENT_CALLS)
        )
        for lane in range(CONCURRENT_CALLS)
    ]
    turns = [(random.randrange(DENSE_PAUSE_NS), lane) for lane in range(CONCURRENT_CALLS)]
    heapify(turns)
    coming: list[TimedFrame] = []  # a heap
    while turns:
        at_ns, lane = heappop(turns)
        while coming and coming[0][0] <= at_ns:
            yield heappop(coming)
        burst = next(lanes[lane], None)
        if burst is not None:
            for frame in _placed(burst, at_ns):
                heappush(coming, frame)
            pause = DENSE_PAUSE_NS // 4 + random.randrange(DENSE_PAUSE_NS)
            heappush(turns, (at_ns + burst[-1][0] * 1000 + pause, lane))
    while coming:
        yield heappop(coming)
