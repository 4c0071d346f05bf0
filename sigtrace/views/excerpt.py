"""A part of a trace put together again as a trace: of some peers, of some sessions, of a stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.websocket.message import Message
from sigtrace.value import replace
from sigtrace.views.people import People
from sigtrace.views.stays import Stays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.acts import Act
    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.waits import Wait
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace


def carriers_of(trace: Trace) -> Iterator[Exchange | Message]:
    """Yield all that bears signaling."""
    yield from trace.exchanges
    yield from trace.messages


def of_sessions(trace: Trace, sessions: set[int], bearing: Callable[[Exchange | Message], bool]) -> Trace:
    """Keep all of these sessions, and the exchanges and messages that are told to be theirs."""
    return keep_results(
        _keep_carriers(trace, bearing),
        peers=(peer for peer in trace.peers if peer.session in sessions),
        waits=(wait for wait in trace.waits if wait.session in sessions),
        acts=(act for act in trace.acts if act.session in sessions),
        signals=(signal for signal in trace.signals if signal.session in sessions),
        calls=(call for call in trace.calls if call.session in sessions),
    )


class _Company:
    """Some peers, and what concerns them."""

    def __init__(self, trace: Trace, chosen: set[tuple[int, PeerId]]) -> None:
        self._trace = trace
        self._chosen = chosen
        self._people = People(trace)
        self._bearing = {number for one in trace.signals for number in (one.sent_by, one.delivered_by)}

    def concerned(self, session: int, *parties: PeerId | None) -> list[bool]:
        """Say of each party that is known whether it is one of the chosen."""
        return [(session, party) in self._chosen for party in parties if party is not None]

    def keep(self, signals: list[Signal], waits: list[Wait], calls: Iterable[Call]) -> Trace:
        """Keep these, and whatever else the chosen did."""
        acts = [act for act in self._trace.acts if any(self.concerned(act.session, act.peer))]
        numbers = {wait.exchange for wait in waits} | {act.number for act in acts}
        numbers |= {number for one in signals for number in (one.sent_by, one.delivered_by) if number}
        pairs = ((one.session, peer) for one in signals for peer in (one.sender, one.receiver) if peer is not None)
        shown = self._chosen.union(pairs)
        return keep_results(
            _keep_carriers(self._trace, lambda one: one.number in numbers or self._made(one)),
            peers=(peer for peer in self._trace.peers if (peer.session, peer.id) in shown),
            waits=waits,
            acts=acts,
            signals=signals,
            calls=calls,
        )

    def _made(self, carrier: Exchange | Message) -> bool:
        """Messages are chosen as signals; here it is about all else that the chosen asked of the server."""
        session = self._people.session_of(carrier)
        if session is None or carrier.number in self._bearing:
            return False
        return (session, self._people.author(carrier, session)) in self._chosen


def around_peers(trace: Trace, chosen: set[tuple[int, PeerId]]) -> Trace:
    """Keep what the chosen peers did, and what was sent to them, and the waits of others that took what they sent."""
    company = _Company(trace, chosen)
    signals = [one for one in trace.signals if any(company.concerned(one.session, one.sender, one.receiver))]
    numbers = {one.number for one in signals}
    return company.keep(
        signals,
        [one for one in trace.waits if any(company.concerned(one.session, one.peer)) or one.signal in numbers],
        [one for one in trace.calls if any(company.concerned(one.session, one.caller, one.callee))],
    )


def around_room(trace: Trace, room: str, chosen: set[tuple[int, PeerId]]) -> Trace:
    """Keep what those of a room did, without what they did in another room that they were in as well.

    A message does not say its room. It is of another one where its other side, or that of a copy, was not in this room
    and shares another with its sender.
    """
    stays: dict[tuple[int, PeerId], set[str]] = {}
    for one in trace.peers:
        if one.room is not None:
            stays.setdefault((one.session, one.id), set()).add(one.room)

    def elsewhere(session: int, *parties: PeerId | None) -> bool:
        rooms = [stays.get((session, party), set()) for party in parties if party is not None]
        shared = set.intersection(*rooms) if len(rooms) > 1 else set()
        return bool(shared) and room not in shared

    sent_elsewhere = {
        one.sent_by for one in trace.signals if one.sent_by and elsewhere(one.session, one.sender, one.receiver)
    }
    every = Stays(trace)

    def waits_here(wait: Wait) -> bool:
        stay = every.of(wait.session, wait.peer, wait.ended_ns)
        return stay is None or stay.room in {None, room} or (stay.session, stay.id) not in chosen

    return around_peers(
        replace(
            trace,
            waits=tuple(filter(waits_here, trace.waits)),
            peers=tuple(one for one in trace.peers if one.room in {None, room} or (one.session, one.id) not in chosen),
            acts=tuple(one for one in trace.acts if one.room in {None, room} or (one.session, one.peer) not in chosen),
            signals=tuple(
                one
                for one in trace.signals
                if one.sent_by not in sent_elsewhere and not elsewhere(one.session, one.sender, one.receiver)
            ),
            calls=tuple(one for one in trace.calls if not elsewhere(one.session, one.caller, one.callee)),
        ),
        chosen,
    )


def between_peers(trace: Trace, chosen: set[tuple[int, PeerId]]) -> Trace:
    """Keep what the chosen peers did and what they sent each other."""
    company = _Company(trace, chosen)
    return company.keep(
        [one for one in trace.signals if all(company.concerned(one.session, one.sender, one.receiver) or [False])],
        [one for one in trace.waits if any(company.concerned(one.session, one.peer))],
        [one for one in trace.calls if all(company.concerned(one.session, one.caller, one.callee))],
    )


def within_time(trace: Trace, first_ns: int, last_ns: int) -> Trace:
    """Keep what was going on in a stretch of time, also what began before it."""

    def overlaps(start_ns: int, end_ns: int | None) -> bool:
        return start_ns <= last_ns and (end_ns is None or end_ns >= first_ns)

    carriers = _keep_carriers(trace, lambda one: overlaps(one.at_ns, _ended_ns(one, trace.last_ns)))
    packets = [half.span for one in carriers.exchanges for half in (one.request, one.response) if half is not None]
    packets += [one.span for one in carriers.messages]
    first_packet = min((span.first_packet for span in packets), default=0)
    last_packet = max((span.last_packet for span in packets), default=0)
    kept = {one.number for one in carriers_of(carriers)}
    return replace(
        keep_results(
            carriers,
            peers=(one for one in trace.peers if overlaps(one.joined_ns or 0, one.left_ns)),
            waits=(one for one in trace.waits if one.exchange in kept),
            acts=(one for one in trace.acts if overlaps(one.at_ns, one.at_ns) or one.number in kept),
            signals=(one for one in trace.signals if {one.sent_by, one.delivered_by} & kept),
            calls=(one for one in trace.calls if overlaps(one.began_ns, one.ended_ns)),
        ),
        notices=tuple(
            notice for notice in trace.notices if notice.packet is None or first_packet <= notice.packet <= last_packet
        ),
    )


def _ended_ns(carrier: Exchange | Message, last_ns: int) -> int:
    if isinstance(carrier, Message):
        return carrier.span.end_ns
    if carrier.response is not None:
        return carrier.response.span.end_ns
    return carrier.ended_ns if carrier.ended_ns is not None else last_ns


def _keep_carriers(trace: Trace, wanted: Callable[[Exchange | Message], bool]) -> Trace:
    kept = [(one, role) for one, role in zip(trace.exchanges, trace.roles, strict=True) if wanted(one)]
    messages = [(one, name) for one, name in zip(trace.messages, trace.message_protocols, strict=True) if wanted(one)]
    flows = {exchange.flow for exchange, _ in kept} | {message.flow for message, _ in messages}
    numbers = {one.number for one, _ in kept} | {one.number for one, _ in messages}
    packets = [
        (one, name)
        for one, name in zip(trace.socket_packets, trace.packet_protocols, strict=True)
        if (one.exchange if one.exchange is not None else one.message) in numbers
    ]
    channels = {packet.channel for packet, _ in packets}
    return replace(
        trace,
        exchanges=tuple(exchange for exchange, _ in kept),
        roles=tuple(role for _, role in kept),
        messages=tuple(message for message, _ in messages),
        message_protocols=tuple(name for _, name in messages),
        socket_packets=tuple(packet for packet, _ in packets),
        packet_protocols=tuple(name for _, name in packets),
        engine_sessions=tuple(session for session in trace.engine_sessions if session.channel in channels),
        controls=tuple(control for control in trace.controls if control.flow in flows),
        flows=tuple(flow for flow in trace.flows if flow.flow.number in flows),
    )


def keep_results(  # noqa: PLR0913 - one for each kind of result
    trace: Trace,
    *,
    peers: Iterable[Peer],
    waits: Iterable[Wait],
    acts: Iterable[Act],
    signals: Iterable[Signal],
    calls: Iterable[Call],
) -> Trace:
    """Keep these results, with their sessions and verdicts, and all that bears signaling."""
    kept_peers, kept_waits, kept_acts = tuple(peers), tuple(waits), tuple(acts)
    kept_signals, kept_calls = tuple(signals), tuple(calls)
    sessions = {one.session for group in (kept_peers, kept_waits, kept_acts, kept_signals, kept_calls) for one in group}
    return replace(
        trace,
        sessions=tuple(session for session in trace.sessions if session.number in sessions),
        peers=kept_peers,
        waits=kept_waits,
        acts=kept_acts,
        signals=kept_signals,
        calls=kept_calls,
        verdicts={call.number: trace.verdicts[call.number] for call in kept_calls if call.number in trace.verdicts},
    )
