"""Timing: how long each kind of exchange took at the server, and how long the path took to connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable


class Timing(Value, frozen=True, kw_only=True):
    """A distribution of durations, nanoseconds. With an even count the median is the lower of the two in the middle."""

    count: int
    minimum_ns: int
    median_ns: int
    p95_ns: int  # the smallest duration that at least 95 % do not exceed
    maximum_ns: int


def measure(durations: Iterable[int]) -> Timing | None:
    """Summarise durations; None when there are none. Every figure is one that was measured (nearest rank)."""
    ordered = sorted(durations)
    if not ordered:
        return None
    return Timing(
        count=len(ordered),
        minimum_ns=ordered[0],
        median_ns=ordered[(len(ordered) - 1) // 2],
        p95_ns=ordered[-(-len(ordered) * 95 // 100) - 1],
        maximum_ns=ordered[-1],
    )
