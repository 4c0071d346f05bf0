"""All records of a trace in the order of the contract: the captures first, then everything by time.

Records are plain dicts, made one at a time as they are asked for: a line of an export is what they are for, and this is
the one place where dicts cross a border. `docs/export.md` says what every field means.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from sigtrace.export.capture_records import capture_record, notice_record
from sigtrace.export.http_records import exchange_record, flow_record
from sigtrace.export.sdp_records import candidate_record, candidates_of, description_record
from sigtrace.export.signaling_records import act_record, call_record, peer_record, signal_record, wait_record
from sigtrace.export.socketio_records import packet_record, session_record
from sigtrace.export.websocket_records import control_record, message_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.calls.peers import Peer
    from sigtrace.calls.signals import Signal
    from sigtrace.export.record import Record
    from sigtrace.trace import Trace


_Planned: TypeAlias = "tuple[int, int, tuple[int, int], partial[Record]]"
"""A record before it is made: its time, the rank of its type, its number and that of the part, and how to make it.

A plain tuple, as a large capture has a hundred thousand of them.
"""


def records(trace: Trace, *, flows: bool = False, bodies: bool = False) -> Iterator[Record]:
    """Yield the records of a trace.

    Args:
        trace: whole, or a selection of it.
        flows: also flows that carried nothing we decode, and digests of the bytes of each; the trace must have been
            made with `all_flows`.
        bodies: also the text of every signal, WebSocket message and Socket.IO packet, and every description's SDP.
    """
    for make in plan_records(trace, flows=flows, bodies=bodies):
        yield make()


def plan_records(trace: Trace, *, flows: bool = False, bodies: bool = False) -> Iterator[partial[Record]]:
    """Yield what makes each of the records, in their order: a part of a function and the values that it is made of.

    Args: as for `records`.
    """
    for capture in trace.captures:
        yield partial(capture_record, capture)
    plan = [
        *_plan_http(trace, flows=flows),
        *_plan_websocket(trace, bodies=bodies),
        *_plan_socketio(trace, bodies=bodies),
        *_plan_signaling(trace, bodies=bodies),
        *_plan_notices(trace),
    ]
    plan.sort(key=itemgetter(0, 1, 2))
    for *_, make in plan:
        yield make


def _plan_http(trace: Trace, *, flows: bool) -> Iterator[_Planned]:
    for decoded in trace.flows:
        if flows or decoded.protocol != "other":
            flow = decoded.flow
            yield (flow.opened_ns, 0, (flow.number, 0), partial(flow_record, decoded, digests=flows))
    for exchange, role in zip(trace.exchanges, trace.roles, strict=True):
        yield (exchange.at_ns, 1, (exchange.number, 0), partial(exchange_record, exchange, role))


def _plan_websocket(trace: Trace, *, bodies: bool) -> Iterator[_Planned]:
    for message, protocol in zip(trace.messages, trace.message_protocols, strict=True):
        yield (message.at_ns, 1, (message.number, 0), partial(message_record, message, protocol, bodies=bodies))
    for place, control in enumerate(trace.controls):
        yield (control.span.start_ns, 1, (0, place), partial(control_record, control))


def _plan_socketio(trace: Trace, *, bodies: bool) -> Iterator[_Planned]:
    for place, session in enumerate(trace.engine_sessions):
        at_ns = session.opened_ns if session.opened_ns is not None else trace.first_ns
        yield (at_ns, 1, (0, place), partial(session_record, session))
    for packet, protocol in zip(trace.socket_packets, trace.packet_protocols, strict=True):
        yield (packet.at_ns, 2, (packet.number, 0), partial(packet_record, packet, protocol, bodies=bodies))


def _plan_signaling(trace: Trace, *, bodies: bool) -> Iterator[_Planned]:
    started = {session.number: session.started_ns for session in trace.sessions}
    for place, peer in enumerate(trace.peers):
        yield (_appeared_ns(peer, started), 2, (place, 0), partial(peer_record, peer))
    for place, wait in enumerate(trace.waits):
        at_ns = wait.ended_ns if wait.asked_ns is None else wait.asked_ns
        yield (at_ns, 3, (place, 0), partial(wait_record, wait))
    for place, act in enumerate(trace.acts):
        yield (act.at_ns, 3, (place, 1), partial(act_record, act))
    for signal in trace.signals:
        for place, make in enumerate(_signal_makers(signal, bodies=bodies)):
            yield (signal.began_ns, 4, (signal.number, place), make)
    for call in trace.calls:
        make = partial(call_record, call, trace.verdicts.get(call.number))
        yield (call.began_ns, 5, (call.number, 0), make)


def _signal_makers(signal: Signal, *, bodies: bool) -> Iterator[partial[Record]]:
    """A signal, and right behind it what it holds."""
    yield partial(signal_record, signal, bodies=bodies)
    description = signal.content.description
    if description is not None:
        yield partial(description_record, signal, description, bodies=bodies)
    for placed in candidates_of(signal):
        yield partial(candidate_record, signal, placed)


def _appeared_ns(peer: Peer, started: dict[int, int]) -> int:
    """When a peer joined; one that was there before stands where its session begins."""
    return peer.joined_ns if peer.joined_ns is not None else started.get(peer.session, 0)


def _plan_notices(trace: Trace) -> Iterator[_Planned]:
    """A notice has a packet, not a time: it stands behind what is known to have happened by then."""
    parts = (part for exchange in trace.exchanges for part in (exchange.request, exchange.response) if part is not None)
    spans = [*(part.span for part in parts), *(message.span for message in trace.messages)]
    known = sorted((span.last_packet, span.end_ns) for span in spans)
    packets = [packet for packet, _ in known]
    latest = _running_maximum(at_ns for _, at_ns in known)
    for place, notice in enumerate(trace.notices):
        before = bisect_right(packets, notice.packet or 0)
        at_ns = latest[before - 1] if before else trace.first_ns
        yield (at_ns, 6, (place, 0), partial(notice_record, notice))


def _running_maximum(values: Iterable[int]) -> list[int]:
    maxima: list[int] = []
    for value in values:
        maxima.append(value if not maxima else max(value, maxima[-1]))
    return maxima
