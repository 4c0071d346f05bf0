"""Streams as arithmetic progressions: what a stream's packet number k is, and when it is sent, follows from k.

So any slice of time can be made alone, and a capture of six gigabytes takes no more memory than one of six megabytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Sent(NamedTuple):
    """Which packets are sent in some time."""

    stream: NDArray[np.int64]
    number: NDArray[np.int64]  # in its stream, from 0
    at_ns: NDArray[np.int64]


class Progression(NamedTuple):
    """When the packets of some streams are sent: at each tick of a stream's clock, one or more."""

    streams: int
    period_ns: int  # from tick to tick
    burst: int = 1  # packets at a tick
    step_ns: int = 250_000  # from one packet of a burst to the next
    late_ns: int = 0  # how late all packets are
    spread_ns: int | None = None  # in which time the streams' first ticks are; a period, when not said

    def between(self, begin_ns: int, end_ns: int) -> Sent:
        """Return what is sent in some time, the end not included."""
        spread = self.period_ns if self.spread_ns is None else self.spread_ns
        phase = np.arange(self.streams) * spread // self.streams + self.late_ns
        within = np.arange(self.burst) * self.step_ns
        earliest = begin_ns - int(phase.max() + within.max())
        ticks = np.arange(max(earliest // self.period_ns, 0), max(-(-end_ns // self.period_ns), 0))
        at_ns = phase[:, None, None] + (ticks * self.period_ns)[:, None] + within
        stream, tick, place = np.nonzero((at_ns >= begin_ns) & (at_ns < end_ns))
        return Sent(stream, ticks[tick] * self.burst + place, at_ns[stream, tick, place])
