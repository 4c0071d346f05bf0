"""A watch on the system's clock: packets carry its time, so that a step of it shows in every duration across it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sigtrace.notices import Notice, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

CLOCK_STEP = "live.clock-step"  # the clock that packets are dated by jumped

STEP_NS = 50_000_000  # what counts as a step; durations of signaling are read in milliseconds
LOOKS = 5  # at both clocks, until nothing came between them
# How much of the time between two looks may be the clock being slewed: the kernel's limit is 500 ppm, and Linux' tick
# can be set to ten times that.
_SLEWED = 200  # one part in so many


class ClockWatch:
    """Compares the clock with one that never steps, each time it is asked.

    Args:
        wall: the time of day, which packets are dated by.
        steady: a clock that only runs; on Linux also while the machine sleeps.
    """

    def __init__(self, wall: Callable[[], int] = time.time_ns, steady: Callable[[], int] | None = None) -> None:
        self._wall = wall
        self._steady = steady or _steady_ns
        self._ahead, self._looked_at = self._look()

    def check(self) -> list[Notice]:
        """Return a notice when the clock stepped since it was looked at last."""
        ahead, looked_at = self._look()
        step, elapsed = ahead - self._ahead, looked_at - self._looked_at
        self._ahead, self._looked_at = ahead, looked_at
        if abs(step) < STEP_NS + elapsed // _SLEWED:
            return []
        way = "forward" if step > 0 else "back"
        text = f"the system's clock went {abs(step) / 10**9:.3f} s {way}; times before and after it do not compare"
        return [Notice(code=CLOCK_STEP, severity=Severity.WARNING, text=text)]

    def _look(self) -> tuple[int, int]:
        """Return how far the clock is ahead of the steady one, and the steady time."""
        for _ in range(LOOKS):
            before, wall, after = self._steady(), self._wall(), self._steady()
            if after - before < STEP_NS // 10:  # else we were held up in between
                break
        return wall - before, before


def _steady_ns() -> int:
    """Return the time since the machine started, in nanoseconds."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)
