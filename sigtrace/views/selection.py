"""A part of a trace, as a trace: one call, one peer, one server, a stretch of time; they narrow each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sigtrace.application.websocket.message import Message
from sigtrace.errors import SelectionError
from sigtrace.value import Value
from sigtrace.views.abridged import abridged
from sigtrace.views.moment import parse_time
from sigtrace.views.people import BRIEF_ID, People, is_long_id
from sigtrace.views.quantities import format_duration
from sigtrace.views.times import format_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.acts import Act
    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.waits import Wait
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace

__all__ = ["Selection", "parse_time", "select"]

_LISTED = 8
"""How many of what exists a hint lists."""


class Selection(Value, frozen=True, kw_only=True):
    """What is asked for; None is no restriction."""

    call: int | None = None
    peer: str | None = None  # a name, a name without its host, or an id
    server: str | None = None  # "ip:port" or "ip"
    room: str | None = None
    protocol: str | None = None  # its name
    since_ns: int | None = None
    until_ns: int | None = None

    @property
    def empty(self) -> bool:
        """True when nothing is restricted."""
        return self == Selection()


def select(trace: Trace, selection: Selection) -> Trace:
    """Return the trace without what was not asked for; numbers stay what they were.

    A call is selected with its two peers and all they did from a moment before it began to a moment after it ended. A
    peer is selected with its own exchanges and the messages to it. Of a stretch of time, everything is kept that was
    going on in it, so also a wait that began before.

    Raises:
        SelectionError: there is no such call, peer, server or protocol; the hint lists those that exist.
    """
    if selection.empty:
        return trace
    if selection.protocol is not None:
        trace = _select_protocol(trace, selection.protocol)
    if selection.server is not None:
        trace = _select_server(trace, selection.server)
    if selection.room is not None:
        trace = _select_room(trace, selection.room)
    if selection.peer is not None:
        trace = _select_peer(trace, selection.peer)
    if selection.call is not None:
        trace = _select_call(trace, selection.call)
    if selection.since_ns is not None or selection.until_ns is not None:
        first = trace.first_ns if selection.since_ns is None else selection.since_ns
        last = trace.last_ns if selection.until_ns is None else selection.until_ns
        if first > last:
            raise _no_time(trace, selection)
        trace = _select_time(trace, first, last)
    return trace


def _no_time(trace: Trace, selection: Selection) -> SelectionError:
    if selection.since_ns is not None and selection.until_ns is not None:
        return SelectionError("the selected time ends before it begins", hint="is --since after --until?")
    length = format_duration(trace.last_ns - trace.first_ns)
    place = "begins after the end" if selection.until_ns is None else "ends before the beginning"
    hint = f"it is {length} long, from {format_date(trace.first_ns)} to {format_date(trace.last_ns)}"
    return SelectionError(f"the selected time {place} of the capture", hint=hint)


# --- protocols and servers


def _select_protocol(trace: Trace, wanted: str) -> Trace:
    spoken = [*(role.protocol for role in trace.roles), *trace.message_protocols]
    sessions = {session.number for session in trace.sessions if session.protocol == wanted}
    numbers = {one.number for one, name in zip(carriers_of(trace), spoken, strict=True) if name == wanted}
    if not sessions and not numbers:
        names = dict.fromkeys([*(session.protocol for session in trace.sessions), *spoken])
        raise SelectionError(f"nothing speaks {wanted}", hint=_hint("protocols", names))
    return _within(trace, carrier=lambda carrier: carrier.number in numbers, session=sessions)


def _select_server(trace: Trace, wanted: str) -> Trace:
    servers = {carrier.server for carrier in carriers_of(trace)} | {session.server for session in trace.sessions}
    chosen = {server for server in servers if wanted in (str(server), server.address, f"[{server.address}]")}
    if not chosen:
        own = dict.fromkeys(str(session.server) for session in trace.sessions)
        raise SelectionError(f"no server {wanted}", hint=_hint("servers", own or sorted(map(str, servers))))
    return _within(trace, carrier=lambda carrier: carrier.server in chosen, session=_sessions_of(trace, chosen))


def _sessions_of(trace: Trace, servers: set[Endpoint]) -> set[int]:
    return {session.number for session in trace.sessions if session.server in servers}


def _within(trace: Trace, carrier: Callable[[Exchange | Message], bool], session: set[int]) -> Trace:
    kept = _keep_carriers(trace, carrier)
    return _keep(
        kept,
        peers=(peer for peer in trace.peers if peer.session in session),
        waits=(wait for wait in trace.waits if wait.session in session),
        acts=(act for act in trace.acts if act.session in session),
        signals=(signal for signal in trace.signals if signal.session in session),
        calls=(call for call in trace.calls if call.session in session),
    )


# --- peers


def _select_peer(trace: Trace, wanted: str) -> Trace:
    chosen = {(peer.session, peer.id) for peer in trace.peers if _is_called(peer, wanted)}
    if not chosen:
        labels = dict.fromkeys(
            f"{peer.id} {abridged(peer.name)}" if peer.name else abridged(str(peer.id)) for peer in trace.peers
        )
        raise SelectionError(f"no peer {wanted}", hint=_hint("peers", labels))
    return _around(trace, chosen)


def _is_called(peer: Peer, wanted: str) -> bool:
    """Tell whether a peer is meant: by its name, a name without its host, its id, or the beginning of a long one."""
    name, own = peer.name or "", str(peer.id)
    if not wanted:
        return False
    return wanted in (own, name, name.partition("@")[0]) or (
        is_long_id(own) and len(wanted) >= BRIEF_ID and own.startswith(wanted)
    )


def _select_room(trace: Trace, wanted: str) -> Trace:
    chosen = {(peer.session, peer.id) for peer in trace.peers if peer.room == wanted}
    if not chosen:
        rooms = dict.fromkeys(abridged(peer.room) for peer in trace.peers if peer.room is not None)
        raise SelectionError(f"no room {wanted}", hint=_hint("rooms", rooms))
    return _around(trace, chosen)


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
        return _keep(
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


def _around(trace: Trace, chosen: set[tuple[int, PeerId]]) -> Trace:
    """Keep what the chosen peers did, and what was sent to them, and the waits of others that took what they sent."""
    company = _Company(trace, chosen)
    signals = [one for one in trace.signals if any(company.concerned(one.session, one.sender, one.receiver))]
    numbers = {one.number for one in signals}
    return company.keep(
        signals,
        [one for one in trace.waits if any(company.concerned(one.session, one.peer)) or one.signal in numbers],
        [one for one in trace.calls if any(company.concerned(one.session, one.caller, one.callee))],
    )


def _between(trace: Trace, chosen: set[tuple[int, PeerId]]) -> Trace:
    """Keep what the chosen peers did and what they sent each other."""
    company = _Company(trace, chosen)
    return company.keep(
        [one for one in trace.signals if all(company.concerned(one.session, one.sender, one.receiver) or [False])],
        [one for one in trace.waits if any(company.concerned(one.session, one.peer))],
        [one for one in trace.calls if all(company.concerned(one.session, one.caller, one.callee))],
    )


# --- calls

_AROUND_CALL_NS = 1_000_000_000
"""A call is shown with what its peers did in the second before and after: the sign-in, the wait it came in by."""


def _select_call(trace: Trace, number: int) -> Trace:
    call = trace.call(number)
    if call is None:
        people = People(trace)
        calls = [
            f"{one.number} {people.short(one.session, one.caller)} to {people.short(one.session, one.callee)}"
            for one in trace.calls
        ]
        raise SelectionError(f"no call {number}", hint=_hint("calls", calls))
    pair = {(call.session, call.caller), (call.session, call.callee)}
    ends = [call.ended_ns or call.began_ns]
    for signal in map(trace.signal, call.signals):
        if signal is not None:
            ends += [signal.began_ns, signal.delivered_ns or signal.began_ns]
    if call.ended_ns is None and not trace.calls[-1].number > number:
        ends.append(trace.last_ns)
    between = _between(trace, pair)
    timed = _select_time(between, call.began_ns - _AROUND_CALL_NS, max(ends) + _AROUND_CALL_NS)
    own = set(call.signals)
    return _keep(
        timed,
        peers=(peer for peer in between.peers if (peer.session, peer.id) in pair),
        waits=timed.waits,
        acts=timed.acts,
        signals=(signal for signal in timed.signals if signal.number in own or signal.call is None),
        calls=(call,),
    )


# --- time


def _select_time(trace: Trace, first_ns: int, last_ns: int) -> Trace:
    def overlaps(start_ns: int, end_ns: int | None) -> bool:
        return start_ns <= last_ns and (end_ns is None or end_ns >= first_ns)

    carriers = _keep_carriers(trace, lambda one: overlaps(one.at_ns, _ended_ns(one, trace.last_ns)))
    packets = [half.span for one in carriers.exchanges for half in (one.request, one.response) if half is not None]
    packets += [one.span for one in carriers.messages]
    first_packet = min((span.first_packet for span in packets), default=0)
    last_packet = max((span.last_packet for span in packets), default=0)
    kept = {one.number for one in carriers_of(carriers)}
    return replace(
        _keep(
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


# --- putting a trace together again


def carriers_of(trace: Trace) -> Iterator[Exchange | Message]:
    """Yield all that bears signaling."""
    yield from trace.exchanges
    yield from trace.messages


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


def _keep(  # noqa: PLR0913 - one for each kind of result
    trace: Trace,
    *,
    peers: Iterable[Peer],
    waits: Iterable[Wait],
    acts: Iterable[Act],
    signals: Iterable[Signal],
    calls: Iterable[Call],
) -> Trace:
    kept_peers, kept_waits, kept_signals, kept_calls = tuple(peers), tuple(waits), tuple(signals), tuple(calls)
    kept_acts = tuple(acts)
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


def _hint(what: str, existing: Iterable[str]) -> str:
    names = list(existing)
    if not names:
        return f"there are no {what} in it"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"there are {what}: {', '.join(names[:_LISTED])}{more}"
