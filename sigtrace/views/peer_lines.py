"""One line a peer: who, from where, from when to when, and how well it listened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.peers import Departure
from sigtrace.value import Value
from sigtrace.views.quantities import format_duration
from sigtrace.views.times import Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.calls.peers import Peer
    from sigtrace.calls.waits import Wait
    from sigtrace.trace import Trace

_TENTHS = 1


class PeerLine(Value, frozen=True, kw_only=True):
    """One peer as a row of a table."""

    session: int
    id: str
    name: str
    address: str
    joined: str  # "20.4", seconds since the start; "" when that was before the capture
    left: str  # "" when it was not seen leaving
    waits: str  # how many
    longest: str
    blind: str  # altogether, between its waits
    departure: str  # "signed out", "vanished"
    vanished: bool
    interest: int  # the higher, the sooner it is listed


def describe_peers(trace: Trace) -> list[PeerLine]:
    """Describe every peer of a trace, in order."""
    waits: dict[tuple[int, object], list[Wait]] = {}
    for wait in trace.waits:
        waits.setdefault((wait.session, wait.peer), []).append(wait)
    interest = _interest(trace)
    clock = Clock(first_ns=trace.first_ns, digits=_TENTHS)
    return [
        _describe(peer, waits.get((peer.session, peer.id), []), clock, interest.get((peer.session, peer.id), 0))
        for peer in trace.peers
    ]


def _describe(peer: Peer, waits: Sequence[Wait], clock: Clock, interest: int) -> PeerLine:
    vanished = peer.left is Departure.VANISHED
    return PeerLine(
        session=peer.session,
        id=str(peer.id),
        name=peer.name or "",
        address=peer.address or "",
        joined="" if peer.joined_ns is None else clock.text(peer.joined_ns),
        left="" if peer.left_ns is None else clock.text(peer.left_ns),
        waits=f"{len(waits):,}",
        longest=_longest(waits),
        blind=format_duration(sum(wait.blind_ns or 0 for wait in waits)) if len(waits) > 1 else "",
        departure="" if peer.left is None else peer.left.value.replace("-", " "),
        vanished=vanished,
        interest=interest + (10 if vanished else 0),
    )


def _longest(waits: Sequence[Wait]) -> str:
    hangs = [wait.hang_ns for wait in waits if wait.hang_ns is not None]
    return format_duration(max(hangs)) if hangs else ""


def _interest(trace: Trace) -> dict[tuple[int, object], int]:
    """Peers of failed calls first, then those of other calls."""
    interest: dict[tuple[int, object], int] = {}
    for call in trace.calls:
        verdict = trace.verdicts.get(call.number)
        weight = 1 if verdict is None or verdict.good else 100
        for peer in (call.caller, call.callee):
            key = (call.session, peer)
            interest[key] = interest.get(key, 0) + weight
    return interest
