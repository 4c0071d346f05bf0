"""Segments in order of time: undoes the small disorder with which captures write packets.

Theory of operation. A capture of several interfaces or queues may write a packet some places after one that is
younger, and then a SYN may stand behind the data that follows it. The timestamps know better. The last DEPTH segments
are kept back, in order of time; each new one lets the oldest go. So a segment may be written DEPTH places late and
still comes out in order; later ones are left to reassembly, which knows how to wait. When the clock itself stepped
back, or one packet's time was wrong, the youngest of those kept would stay for ever: once it has seen STALE others
pass, it is let go with all that came before it, and the new time counts.
"""

from __future__ import annotations

from bisect import bisect_right, insort_right
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.packets.packet import Segment
    from sigtrace.packets.rows import Rows

DEPTH: Final = 16  # places; queues of one network card hand over a handful of packets at a time
STALE: Final = 64  # places; four times as many as order ever needs

_at_ns = attrgetter("at_ns")


class TimeOrder:
    """Takes segments in order of capture, gives them in order of time."""

    def __init__(self) -> None:
        self._kept: list[Segment] = []  # in order of time
        self._youngest_ns = -(1 << 63)
        self._passed = 0  # segments since the youngest one came

    def feed(self, segments: Iterable[Segment]) -> list[Segment]:
        """Take segments; return those that need not wait any longer, the same however many come at once."""
        kept = self._kept
        ready: list[Segment] = []
        youngest_ns = self._youngest_ns
        for segment in segments:
            if segment.at_ns >= youngest_ns:
                youngest_ns = segment.at_ns
                self._passed = 0
                kept.append(segment)
            else:
                self._passed += 1
                insort_right(kept, segment, key=_at_ns)
                if self._passed > STALE:
                    ready += self._let_stale_go()
                    kept, youngest_ns = self._kept, self._youngest_ns
            if len(kept) > DEPTH:
                ready.append(kept.pop(0))
        self._youngest_ns = youngest_ns
        return ready

    def feed_rows(self, rows: Rows) -> tuple[list[Segment], int]:
        """Take rows; return the segments that need not wait any longer, and how many of the rows behind them.

        Rows that are in order of time already need no objects, but for the last ones, which wait.
        """
        passing = rows.size - DEPTH
        if passing <= 0 or rows.at_ns[0] < self._youngest_ns or (rows.at_ns[1:] < rows.at_ns[:-1]).any():
            return self.feed(rows.segments()), 0
        ready, self._kept = self._kept, rows.segments(np.arange(passing, rows.size))
        self._youngest_ns = int(rows.at_ns[-1])
        self._passed = 0
        return ready, passing

    def _let_stale_go(self) -> list[Segment]:
        """Let the youngest go and all that came before it; what came since is still put in order."""
        kept, last = self._kept, self._kept[-1].number
        self._kept = [segment for segment in kept if segment.number > last]
        self._youngest_ns = self._kept[-1].at_ns if self._kept else -(1 << 63)
        self._passed = 0
        return [segment for segment in kept if segment.number <= last]

    def release(self, until_ns: int) -> list[Segment]:
        """Let go what is as old as that: while a capture is watched, nobody can wait for sixteen more."""
        count = bisect_right(self._kept, until_ns, key=_at_ns)
        ready, self._kept = self._kept[:count], self._kept[count:]
        return ready

    def flush(self) -> list[Segment]:
        """Let all go: nothing older comes."""
        kept, self._kept = self._kept, []
        self._youngest_ns = -(1 << 63)
        self._passed = 0
        return kept
