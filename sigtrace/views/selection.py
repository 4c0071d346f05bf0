"""What is asked for of a trace: one call, peer, room, server, protocol, a stretch of time; they narrow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.errors import SelectionError
from sigtrace.value import Value
from sigtrace.views.abridged import abridged
from sigtrace.views.excerpt import (
    around_peers,
    around_room,
    between_peers,
    carriers_of,
    keep_results,
    of_sessions,
    within_time,
)
from sigtrace.views.moment import parse_time
from sigtrace.views.people import BRIEF_ID, People, is_long_id
from sigtrace.views.quantities import format_duration
from sigtrace.views.times import format_date

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.calls.peers import Peer
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
        trace = within_time(trace, first, last)
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
    return of_sessions(trace, sessions, lambda carrier: carrier.number in numbers)


def _select_server(trace: Trace, wanted: str) -> Trace:
    servers = {carrier.server for carrier in carriers_of(trace)} | {session.server for session in trace.sessions}
    chosen = {server for server in servers if wanted in (str(server), server.address, f"[{server.address}]")}
    if not chosen:
        own = dict.fromkeys(str(session.server) for session in trace.sessions)
        raise SelectionError(f"no server {wanted}", hint=_hint("servers", own or sorted(map(str, servers))))
    sessions = {session.number for session in trace.sessions if session.server in chosen}
    return of_sessions(trace, sessions, lambda carrier: carrier.server in chosen)


# --- peers


def _select_peer(trace: Trace, wanted: str) -> Trace:
    chosen = {(peer.session, peer.id) for peer in trace.peers if _is_called(peer, wanted)}
    if not chosen:
        labels = dict.fromkeys(
            f"{peer.id} {abridged(peer.name)}" if peer.name not in (None, "", peer.id) else abridged(str(peer.id))
            for peer in trace.peers
        )
        raise SelectionError(f"no peer {wanted}", hint=_hint("peers", labels))
    return around_peers(trace, chosen)


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
    return around_room(trace, wanted, chosen)


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
    between = between_peers(trace, pair)
    timed = within_time(between, call.began_ns - _AROUND_CALL_NS, max(ends) + _AROUND_CALL_NS)
    own = set(call.signals)
    return keep_results(
        timed,
        peers=(peer for peer in between.peers if (peer.session, peer.id) in pair),
        waits=timed.waits,
        acts=timed.acts,
        signals=(signal for signal in timed.signals if signal.number in own or signal.call is None),
        calls=(call,),
    )


def _hint(what: str, existing: Iterable[str]) -> str:
    names = list(existing)
    if not names:
        return f"there are no {what} in it"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"there are {what}: {', '.join(names[:_LISTED])}{more}"
