"""What is to be done with the rows of a batch, in order of time: segments one by one, and runs at their first rows."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from sigtrace.streams.runs import LEAST_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sigtrace.packets.packet import Segment
    from sigtrace.packets.rows import Rows
    from sigtrace.streams.acknowledgments import Acknowledgments
    from sigtrace.streams.conversation import Conversation
    from sigtrace.streams.runs import Run

Rest: TypeAlias = "Run | Acknowledgments | Conversation"


class Later(NamedTuple):
    """What is to be done when the turn of a row has come that was taken before it."""

    place: int
    act: Callable[[], None]


class Agenda:
    """The segments and runs of a batch, in order of their first rows.

    Args:
        rows: in order of time.
        runs: among them.
    """

    def __init__(self, rows: Rows, runs: Sequence[Rest]) -> None:
        self._rows = rows
        self._due: list[tuple[int, Segment | Rest | Later]] = [(run.place, run) for run in runs]  # a heap
        heapify(self._due)
        alone = np.ones(rows.size, bool)
        for run in runs:
            for part in run.parts:
                alone[part] = False
        places = np.flatnonzero(alone)
        self._alone = zip(places.tolist(), rows.segments(places), strict=True)

    def __iter__(self) -> Iterator[tuple[int, Segment | Rest | Later]]:
        """Yield what comes next, and the place of its first row."""
        due = self._due
        for place, segment in self._alone:
            while due and due[0][0] < place:
                yield heappop(due)
            yield place, segment
        while due:
            yield heappop(due)

    def put_back(self, run: Rest | Later) -> None:
        """Do later what is left of a run, or what has to wait."""
        heappush(self._due, (run.place, run))

    def split(self, run: Rest) -> None:
        """Do the rows of a run one by one."""
        places = run.rows
        for place, segment in zip(places.tolist(), self._rows.segments(places), strict=True):
            heappush(self._due, (place, segment))

    def split_first(self, run: Run | Acknowledgments) -> None:
        """Do the first rows of a run one by one, then what is left; more each time, and all when few are left."""
        size = 2 * run.tries + 1
        if size + LEAST_ROWS > run.size:
            self.split(run)
            return
        first, behind = run.divide(size)
        self.split(first)
        self.put_back(behind._replace(tries=size))
