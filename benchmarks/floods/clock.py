"""The time of the packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Clock:
    """Gives every packet its time, a microsecond after the one before."""

    def __init__(self) -> None:
        self.now_ns = 0

    def take(self, count: int, each: int = 1) -> list[NDArray[np.int64]]:
        """Return the times of `count` groups of `each` packets: one array for each place in the group."""
        first = self.now_ns
        self.now_ns += count * each * 1000
        return [first + 1000 * (np.arange(count) * each + place) for place in range(each)]

    def pause(self, duration_ns: int = 1_000_000_000) -> None:
        """Let time pass."""
        self.now_ns += duration_ns
