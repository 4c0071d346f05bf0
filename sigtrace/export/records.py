"""All records of a trace in the order of the contract: the captures first, then everything by time.

Records are plain dicts, made one at a time as they are asked for: a line of an export is what they are for, and this is
the one place where dicts cross a border. `docs/export.md` says what every field means.

Theory of operation. What will be records is planned first, rank by rank: what of one moment comes first has the lower
rank, as a connection comes before the exchange on it. Inside a rank it stands by its number. All ranks, one behind the
other, are then sorted by time alone: sorting is stable, so what is of one moment stays in order of rank and number. A
trace is in order of time already, so each of these sorts has little to do.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from sigtrace.export.capture_records import capture_record, notice_record
from sigtrace.export.http_records import exchange_record, flow_record
from sigtrace.export.sdp_records import candidate_record, description_record
from sigtrace.export.signaling_records import act_record, call_record, peer_record, signal_record, wait_record
from sigtrace.export.socketio_records import packet_record, session_record
from sigtrace.export.websocket_records import control_record, message_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.calls.peers import Peer
    from sigtrace.export.record import Record
    from sigtrace.trace import Trace


_Planned: TypeAlias = "tuple[int, int, partial[Record]]"
"""A record before it is made: its time, its number in its rank, and how to make it.

A plain tuple, as a large capture has a hundred thousand of them.
"""

_TIME, _NUMBER, _MAKE = map(itemgetter, range(3))


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
    plan: list[_Planned] = []
    for of_one_rank in _plan_ranks(trace, flows=flows, bodies=bodies):
        plan += sorted(of_one_rank, key=_NUMBER)
    plan.sort(key=_TIME)
    yield from [partial(capture_record, capture) for capture in trace.captures]
    yield from map(_MAKE, plan)


def _plan_ranks(trace: Trace, *, flows: bool, bodies: bool) -> Iterator[Iterable[_Planned]]:
    """Yield what is planned of each rank; of one number, what is named first comes first."""
    yield _plan_flows(trace, flows=flows)
    yield chain(_plan_controls(trace), _plan_sessions(trace))
    yield chain(_plan_exchanges(trace), _plan_messages(trace, bodies=bodies))
    yield chain(_plan_packets(trace, bodies=bodies), _plan_peers(trace))
    yield chain(_plan_waits(trace), _plan_acts(trace))
    yield _plan_signals(trace, bodies=bodies)
    yield _plan_calls(trace)
    yield _plan_notices(trace)


def _plan_flows(trace: Trace, *, flows: bool) -> Iterator[_Planned]:
    for decoded in trace.flows:
        if flows or decoded.protocol != "other":
            flow = decoded.flow
            yield flow.opened_ns, flow.number, partial(flow_record, decoded, digests=flows)


def _plan_controls(trace: Trace) -> Iterator[_Planned]:
    for place, control in enumerate(trace.controls):
        yield control.span.start_ns, place, partial(control_record, control)


def _plan_sessions(trace: Trace) -> Iterator[_Planned]:
    for place, session in enumerate(trace.engine_sessions):
        at_ns = session.opened_ns if session.opened_ns is not None else trace.first_ns
        yield at_ns, place, partial(session_record, session)


def _plan_exchanges(trace: Trace) -> Iterator[_Planned]:
    for exchange, role in zip(trace.exchanges, trace.roles, strict=True):
        yield exchange.at_ns, exchange.number, partial(exchange_record, exchange, role)


def _plan_messages(trace: Trace, *, bodies: bool) -> Iterator[_Planned]:
    for message, protocol in zip(trace.messages, trace.message_protocols, strict=True):
        yield message.at_ns, message.number, partial(message_record, message, protocol, bodies=bodies)


def _plan_packets(trace: Trace, *, bodies: bool) -> Iterator[_Planned]:
    for packet, protocol in zip(trace.socket_packets, trace.packet_protocols, strict=True):
        yield packet.at_ns, packet.number, partial(packet_record, packet, protocol, bodies=bodies)


def _plan_peers(trace: Trace) -> Iterator[_Planned]:
    started = {session.number: session.started_ns for session in trace.sessions}
    for place, peer in enumerate(trace.peers):
        yield _appeared_ns(peer, started), place, partial(peer_record, peer)


def _plan_waits(trace: Trace) -> Iterator[_Planned]:
    for place, wait in enumerate(trace.waits):
        at_ns = wait.ended_ns if wait.asked_ns is None else wait.asked_ns
        yield at_ns, place, partial(wait_record, wait)


def _plan_acts(trace: Trace) -> Iterator[_Planned]:
    for place, act in enumerate(trace.acts):
        yield act.at_ns, place, partial(act_record, act)


def _plan_signals(trace: Trace, *, bodies: bool) -> Iterator[_Planned]:
    """A signal, and right behind it what it holds."""
    for signal in trace.signals:
        at_ns, number, content = signal.began_ns, signal.number, signal.content
        yield at_ns, number, partial(signal_record, signal, bodies=bodies)
        if content.description is not None:
            yield at_ns, number, partial(description_record, signal, content.description, bodies=bodies)
        if content.candidate is not None:
            yield at_ns, number, partial(candidate_record, signal, content.candidate, None)
        for media in content.description.media if content.description else ():
            for candidate in media.candidates:
                yield at_ns, number, partial(candidate_record, signal, candidate, media)


def _plan_calls(trace: Trace) -> Iterator[_Planned]:
    for call in trace.calls:
        yield call.began_ns, call.number, partial(call_record, call, trace.verdicts.get(call.number))


def _appeared_ns(peer: Peer, started: dict[int, int]) -> int:
    """When a peer joined; one that was there before stands where its session begins."""
    return peer.joined_ns if peer.joined_ns is not None else started.get(peer.session, 0)


def _plan_notices(trace: Trace) -> Iterator[_Planned]:
    """A notice has a packet, not a time: it stands behind what is known to have happened by then."""
    if not trace.notices:
        return
    parts = (part for exchange in trace.exchanges for part in (exchange.request, exchange.response) if part is not None)
    spans = [*(part.span for part in parts), *(message.span for message in trace.messages)]
    known = sorted((span.last_packet, span.end_ns) for span in spans)
    packets = [packet for packet, _ in known]
    latest = _running_maximum(at_ns for _, at_ns in known)
    for place, notice in enumerate(trace.notices):
        before = bisect_right(packets, notice.packet or 0)
        at_ns = latest[before - 1] if before else trace.first_ns
        yield at_ns, place, partial(notice_record, notice)


def _running_maximum(values: Iterable[int]) -> list[int]:
    maxima: list[int] = []
    for value in values:
        maxima.append(value if not maxima else max(value, maxima[-1]))
    return maxima
