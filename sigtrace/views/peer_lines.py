"""One line a peer: who, from where, from when to when, and how well it listened."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from sigtrace.calls.peers import Departure
from sigtrace.value import Value
from sigtrace.views.abridged import abridged
from sigtrace.views.people import People, name_room
from sigtrace.views.quantities import format_duration
from sigtrace.views.stays import Stays
from sigtrace.views.times import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigtrace.calls.peers import Peer
    from sigtrace.calls.waits import Wait
    from sigtrace.trace import Trace

_TENTHS = 1
_LONG_NS = 100_000_000_000


class PeerLine(Value, frozen=True, kw_only=True):
    """One peer as a row of a table."""

    session: int
    id: str
    name: str
    brief: str  # the name without its host, where that is enough
    address: str
    room: str  # "" where there are none
    there: str  # "20.4 to 28.5 s" since the start, with a dash; "since 20.4 s" when it was not seen leaving
    waits: str  # how many
    longest: str
    blind: str  # altogether, between its waits
    departure: str  # "signed out", "vanished"
    vanished: bool
    interest: int  # the higher, the sooner it is listed


def describe_peers(trace: Trace, most: int) -> list[PeerLine]:
    """Describe the peers of a trace, in order; where there are more than a screen has room for, those that matter."""
    interest = _interest(trace)
    people = [(peer, _weight(peer, interest)) for peer in trace.peers if not peer.is_server]
    if len(people) > most + 1:  # a line that says "1 more" says less than the peer would
        ranked = sorted(enumerate(people), key=lambda ranked: -ranked[1][1])[:most]
        people = [one for _, one in sorted(ranked, key=itemgetter(0))]
    stays = Stays(trace)
    waits: dict[int, list[Wait]] = {}
    for wait in trace.waits:
        waits.setdefault(id(stays.of(wait.session, wait.peer, wait.ended_ns)), []).append(wait)
    describer = _Describer(trace)
    return [describer.describe(peer, waits.get(id(peer), ()), weight) for peer, weight in people]


class _Describer:
    """Describes peers one by one."""

    def __init__(self, trace: Trace) -> None:
        self._people = People(trace)
        self._first_ns = trace.first_ns
        self._waiting = {wait.session for wait in trace.waits}  # sessions in which not to wait is worth a 0
        self._in_rooms = {act.session for act in trace.acts}

    def describe(self, peer: Peer, waits: Sequence[Wait], interest: int) -> PeerLine:
        """Describe a peer by its stay and its waits."""
        vanished = peer.left is Departure.VANISHED
        return PeerLine(
            session=peer.session,
            id=str(peer.id) if isinstance(peer.id, int) else self._people.tag(peer.session, peer.id) or "",
            name=self._name(peer),
            brief=self._people.short(peer.session, peer.id) if self._name(peer) else "",
            address="" if peer.address is None or peer.address == self._name(peer) else peer.address,
            room="" if peer.room is None else name_room(peer.room),
            there="" if self._comes_and_goes_unsaid(peer) else _describe_stay(peer, self._first_ns),
            waits=f"{len(waits):,}" if peer.session in self._waiting else "",
            longest=_longest(waits),
            blind=format_duration(sum(wait.blind_ns or 0 for wait in waits)) if len(waits) > 1 else "",
            departure=self._departure(peer),
            vanished=vanished,
            interest=interest,
        )

    def _name(self, peer: Peer) -> str:
        """A number is no name; any other id is."""
        return abridged(peer.name or "") if isinstance(peer.id, int) else self._people.name(peer.session, peer.id)

    def _comes_and_goes_unsaid(self, peer: Peer) -> bool:
        """A client of plain HTTP is there when it asks: nothing says since when, or that it was before."""
        return peer.session in self._in_rooms and peer.joined_ns is None and peer.left_ns is None

    def _departure(self, peer: Peer) -> str:
        if peer.left is None:
            return ""
        if peer.left is Departure.SIGNED_OUT and peer.session in self._in_rooms:
            return "left"
        return peer.left.value.replace("-", " ")


def _describe_stay(peer: Peer, first_ns: int) -> str:
    """Say from when to when a peer was there, as far as that was captured."""
    joined, left = (None if at_ns is None else _seconds(at_ns - first_ns) for at_ns in (peer.joined_ns, peer.left_ns))
    if joined is None:
        return f"until {left} s" if left is not None else "throughout"
    return f"since {joined} s" if left is None else f"{joined} \u2013 {left} s"


def _seconds(span_ns: int) -> str:
    """Write tenths as long as they mean something beside what stands before them."""
    return Clock(first_ns=0, digits=_TENTHS if span_ns < _LONG_NS else 0).text(span_ns)


def _longest(waits: Sequence[Wait]) -> str:
    hangs = [wait.hang_ns for wait in waits if wait.hang_ns is not None]
    return format_duration(max(hangs)) if hangs else ""


def _weight(peer: Peer, interest: Mapping[tuple[int, object], int]) -> int:
    return interest.get((peer.session, peer.id), 0) + (10 if peer.left is Departure.VANISHED else 0)


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
