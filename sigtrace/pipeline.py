"""The only wiring: capture items in, a `Trace` out; the way of the data as code, read from top to bottom."""

from __future__ import annotations

from enum import Enum
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.flow_decoder import FlowDecoder, Speech
from sigtrace.application.http.message import Exchange
from sigtrace.application.socketio.packet import EnginePurpose
from sigtrace.application.socketio.traffic import bears_socketio, decode_socketio
from sigtrace.application.unfinished import Unfinished
from sigtrace.application.websocket.message import ControlFrame, Message
from sigtrace.application.whole_flow import decode_whole
from sigtrace.calls.history import write_history
from sigtrace.calls.surroundings import Surroundings
from sigtrace.capture.batch import Batch
from sigtrace.capture.facts import CaptureFacts
from sigtrace.notices import Notice, NoticeLog
from sigtrace.packets.endpoint import decode_endpoint
from sigtrace.packets.packet import Segment
from sigtrace.packets.rows import Rows
from sigtrace.packets.sieve import Sieve
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.exchange_log import ExchangeLog
from sigtrace.signaling.message_log import MessageLog
from sigtrace.signaling.numbering import Numbering, number_in_time
from sigtrace.signaling.reading import read_units
from sigtrace.signaling.recollection import Recollection
from sigtrace.streams.agenda import Agenda, Later
from sigtrace.streams.conversation import Conversation
from sigtrace.streams.flow import Delivery, End
from sigtrace.streams.order import TimeOrder
from sigtrace.streams.reassembly import MAX_KEPT_FACTS, Reassembler
from sigtrace.streams.runs import LEAST_ROWS, Run, find_runs
from sigtrace.trace import DecodedFlow, Trace
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from sigtrace.application.socketio.traffic import SocketTraffic
    from sigtrace.application.whole_flow import Told
    from sigtrace.calls.rooms.channels import Channel
    from sigtrace.capture.batch import CaptureItem
    from sigtrace.signaling.protocol import SignalingProtocol
    from sigtrace.streams.acknowledgments import Acknowledgments
    from sigtrace.streams.flow import Flow, Words


FACTS_UNTIDIED: Final = 10_000
"""Flows that are over whose facts may be known though nothing they said is kept, 0.6 KiB each: above it they go."""


def analyze(
    items: Iterable[CaptureItem],
    *,
    all_flows: bool = False,
    verify_checksums: bool = False,
    protocols: Sequence[SignalingProtocol] = PROTOCOLS,
) -> Trace:
    """Explain what a capture holds.

    Args:
        items: what `sigtrace.read` yields, or any other source of capture items.
        all_flows: keep and hash every TCP connection, also those that speak nothing we know.
        verify_checksums: make notices of wrong checksums, and leave out TCP segments that have one. Takes some time.
        protocols: the signaling protocols to look for; of two that fit equally well the first is believed.
    Returns: the trace; damage in the capture becomes notices in it.
    """
    analyzer = Analyzer(all_flows=all_flows, verify_checksums=verify_checksums, protocols=protocols)
    for item in items:
        analyzer.feed(item)
    return analyzer.close()


class Analyzer:
    """Feeds capture items through the stages, and puts together what they found.

    `feed` takes items as they come, from a file or live; `close` ends the capture and returns the trace.

    Args:
        all_flows, verify_checksums, protocols: as `analyze` takes them.
        runs: False takes every segment by itself, with the same result; tests compare the two.
    """

    def __init__(
        self,
        *,
        all_flows: bool = False,
        verify_checksums: bool = False,
        protocols: Sequence[SignalingProtocol] = PROTOCOLS,
        runs: bool = True,
    ) -> None:
        self._all_flows = all_flows
        self._runs = runs
        self._protocols = protocols
        self._captures = CaptureFacts()
        self._sieve = Sieve(all_flows=all_flows, verify_checksums=verify_checksums)
        self._order = TimeOrder()
        self._reassembler = Reassembler(digest=all_flows)
        self._decoders: dict[int, FlowDecoder | None] = {}  # by flow; None: spoke something else, and is kept
        self._half_ended: set[int] = set()  # flows of which one direction has ended
        self._early_ends: dict[int, Delivery] = {}  # by flow: the end of a direction before anything was said
        self._spoken: dict[int, _Speech] = {}  # flows that carried something decoded
        self._told: dict[int, tuple[tuple[Words, Words], Told]] = {}  # by whole connections, by row
        self._tidy_at = FACTS_UNTIDIED
        self._unfinished = Unfinished()
        self._exchanges = ExchangeLog(protocols, bears=bears_socketio)
        self._messages = MessageLog()
        self._notices = NoticeLog()
        self.news = 0  # grows whenever there may be more to tell
        self._numbering = Numbering()
        self._recollection: Recollection | None = None  # there is one once the trace was told so far

    def feed(self, item: CaptureItem) -> None:
        """Take one item: records go through the stages, all else is kept beside them."""
        if isinstance(item, Batch):
            self._captures.count(item)
            self._take(self._sift(item))
            self._tidy_flows()
            if self._unfinished.is_due:
                self._bound_unfinished()
        elif isinstance(item, Notice):
            self.news += 1
            self._notices.add(item)
        else:
            self._captures.add(item)

    def close(self) -> Trace:
        """End the capture: what is still open comes out as such, and the trace is put together."""
        for notice in (*self._captures.notices(), *self._sieve.close()):
            self._notices.add(notice)
        self._reassemble(self._order.flush())
        for delivery in self._reassembler.close():
            self._decode(delivery)
        for decoder in self._decoders.values():
            if decoder is not None:
                self._keep(decoder.close(), _speech(decoder))
        flows = self._flows()
        del self._reassembler, self._decoders  # what follows needs the memory
        messages, controls = self._messages.finished()
        number = number_in_time if self._recollection is None else self._numbering.number
        return self._tell(*number(self._exchanges.finished(), messages), controls, flows)

    def settle(self, until_ns: int) -> None:
        """Let go what was held back for the sake of order and is as old as that: a capture that is watched waits."""
        self._reassemble(self._order.release(until_ns))

    def so_far(self) -> Trace:
        """Return what the capture tells so far: what hangs still hangs, and feeding goes on.

        Told again and again, only what is new costs more than a look.
        """
        hanging = []
        for number, decoder in self._decoders.items():
            if decoder is not None and (found := decoder.hanging()):
                hanging += found
                self._spoken[number] = _speech(decoder)
        messages, controls = self._messages.so_far()
        if self._recollection is None:
            self._recollection = Recollection()
        self._recollection.turn()
        return self._tell(*self._numbering.number(self._exchanges.so_far(hanging), messages), controls, self._flows())

    def forget(self, gone: Container[int], before_ns: int) -> None:
        """Keep exchanges and messages of these numbers no longer, nor other facts from before a time.

        Args:
            gone: numbers as `so_far` gave them last; the others keep theirs.
            before_ns: of control frames, and of connections that are over.
        """
        number_of = self._numbering.number_of
        self._exchanges.forget(lambda one: number_of(one) in gone)
        self._messages.forget(lambda one: number_of(one) in gone, before_ns)
        self._numbering.forget(gone)
        kept = {one.flow for one in self._exchanges.so_far(())} | {one.flow for one in self._messages.so_far()[0]}
        self._spoken = {flow: speech for flow, speech in self._spoken.items() if flow in kept or flow in self._decoders}
        self._reassembler.keep_only(self._spoken)
        self._reassembler.let_closed_go(self._spoken, before_ns)

    def _sift(self, batch: Batch) -> Rows | list[Segment]:
        found, notices = self._sieve.sift(batch)
        for notice in notices:
            self._notices.add(notice)
        return found

    def _take(self, found: Rows | list[Segment]) -> None:
        """Let the segments of a batch go on, in order of time."""
        if not isinstance(found, Rows):
            self._reassemble(self._order.feed(found))
            return
        ready, passing = self._order.feed_rows(found)
        self._reassemble(ready)
        if passing:
            rows = found.first(passing)
            runs = find_runs(rows, has_room=self._reassembler.has_room) if self._runs else []
            runs = [run for run in runs if not isinstance(run, Conversation) or self._is_http(run)]
            if runs:
                self._reassemble_runs(rows, runs)
            else:
                self._reassemble(rows.segments())

    def _is_http(self, whole: Conversation) -> bool:
        """Decode what is said on a whole connection; tell whether it is HTTP, and so can be taken at once."""
        words = whole.words(0), whole.words(1)
        ends = decode_endpoint(whole.source), decode_endpoint(whole.destination)
        told = decode_whole(words, whole.answer_place, partial(whole.items, words), ends)
        if told is None:
            return False
        self._told[whole.place] = words, told
        return True

    def _reassemble_runs(self, rows: Rows, runs: Sequence[Run | Acknowledgments | Conversation]) -> None:
        """Give segments and runs to the reassembler, and what comes out to the decoders."""
        reassembler, agenda = self._reassembler, Agenda(rows, runs)
        reassembler.begin(rows)
        for place, unit in agenda:
            self._decode_all(reassembler.reach(place))
            if isinstance(unit, Segment):
                self._decode_all(reassembler.feed(unit))
            elif isinstance(unit, Later):
                unit.act()
            elif isinstance(unit, Conversation):
                self._take_conversation(unit, agenda)
            elif isinstance(unit, Run):
                self._take_run(unit, agenda)
            elif not reassembler.take_acknowledgments(unit) and not reassembler.pass_by(unit):
                agenda.split_first(unit)
        self._decode_all(reassembler.end())

    def _take_conversation(self, whole: Conversation, agenda: Agenda) -> None:
        """Take a whole connection at once; what it tells is kept when the turn of the row has come that tells it."""
        words, told = self._told.pop(whole.place)
        out: list[Delivery | Notice] = []
        number = self._reassembler.take_conversation(whole, words, out)
        self._decode_all(out)
        if number is None:
            agenda.split(whole)
            return
        self.news += 1
        self._unfinished.grow_within(
            sum(len(one.data) for one in words) + told.begun, sum(one.packets for one in words)
        )
        for place, found in told.by(number):
            agenda.put_back(Later(place, partial(self._keep, found, _ASKED_BY_ORIGINATOR)))

    def _take_run(self, run: Run, agenda: Agenda) -> None:
        """Take as much of a run at once as lies within a body; before that and behind it, one by one."""
        rows, stream = run.of.rows, self._reassembler.carrier(run)
        decoder = self._decoders.get(stream.connection.number) if stream is not None else None
        if stream is None or decoder is None:
            if not self._reassembler.pass_by(run):
                agenda.split(run)
            return
        data = run.join()
        size = run.within(decoder.inside(stream.from_originator, data))
        if size < LEAST_ROWS:
            agenda.split_first(run)
            return
        if size < run.size:
            run, behind = run.divide(size)
            agenda.put_back(behind)
            data = data[: int(run.ends[-1]) - run.sent]
        last = run.last_place
        self._reassembler.take(stream, run, data)
        decoder.fill(stream.from_originator, data, int(rows.at_ns[last]), int(rows.number[last]))
        self._unfinished.grow_within(len(data), size)
        self.news += size

    def _decode_all(self, deliveries: Iterable[Delivery | Notice]) -> None:
        for delivery in deliveries:
            self._decode(delivery)

    def _reassemble(self, segments: Iterable[Segment]) -> None:
        reassemble = self._reassembler.feed
        for segment in segments:
            for delivery in reassemble(segment):
                self._decode(delivery)

    def _decode(self, delivery: Delivery | Notice) -> None:
        """Give one stream item to the decoder of its flow."""
        if isinstance(delivery, Notice):
            self._notices.add(delivery)
            return
        number, from_originator, item = delivery
        decoder = self._decoders.get(number, _UNMET)
        if decoder is _UNMET:
            if not self._reassembler.follows(number):
                return  # dropped by what came right before, of the same segment
            if isinstance(item, End):
                self._end_unmet(delivery)
                return
            decoder = self._decoders[number] = self._decoder_for(number)
            if number in self._early_ends:
                self._decode(self._early_ends.pop(number))
        if decoder is not None:
            self.news += 1
            before = decoder.begun
            found = decoder.feed(from_originator, item)
            self._unfinished.grow(item, decoder.begun - before)
            if found:
                self._keep(found, _speech(decoder))
            if decoder.speech is Speech.OTHER:
                self._drop(number, decoder)
        if isinstance(item, End) and number in self._decoders:
            self._end_direction(number, decoder)

    def _decoder_for(self, number: int) -> FlowDecoder:
        originator, responder, handshake_seen = self._reassembler.ends(number)
        return FlowDecoder(number, originator, responder, handshake_seen=handshake_seen)

    def _end_unmet(self, delivery: Delivery) -> None:
        """Of a flow on which nothing was said yet, remember the first end: the other side may still speak."""
        if self._early_ends.pop(delivery.flow, None) is None:
            self._early_ends[delivery.flow] = delivery

    def _drop(self, number: int, decoder: FlowDecoder) -> None:
        """Spend no more work on a flow that speaks something else; what it had said before stays."""
        self._keep(decoder.close(), _speech(decoder))
        if self._all_flows or number in self._spoken:
            self._decoders[number] = None
            return
        del self._decoders[number]
        self._half_ended.discard(number)
        self._sieve.drop(*self._reassembler.forget(number))

    def _end_direction(self, number: int, decoder: FlowDecoder | None) -> None:
        """After the second end nothing more comes of a flow."""
        if number not in self._half_ended:
            self._half_ended.add(number)
            return
        self._half_ended.discard(number)
        if decoder is not None:
            self._keep(decoder.close(), _speech(decoder))
        del self._decoders[number]

    def _keep(self, found: Iterable[Exchange | Message | ControlFrame | Notice], speech: _Speech) -> None:
        for one in found:
            if isinstance(one, Exchange):
                kept = self._exchanges.add(one)
            elif isinstance(one, Message):
                kept = self._messages.add(one)
            elif isinstance(one, ControlFrame):
                kept = self._messages.add_control(one)
            else:
                self._notices.add(one)
                continue
            if kept or (self._all_flows and len(self._spoken) < MAX_KEPT_FACTS):
                self._spoken[one.flow] = speech

    def _tidy_flows(self) -> None:
        """Once there are twice as many as last time, let the facts go of flows that are over and said nothing kept."""
        if self._reassembler.kept >= self._tidy_at and not self._all_flows:
            self._reassembler.keep_only(self._spoken)
            self._tidy_at = 2 * self._reassembler.kept + FACTS_UNTIDIED

    def _bound_unfinished(self) -> None:
        for notice in self._unfinished.bound(self._decoders, self._reassembler.idlest, self._let_go):
            self._notices.add(notice)

    def _let_go(self, number: int) -> None:
        for delivery in self._reassembler.let_go(number):
            self._decode(delivery)

    def _flows(self) -> list[Flow]:
        return self._reassembler.flows(None if self._all_flows else self._spoken)

    def _tell(
        self,
        exchanges: tuple[Exchange, ...],
        messages: tuple[Message, ...],
        controls: tuple[ControlFrame, ...],
        flows: Sequence[Flow],
    ) -> Trace:
        by_number = {flow.number: flow for flow in flows}
        closed_ns = {flow.number: flow.closed_ns for flow in flows if flow.closed_ns is not None}
        traffic = decode_socketio(exchanges, messages, closed_ns=closed_ns)
        if self._recollection is not None:
            traffic = replace(traffic, packets=self._recollection.same(traffic.packets))
        carrying = _carrying(traffic, exchanges)
        reading = read_units(
            self._protocols, exchanges, messages, traffic.packets, carrying, recollection=self._recollection
        )
        captures = self._captures.finished()
        history = write_history(
            reading.events,
            Surroundings(
                last_ns=max((one.last_ns for one in captures if one.last_ns is not None), default=0),
                closed_ns=closed_ns,
                channels=_channels(exchanges, messages, controls, by_number, traffic),
                engines={session.channel: session for session in traffic.sessions},
                polls=traffic.polls,
                exchanges={one.number: one for one in exchanges if one.number in traffic.purposes},
            ),
        )
        logs = (self._exchanges.notices(), self._messages.notices(), traffic.notices, reading.notices)
        return Trace(
            captures=captures,
            tally=self._sieve.tally(),
            flows=tuple(map(self._decoded, flows)),
            exchanges=exchanges,
            roles=reading.roles,
            messages=messages,
            message_protocols=reading.message_protocols,
            controls=controls,
            socket_packets=traffic.packets,
            packet_protocols=reading.packet_protocols,
            engine_sessions=traffic.sessions,
            sessions=tuple(history.sessions),
            peers=tuple(history.peers),
            waits=tuple(history.waits),
            acts=tuple(history.acts),
            signals=tuple(history.signals),
            calls=tuple(history.calls),
            verdicts=history.verdicts,
            protocols=tuple(self._protocols),
            notices=self._notices.finished(chain.from_iterable(logs)),
            comments=self._captures.comments,
        )

    def _decoded(self, flow: Flow) -> DecodedFlow:
        protocol, client_is_originator = self._spoken.get(flow.number, _UNKNOWN_SPEECH)
        return DecodedFlow(flow=flow, protocol=protocol, client_is_originator=client_is_originator)


def _channels(
    exchanges: Sequence[Exchange],
    messages: Sequence[Message],
    controls: Sequence[ControlFrame],
    flows: Mapping[int, Flow],
    traffic: SocketTraffic,
) -> Mapping[str, Channel]:
    """Return the channels that WebSockets and namespaces of Socket.IO are, by key; most captures have none."""
    if not messages and not traffic.sessions and not any(map(_switches, exchanges)):
        return {}
    from sigtrace.calls.rooms.channels import find_channels, find_socket_channels

    websockets = find_channels(exchanges, messages, controls, flows)
    return {**websockets, **find_socket_channels(traffic.sessions, traffic.packets, websockets)}


def _switches(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == 101


def _carrying(traffic: SocketTraffic, exchanges: Iterable[Exchange]) -> dict[int, ExchangeKind]:
    """Return what bears Socket.IO: exchanges by what they are for, messages as such."""
    carrying = dict.fromkeys(traffic.messages, ExchangeKind.MESSAGE)
    for exchange in exchanges:
        purpose = traffic.purposes.get(exchange.number)
        if purpose is not None:
            preflight = exchange.request is not None and exchange.request.method == "OPTIONS"
            carrying[exchange.number] = ExchangeKind.OPTIONS if preflight else _PURPOSES[purpose]
    return carrying


_PURPOSES: Final = {
    EnginePurpose.OPEN: ExchangeKind.OPEN,
    EnginePurpose.POLL: ExchangeKind.WAIT,
    EnginePurpose.SEND: ExchangeKind.MESSAGE,
    EnginePurpose.UPGRADE: ExchangeKind.UPGRADE,
    EnginePurpose.OTHER: ExchangeKind.OTHER,
}


class _Unmet(Enum):
    """What stands for the decoder of a flow not met before: None stands for one that is done."""

    UNMET = 0


_UNMET: Final = _Unmet.UNMET


class _Speech(NamedTuple):
    """What is kept of a flow's decoder once it is done."""

    protocol: str
    client_is_originator: bool


_UNKNOWN_SPEECH = _Speech("other", client_is_originator=True)
_SPEECHES = {
    (speech, by_originator): _Speech("websocket" if speech is Speech.WEBSOCKET else "http", by_originator)
    for speech in Speech
    for by_originator in (True, False)
}

_ASKED_BY_ORIGINATOR: Final = _SPEECHES[Speech.HTTP, True]


def _speech(decoder: FlowDecoder) -> _Speech:
    return _SPEECHES[decoder.speech, decoder.client_is_originator is not False]
