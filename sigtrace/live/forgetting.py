"""What of a trace may be forgotten, so that what comes later is still told as if all of it were known.

A peer that is there needs the exchange by which it came, its open wait and the one before; a call that goes on needs
all its messages; a WebSocket needs its handshake. All else is needed for as long as people look back.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from sigtrace.application.http.message import ExchangeState
from sigtrace.calls.acts import ActKind
from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.signals import Fate
from sigtrace.signaling.events import ExchangeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.signals import Signal
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace

LINGER_NS: Final = (60_000_000_000, 5_000_000_000, 0)
"""For so long after a peer was heard of, others are told of it: the sample server does half a minute late. Where more
comes in that time than is kept, it has to be less."""

FIRST_MESSAGES: Final = 4
"""Messages at the beginning of a WebSocket that tell what it is: Socket.IO needs three to upgrade, and one to join."""

_Who: TypeAlias = "tuple[int, PeerId | None]"  # a peer and its session
_COMING: Final = frozenset({ActKind.IDENTIFIED, ActKind.JOIN_ASKED, ActKind.JOINED, ActKind.OPENED})
_OPENING: Final = frozenset({ExchangeKind.OPEN, ExchangeKind.UPGRADE})
_WAITING: Final = frozenset({Fate.UNDELIVERED, Fate.UNSEEN})


def forgettable(trace: Trace, before_ns: int, linger_ns: int) -> set[int]:
    """Return the numbers of exchanges and messages from before a time that nothing needs any more.

    Args:
        trace: told so far.
        before_ns: what is younger is kept.
        linger_ns: peers that were heard of so long before that are still needed.
    """
    there = _there(trace, before_ns - linger_ns)
    old = {one.number for one in trace.exchanges if _end_ns(one) < before_ns and one.state is not ExchangeState.OPEN}
    old |= {one.number for one in trace.messages if one.at_ns < before_ns}
    for numbers in (_of_peers(trace, there), _of_signals(trace, there, before_ns), _of_connections(trace)):
        old.difference_update(numbers)
    return old


def _end_ns(exchange: Exchange) -> int:
    response = exchange.response
    return exchange.at_ns if response is None else response.span.end_ns


def _there(trace: Trace, since_ns: int) -> set[_Who]:
    """Return who is there, or left since a time."""
    heard = _heard_of(trace)
    return {
        (peer.session, peer.id)
        for peer in trace.peers
        if (heard[peer.session, peer.id] if peer.left_ns is None else peer.left_ns) >= since_ns
    }


def _of_peers(trace: Trace, there: set[_Who]) -> Iterator[int]:
    """Yield by what those came who are there, and their last waits."""
    for peer in trace.peers:
        if peer.sign_in is not None and (peer.session, peer.id) in there:
            yield peer.sign_in
    for act in trace.acts:
        if act.kind in _COMING and act.number is not None and (act.session, act.peer) in there:
            yield act.number
    last: dict[_Who, list[int]] = {}
    for wait in trace.waits:
        key = (wait.session, wait.peer)
        if key in there:
            last[key] = [*last.get(key, [])[-1:], wait.exchange]
    for numbers in last.values():
        yield from numbers


def _heard_of(trace: Trace) -> dict[_Who, int]:
    """Return when each peer was heard of last: who came and went without a word will not come back as itself."""
    heard: dict[_Who, int] = {}
    for peer in trace.peers:
        heard[peer.session, peer.id] = peer.joined_ns or 0
    for wait in trace.waits:
        heard[wait.session, wait.peer] = max(wait.ended_ns, heard.get((wait.session, wait.peer), 0))
    for signal in trace.signals:
        if signal.sender is not None:
            heard[signal.session, signal.sender] = max(signal.began_ns, heard.get((signal.session, signal.sender), 0))
    opened: Counter[_Who] = Counter()
    for act in trace.acts:
        heard[act.session, act.peer] = max(act.at_ns, heard.get((act.session, act.peer), 0))
        opened[act.session, act.peer] += {ActKind.OPENED: 1, ActKind.CLOSED: -1}.get(act.kind, 0)
    return {**heard, **{key: trace.last_ns for key, count in opened.items() if count > 0}}


def _of_signals(trace: Trace, there: set[_Who], before_ns: int) -> Iterator[int]:
    """Yield what bore the messages of calls that go on, or did lately, and those that are still on their way."""
    newest: dict[int, int] = {}
    for signal in trace.signals:
        if signal.call is not None:
            newest[signal.call] = max(newest.get(signal.call, 0), signal.delivered_ns or signal.began_ns)
    going = (call for call in trace.calls if call.ended is CallEnd.CAPTURE_ENDED)
    kept = {call.number for call in going if not there.isdisjoint(_sides(call))}
    kept |= {number for number, at_ns in newest.items() if at_ns >= before_ns}
    for signal in trace.signals:
        waits = signal.fate in _WAITING and (signal.session, signal.receiver) in there
        if signal.call in kept or (signal.call is None and waits):
            yield from _carriers(signal)


def _sides(call: Call) -> tuple[_Who, _Who]:
    return (call.session, call.caller), (call.session, call.callee)


def _carriers(signal: Signal) -> Iterator[int]:
    for number in (signal.sent_by, signal.delivered_by):
        if number is not None:
            yield number


def _of_connections(trace: Trace) -> Iterator[int]:
    """Yield by what connections that are open began."""
    is_open = {decoded.flow.number for decoded in trace.flows if decoded.flow.closed_ns is None}
    opened = {one.opened_ns for one in trace.engine_sessions if one.closed_ns is None}
    for exchange, role in zip(trace.exchanges, trace.roles, strict=True):
        answered_ns = exchange.response.span.start_ns if exchange.response is not None else None
        if role.kind in _OPENING and (exchange.flow in is_open or answered_ns in opened):
            yield exchange.number
    begun: dict[int, int] = {}
    for message in trace.messages:
        begun[message.flow] = begun.get(message.flow, 0) + 1
        if begun[message.flow] <= FIRST_MESSAGES and message.flow in is_open:
            yield message.number
