"""Where the time went: waits, relays and the other exchanges in a line each."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from sigtrace.calls.signals import Fate
from sigtrace.calls.timing import measure
from sigtrace.calls.waits import Release
from sigtrace.signaling.events import ExchangeKind
from sigtrace.value import Value
from sigtrace.views.quantities import count, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.application.http.message import Exchange
    from sigtrace.trace import Trace

SPARKS = 16
"""Bars of a little chart: enough to see a shape, few enough to stand at the end of a line."""

_SHORTEST_NS = 1_000_000
"""What counts as nothing in the little chart, which is logarithmic: a wait takes from 1 ms to hours."""


class Fact(Value, frozen=True, kw_only=True):
    """One line of statistics."""

    total: str  # "11", what the line is about stands before it
    parts: tuple[str, ...]  # "9 answered", "2 closed by their client"
    times: tuple[str, ...]  # "median 4.1 ms", "longest 20.39 s"
    bars: tuple[float, ...] = ()  # 0 to 1, in order of time
    troubles: tuple[str, ...] = ()  # parts that are not as they should be


_ENDS = {
    Release.CLIENT_CLOSED: "closed by the client",
    Release.CAPTURE_ENDED: "open at the end",
    Release.SERVER_CLOSED: "closed by the server",
    Release.RESET: "reset",
    Release.REPLACED: "replaced",
    Release.REFUSED: "refused",
}
_TROUBLED = frozenset({Release.SERVER_CLOSED, Release.RESET, Release.REPLACED, Release.REFUSED})


def summarise_waits(trace: Trace) -> Fact | None:
    """Say how the waits ended and how long they hung; None when there were none."""
    if not trace.waits:
        return None
    ends = Counter(wait.released_by for wait in trace.waits)
    answered = sum(number for release, number in ends.items() if release not in _ENDS)
    hangs = [wait.hang_ns for wait in trace.waits if wait.hang_ns is not None]
    return Fact(
        total=f"{len(trace.waits):,}",
        parts=(
            *((f"{answered:,} answered",) if answered else ()),
            *(
                f"{ends[release]:,} {words}"
                for release, words in _ENDS.items()
                if ends[release] and release not in _TROUBLED
            ),
        ),
        times=_median_and_longest(hangs),
        bars=_bars(hangs),
        troubles=tuple(
            f"{ends[release]:,} {words}" for release, words in _ENDS.items() if ends[release] and release in _TROUBLED
        ),
    )


def summarise_relays(trace: Trace) -> Fact | None:
    """Say how the messages fared between their peers; None when there were none."""
    if not trace.signals:
        return None
    fates = Counter(signal.fate for signal in trace.signals)
    queued = sum(signal.queued is True and signal.fate is Fate.DELIVERED for signal in trace.signals)
    lost, refused, unsent = fates[Fate.UNDELIVERED], fates[Fate.REFUSED], fates[Fate.UNSENT]
    relays = [
        signal.relay_ns for signal in trace.signals if signal.relay_ns is not None and signal.fate is Fate.DELIVERED
    ]
    relayed = any(signal.fate not in {Fate.DIRECT, Fate.REFUSED} for signal in trace.signals)
    if not relayed and fates[Fate.DIRECT]:
        return Fact(
            total=f"{count(len(trace.signals), 'message')} with the server itself",
            parts=(),
            times=(),
            troubles=((f"{refused:,} refused",) if refused else ()),
        )
    return Fact(
        total=count(len(trace.signals), "message"),
        parts=(
            *(() if lost or refused else ("none lost",)),
            *((f"{queued:,} queued behind a blind peer",) if queued else ()),
            *((f"{unsent:,} whose sending is missing",) if unsent else ()),
        ),
        times=_median_and_longest(relays),
        troubles=(
            *((f"{lost:,} never delivered",) if lost else ()),
            *((f"{refused:,} refused",) if refused else ()),
        ),
    )


_TIMED = (ExchangeKind.SIGN_IN, ExchangeKind.MESSAGE, ExchangeKind.SIGN_OUT)


def summarise_timing(trace: Trace) -> Fact | None:
    """Say how long each kind of exchange took at the server, and the path to connect; None when nothing tells."""
    took: dict[ExchangeKind, list[int]] = {}
    signaling_flows = set()
    for exchange, role in zip(trace.exchanges, trace.roles, strict=True):
        if role.protocol == "http":
            continue
        signaling_flows.add(exchange.flow)
        response_ns = _response_time_ns(exchange)
        if response_ns is not None:
            took.setdefault(role.kind, []).append(response_ns)
    parts = []
    for kind in _TIMED:
        timing = measure(took.get(kind, ()))
        if timing is not None:
            parts.append(f"{kind.value.replace('_', '-')} {format_duration(timing.median_ns)}")
    connects = [
        one.flow.connect_ns
        for one in trace.flows
        if one.flow.number in signaling_flows and one.flow.connect_ns is not None
    ]
    connect = measure(connects)
    if connect is not None:
        parts.append(f"TCP connect {format_duration(connect.median_ns)}")
    return Fact(total="medians", parts=tuple(parts), times=()) if parts else None


def _response_time_ns(exchange: Exchange) -> int | None:
    if exchange.request is None or exchange.response is None:
        return None
    return max(exchange.response.span.start_ns - exchange.request.span.end_ns, 0)


def _median_and_longest(durations: Iterable[int]) -> tuple[str, ...]:
    timing = measure(durations)
    if timing is None:
        return ()
    if timing.count == 1:
        return (format_duration(timing.maximum_ns),)
    return (f"median {format_duration(timing.median_ns)}", f"longest {format_duration(timing.maximum_ns)}")


def _bars(durations: list[int]) -> tuple[float, ...]:
    """The longest of each stretch of time, on a logarithmic scale."""
    if len(durations) < 2:
        return ()
    per_bar = -(-len(durations) // SPARKS)
    peaks = [max(durations[place : place + per_bar]) for place in range(0, len(durations), per_bar)]
    top = math.log(max(*peaks, _SHORTEST_NS * 10) / _SHORTEST_NS)
    return tuple(math.log(max(peak, _SHORTEST_NS) / _SHORTEST_NS) / top for peak in peaks)
