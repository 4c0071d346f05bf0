"""Candidates of one side that follow each other closely: one row instead of seven."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from sigtrace.signaling.content import SignalKind
from sigtrace.value import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.calls.signals import Signal
    from sigtrace.signaling.events import PeerId

_APART_NS = 2_000_000_000
"""Candidates further apart than this have different causes: a STUN server that answered late, another network."""


class Run(Struct, frozen=True, dict=True):
    """Candidates from one peer to another with nothing else in that direction between them."""

    signals: list[Signal]

    @property
    def first(self) -> Signal:
        """The one that was sent first."""
        return self.signals[0]

    @cached_property
    def first_delivered(self) -> Signal | None:
        """The one that was delivered first; None when none was. Every delivery asks, so it is found once."""
        delivered = [signal for signal in self.signals if signal.delivered_ns is not None]
        return min(delivered, key=lambda signal: signal.delivered_ns or 0, default=None)

    @property
    def span_ns(self) -> int:
        """From the first to the last, as sent."""
        return self.signals[-1].began_ns - self.signals[0].began_ns


_Way: TypeAlias = "tuple[PeerId | None, PeerId | None]"


def find_runs(signals: Sequence[Signal]) -> dict[int, Run]:
    """Return the runs of two and more candidates by the numbers of their signals, which are in order of time."""
    open_runs: dict[_Way, Run] = {}
    runs: list[Run] = []
    for signal in signals:
        way = (signal.sender, signal.receiver)
        run = open_runs.get(way)
        if signal.kind is not SignalKind.CANDIDATE:
            open_runs.pop(way, None)
        elif run is not None and _continues(run, signal):
            run.signals.append(signal)
        else:
            open_runs[way] = Run([signal])
            runs.append(open_runs[way])
    return {signal.number: run for run in runs if len(run.signals) > 1 for signal in run.signals}


def _continues(run: Run, signal: Signal) -> bool:
    last = run.signals[-1]
    same_kind = (last.call, last.fate, last.sent_exchange is None) == (
        signal.call,
        signal.fate,
        signal.sent_exchange is None,
    )
    return same_kind and signal.began_ns - last.began_ns < _APART_NS
