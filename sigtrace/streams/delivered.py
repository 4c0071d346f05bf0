"""The bytes delivered last, over all flows: what is sent again is compared with them.

Pieces are remembered in the order of their *turns*, the places of their segments among all there were. A run is taken
before its turns have come, when its first row is at turn; so what counts as delivered last is worked out when it is
asked for, and neither pieces whose turn is to come nor those that DELIVERED_KEPT others follow are looked at.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sigtrace.streams.waiting import contradict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sigtrace.streams.outlet import Outlet

# Delivered chunks kept to compare repeated bytes with: 16 MiB when all are as long as offloading makes them (64 KiB).
# What is repeated later than that is not compared.
DELIVERED_KEPT: Final = 256

_NO_TURNS: Final = np.zeros(0, np.int64)


class DeliveredRun(NamedTuple):
    """Pieces of one stream, one a turn, that follow each other."""

    stream: Outlet
    zero: int  # position at which `ends` would be 0
    ends: NDArray[np.int64]  # of each piece
    places: NDArray[np.int64]  # rows of a batch
    turn: int  # of row 0
    data: bytes

    def part(self, low: int, high: int) -> tuple[int, bytes]:
        """Return the position and the bytes of the pieces from one to before another."""
        begin = int(self.ends[-1]) - len(self.data)
        start = int(self.ends[low - 1]) if low else begin
        return self.zero + start, self.data[start - begin : int(self.ends[high - 1]) - begin]


class Delivered:
    """The last DELIVERED_KEPT pieces."""

    __slots__ = ("_over", "_runs", "pieces")

    def __init__(self) -> None:
        self.pieces: deque[tuple[int, Outlet, int, bytes]] = deque(maxlen=DELIVERED_KEPT)  # turn, stream, start, bytes
        self._runs: list[DeliveredRun] = []
        self._over: list[NDArray[np.int64]] = []  # turns

    def add_run(self, run: DeliveredRun) -> None:
        """Remember the pieces of a run."""
        self._runs.append(run)

    def add_over(self, turns: NDArray[np.int64]) -> None:
        """Remember that there are pieces of streams that are over: nothing is compared with them, but they count."""
        self._over.append(turns)

    def tidy(self, turn: int) -> None:
        """Let go what is not needed now that all turns have come of the batch that began at a turn.

        Of pieces that only count the last ones, if others are older; and runs from before the batch, if enough pieces
        of it follow them.
        """
        if self._over:
            over = self._turns_over()[-DELIVERED_KEPT:]
            full = len(self.pieces) == DELIVERED_KEPT
            self._over = [] if full and over[-1] < self.pieces[0][0] else [over]
        late = [run for run in self._runs if run.turn >= turn]
        if sum(len(run.places) for run in late) >= DELIVERED_KEPT:
            self._runs = late

    def contradicts(self, stream: Outlet, start: int, data: bytes, turn: int) -> bool:
        """Tell whether bytes that start at a position differ from those that were delivered there before a turn."""
        end = start + len(data)
        pieces = self._pieces_among_others(turn) if self._runs or self._over else self.pieces
        for _, other, other_start, delivered in pieces:  # no call for those that lie elsewhere, which most do
            if other is stream and other_start < end and contradict(start, data, other_start, delivered):
                return True
        return False

    def _pieces_among_others(self, turn: int) -> Iterator[tuple[int, Outlet, int, bytes]]:
        oldest, over = self._oldest_turn(turn), self._turns_over()
        left = DELIVERED_KEPT - int(np.count_nonzero((over >= oldest) & (over < turn)))
        for run in self._runs:
            low, high = np.searchsorted(run.places, (oldest - run.turn, turn - run.turn)).tolist()
            left -= high - low
            if low < high:
                yield oldest, run.stream, *run.part(low, high)
        yield from list(self.pieces)[-left:] if left else ()

    def _oldest_turn(self, turn: int) -> int:
        """Return the turn of the last piece but DELIVERED_KEPT before a turn."""
        of_runs = (run.places + run.turn for run in self._runs)
        turns = np.concatenate([[piece[0] for piece in self.pieces], *of_runs, self._turns_over()])
        turns = np.sort(turns[turns <= turn])
        return int(turns[-DELIVERED_KEPT]) if len(turns) >= DELIVERED_KEPT else 0

    def _turns_over(self) -> NDArray[np.int64]:
        """Return the turns of all pieces that only count, in order."""
        if len(self._over) != 1:
            self._over = [np.sort(np.concatenate(self._over))] if self._over else []
        return self._over[0] if self._over else _NO_TURNS
