"""What will be records, in the ranks in which they stand where they are of one moment.

A large capture has a hundred thousand records. They are planned as columns: an object for each would take more time to
come by than most records take to be made.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from itertools import accumulate, repeat
from typing import TYPE_CHECKING, Any

from sigtrace.export.capture_records import notice_record
from sigtrace.export.http_records import exchange_record, flow_record
from sigtrace.export.sdp_records import candidate_record, description_record
from sigtrace.export.signaling_records import act_record, call_record, peer_record, signal_record, wait_record
from sigtrace.export.socketio_records import packet_record, session_record
from sigtrace.export.websocket_records import control_record, message_record
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from sigtrace.calls.peers import Peer
    from sigtrace.calls.signals import Signal
    from sigtrace.export.record import Record
    from sigtrace.sdp.candidate import Candidate
    from sigtrace.sdp.media import MediaDescription
    from sigtrace.trace import Trace

    Make: TypeAlias = Callable[..., Record]


class Planned(Value, frozen=True, kw_only=True):
    """Records of one kind before they are made, in any order."""

    times: list[int]
    numbers: Iterable[int]  # in their rank; of one number, what is named first comes first
    makes: Iterable[Make]  # what makes each
    values: Iterable[tuple[Any, ...]]  # what of


def plan_ranks(trace: Trace, *, flows: bool, bodies: bool) -> Iterator[tuple[Planned, ...]]:
    """Yield what is planned of each rank."""
    yield (_plan_flows(trace, flows=flows),)
    yield _plan_controls(trace), _plan_sessions(trace)
    yield _plan_exchanges(trace), _plan_messages(trace, bodies=bodies)
    yield _plan_packets(trace, bodies=bodies), _plan_peers(trace)
    yield _plan_waits(trace), _plan_acts(trace)
    yield (_plan_signals(trace, bodies=bodies),)
    yield (_plan_calls(trace),)
    yield (_plan_notices(trace),)


def _all_by(make: Make, values: Iterable[tuple[Any, ...]], times: list[int], numbers: Iterable[int]) -> Planned:
    """Plan records that are all made in the same way."""
    return Planned(times=times, numbers=numbers, makes=repeat(make, len(times)), values=values)


def _plan_flows(trace: Trace, *, flows: bool) -> Planned:
    told = [one for one in trace.flows if flows or one.protocol != "other"]
    times = [one.flow.opened_ns for one in told]
    return _all_by(partial(flow_record, digests=flows), zip(told), times, [one.flow.number for one in told])


def _plan_controls(trace: Trace) -> Planned:
    times = [one.span.start_ns for one in trace.controls]
    return _all_by(control_record, zip(trace.controls), times, range(len(times)))


def _plan_sessions(trace: Trace) -> Planned:
    times = [trace.first_ns if one.opened_ns is None else one.opened_ns for one in trace.engine_sessions]
    return _all_by(session_record, zip(trace.engine_sessions), times, range(len(times)))


def _plan_exchanges(trace: Trace) -> Planned:
    times = [one.at_ns for one in trace.exchanges]
    values = zip(trace.exchanges, trace.roles, strict=True)
    return _all_by(exchange_record, values, times, [one.number for one in trace.exchanges])


def _plan_messages(trace: Trace, *, bodies: bool) -> Planned:
    times = [one.at_ns for one in trace.messages]
    values = zip(trace.messages, trace.message_protocols, strict=True)
    return _all_by(partial(message_record, bodies=bodies), values, times, [one.number for one in trace.messages])


def _plan_packets(trace: Trace, *, bodies: bool) -> Planned:
    times = [one.at_ns for one in trace.socket_packets]
    values = zip(trace.socket_packets, trace.packet_protocols, strict=True)
    return _all_by(partial(packet_record, bodies=bodies), values, times, [one.number for one in trace.socket_packets])


def _plan_peers(trace: Trace) -> Planned:
    started = {session.number: session.started_ns for session in trace.sessions}
    times = [_appeared_ns(one, started) for one in trace.peers]
    return _all_by(peer_record, zip(trace.peers), times, range(len(times)))


def _appeared_ns(peer: Peer, started: dict[int, int]) -> int:
    """When a peer joined; one that was there before stands where its session begins."""
    return peer.joined_ns if peer.joined_ns is not None else started.get(peer.session, 0)


def _plan_waits(trace: Trace) -> Planned:
    times = [one.ended_ns if one.asked_ns is None else one.asked_ns for one in trace.waits]
    return _all_by(wait_record, zip(trace.waits), times, range(len(times)))


def _plan_acts(trace: Trace) -> Planned:
    times = [one.at_ns for one in trace.acts]
    return _all_by(act_record, zip(trace.acts), times, range(len(times)))


def _plan_signals(trace: Trace, *, bodies: bool) -> Planned:
    """A signal, and right behind it what it holds."""
    times: list[int] = []
    numbers: list[int] = []
    makes: list[Make] = []
    values: list[tuple[Any, ...]] = []
    make_signal, make_description = partial(signal_record, bodies=bodies), partial(description_record, bodies=bodies)
    for signal in trace.signals:
        makes.append(make_signal)
        values.append((signal,))
        if signal.content.description is not None:
            makes.append(make_description)
            values.append((signal, signal.content.description))
        values += _candidates_of(signal)
        makes += repeat(candidate_record, len(values) - len(makes))
        numbers += repeat(signal.number, len(makes) - len(numbers))
        times += repeat(signal.began_ns, len(makes) - len(times))
    return Planned(times=times, numbers=numbers, makes=makes, values=values)


def _candidates_of(signal: Signal) -> Iterator[tuple[Signal, Candidate, MediaDescription | None]]:
    """Yield the candidates that a signal brings: the one it is, or those in sections of its description, with these."""
    content = signal.content
    if content.candidate is not None:
        yield signal, content.candidate, None
    for media in content.description.media if content.description else ():
        for candidate in media.candidates:
            yield signal, candidate, media


def _plan_calls(trace: Trace) -> Planned:
    times = [one.began_ns for one in trace.calls]
    values = [(one, trace.verdicts.get(one.number)) for one in trace.calls]
    return _all_by(call_record, values, times, [one.number for one in trace.calls])


def _plan_notices(trace: Trace) -> Planned:
    times = _times_of_notices(trace) if trace.notices else []
    return _all_by(notice_record, zip(trace.notices), times, range(len(times)))


def _times_of_notices(trace: Trace) -> list[int]:
    """Date notices: one has a packet, not a time, and stands behind what is known to have happened by then."""
    parts = (part for exchange in trace.exchanges for part in (exchange.request, exchange.response) if part is not None)
    spans = [*(part.span for part in parts), *(message.span for message in trace.messages)]
    known = sorted((span.last_packet, span.end_ns) for span in spans)
    packets = [packet for packet, _ in known]
    latest = [trace.first_ns, *accumulate((at_ns for _, at_ns in known), max)]
    return [latest[bisect_right(packets, notice.packet or 0)] for notice in trace.notices]
