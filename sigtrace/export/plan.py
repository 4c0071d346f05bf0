"""What will be records, in the ranks in which they stand where they are of one moment.

A large capture has a hundred thousand records. They are planned as columns: an object for each would take more time to
come by than most records take to be made. What a signal holds, which is half of all records, stands right behind it and
is not put in order at all.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from itertools import accumulate
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
    from sigtrace.trace import Trace

    Make: TypeAlias = Callable[..., Record]


class Planned(Value, frozen=True):
    """Records of one kind before they are made, in any order."""

    make: Make
    values: Iterable[tuple[Any, ...]]  # what each is made of
    times: list[int]
    numbers: Iterable[int]  # in their rank; of one number, what is named first comes first
    behind: Callable[..., Iterator[tuple[Make, tuple[Any, ...]]]] | None = None
    """Of the same values: what makes the records that stand right behind each, and what these are made of."""


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


def _plan_flows(trace: Trace, *, flows: bool) -> Planned:
    told = [one for one in trace.flows if flows or one.protocol != "other"]
    times = [one.flow.opened_ns for one in told]
    return Planned(partial(flow_record, digests=flows), zip(told), times, [one.flow.number for one in told])


def _plan_controls(trace: Trace) -> Planned:
    times = [one.span.start_ns for one in trace.controls]
    return Planned(control_record, zip(trace.controls), times, range(len(times)))


def _plan_sessions(trace: Trace) -> Planned:
    times = [trace.first_ns if one.opened_ns is None else one.opened_ns for one in trace.engine_sessions]
    return Planned(session_record, zip(trace.engine_sessions), times, range(len(times)))


def _plan_exchanges(trace: Trace) -> Planned:
    times = [one.at_ns for one in trace.exchanges]
    values = zip(trace.exchanges, trace.roles, strict=True)
    return Planned(exchange_record, values, times, [one.number for one in trace.exchanges])


def _plan_messages(trace: Trace, *, bodies: bool) -> Planned:
    times = [one.at_ns for one in trace.messages]
    values = zip(trace.messages, trace.message_protocols, strict=True)
    return Planned(partial(message_record, bodies=bodies), values, times, [one.number for one in trace.messages])


def _plan_packets(trace: Trace, *, bodies: bool) -> Planned:
    times = [one.at_ns for one in trace.socket_packets]
    values = zip(trace.socket_packets, trace.packet_protocols, strict=True)
    return Planned(partial(packet_record, bodies=bodies), values, times, [one.number for one in trace.socket_packets])


def _plan_peers(trace: Trace) -> Planned:
    started = {session.number: session.started_ns for session in trace.sessions}
    times = [_appeared_ns(one, started) for one in trace.peers]
    return Planned(peer_record, zip(trace.peers), times, range(len(times)))


def _appeared_ns(peer: Peer, started: dict[int, int]) -> int:
    """When a peer joined; one that was there before stands where its session begins."""
    return peer.joined_ns if peer.joined_ns is not None else started.get(peer.session, 0)


def _plan_waits(trace: Trace) -> Planned:
    times = [one.ended_ns if one.asked_ns is None else one.asked_ns for one in trace.waits]
    return Planned(wait_record, zip(trace.waits), times, range(len(times)))


def _plan_acts(trace: Trace) -> Planned:
    times = [one.at_ns for one in trace.acts]
    return Planned(act_record, zip(trace.acts), times, range(len(times)))


def _plan_signals(trace: Trace, *, bodies: bool) -> Planned:
    make, make_description = partial(signal_record, bodies=bodies), partial(description_record, bodies=bodies)

    def behind(signal: Signal) -> Iterator[tuple[Make, tuple[Any, ...]]]:
        """Yield what a signal holds: the candidate it is, or a description with those in its sections."""
        candidate, description = signal.content.candidate, signal.content.description
        if candidate is not None:
            yield candidate_record, (signal, candidate, None)
        if description is not None:
            yield make_description, (signal, description)
            for media in description.media:
                for one in media.candidates:
                    yield candidate_record, (signal, one, media)

    times = [one.began_ns for one in trace.signals]
    return Planned(make, zip(trace.signals), times, [one.number for one in trace.signals], behind)


def _plan_calls(trace: Trace) -> Planned:
    times = [one.began_ns for one in trace.calls]
    values = [(one, trace.verdicts.get(one.number)) for one in trace.calls]
    return Planned(call_record, values, times, [one.number for one in trace.calls])


def _plan_notices(trace: Trace) -> Planned:
    times = _times_of_notices(trace) if trace.notices else []
    return Planned(notice_record, zip(trace.notices), times, range(len(times)))


def _times_of_notices(trace: Trace) -> list[int]:
    """Date notices: one has a packet, not a time, and stands behind what is known to have happened by then."""
    parts = (part for exchange in trace.exchanges for part in (exchange.request, exchange.response) if part is not None)
    spans = [*(part.span for part in parts), *(message.span for message in trace.messages)]
    known = sorted((span.last_packet, span.end_ns) for span in spans)
    packets = [packet for packet, _ in known]
    latest = [trace.first_ns, *accumulate((at_ns for _, at_ns in known), max)]
    return [latest[bisect_right(packets, notice.packet or 0)] for notice in trace.notices]
