"""What of a trace may be forgotten, so that what comes later is still told as if all of it were known.

A peer that is there needs the exchange by which it came, its open wait and the one before; a call that goes on needs
all its messages; a WebSocket needs its handshake. All else is needed for as long as people look back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.application.http.message import ExchangeState
from sigtrace.calls.acts import ActKind
from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.signals import Fate
from sigtrace.signaling.events import ExchangeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.signals import Signal
    from sigtrace.trace import Trace

LINGER_NS: Final = 60_000_000_000
"""For so long after a peer left, others are told of it: the sample server does half a minute late."""

FIRST_MESSAGES: Final = 4
"""Messages at the beginning of a WebSocket that tell what it is: Socket.IO needs three to upgrade, and one to join."""

_COMING: Final = frozenset({ActKind.IDENTIFIED, ActKind.JOIN_ASKED, ActKind.JOINED, ActKind.OPENED})
_OPENING: Final = frozenset({ExchangeKind.OPEN, ExchangeKind.UPGRADE})
_WAITING: Final = frozenset({Fate.UNDELIVERED, Fate.UNSEEN})


def forgettable(trace: Trace, before_ns: int) -> set[int]:
    """Return the numbers of exchanges and messages from before a time that nothing needs any more."""
    old = {one.number for one in trace.exchanges if _end_ns(one) < before_ns and one.state is not ExchangeState.OPEN}
    old |= {one.number for one in trace.messages if one.at_ns < before_ns}
    for numbers in (_of_peers(trace, before_ns), _of_signals(trace, before_ns), _of_connections(trace)):
        old.difference_update(numbers)
    return old


def _end_ns(exchange: Exchange) -> int:
    response = exchange.response
    return exchange.at_ns if response is None else response.span.end_ns


def _of_peers(trace: Trace, before_ns: int) -> Iterator[int]:
    """Yield by what those came who are there, or left not long ago, and their last waits."""
    there = set()
    for peer in trace.peers:
        if peer.left_ns is None or peer.left_ns >= before_ns - LINGER_NS:
            there.add((peer.session, peer.id))
            if peer.sign_in is not None:
                yield peer.sign_in
    for act in trace.acts:
        if act.kind in _COMING and act.number is not None and (act.session, act.peer) in there:
            yield act.number
    last: dict[tuple[int, object], list[int]] = {}
    for wait in trace.waits:
        key = (wait.session, wait.peer)
        if key in there:
            last[key] = [*last.get(key, [])[-1:], wait.exchange]
    for numbers in last.values():
        yield from numbers


def _of_signals(trace: Trace, before_ns: int) -> Iterator[int]:
    """Yield what bore the messages of calls that go on, or did lately, and those that are still on their way."""
    newest: dict[int, int] = {}
    for signal in trace.signals:
        if signal.call is not None:
            newest[signal.call] = max(newest.get(signal.call, 0), signal.delivered_ns or signal.began_ns)
    kept = {call.number for call in trace.calls if call.ended is CallEnd.CAPTURE_ENDED}
    kept |= {number for number, at_ns in newest.items() if at_ns >= before_ns}
    for signal in trace.signals:
        if signal.call in kept or (signal.call is None and signal.fate in _WAITING):
            yield from _carriers(signal)


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
