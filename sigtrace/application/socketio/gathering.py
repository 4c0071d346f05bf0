"""Carriers → sessions: whose poll, post or WebSocket each one is, and what it brought."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.socketio.bodies import Captured, content_of, guess_protocol, read_body
from sigtrace.application.socketio.engine import EnginePacket, decode_binary_packet, decode_text_packet
from sigtrace.application.socketio.legacy import decode_legacy_engine, decode_legacy_handshake
from sigtrace.application.socketio.packet import EnginePacketKind, EnginePurpose, Poll
from sigtrace.application.socketio.payload import Payload
from sigtrace.application.socketio.pollers import UNCOUNTED, Pollers
from sigtrace.application.socketio.recognition import recognise_messages
from sigtrace.application.socketio.request import (
    LEGACY,
    EngineTarget,
    is_engineio,
    purpose_of,
    read_target,
)
from sigtrace.application.socketio.session import Carried, First, Opening, Session, read_opening
from sigtrace.application.websocket.message import MessageState, Opcode
from sigtrace.errors import DecodeError
from sigtrace.notices import Notice, Severity
from sigtrace.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sigtrace.application.http.message import Exchange, Request, Response
    from sigtrace.application.span import Span
    from sigtrace.application.websocket.message import Message
    from sigtrace.packets.endpoint import Endpoint

INCOMPLETE: Final = "socketio.incomplete"
MALFORMED_PAYLOAD: Final = "socketio.malformed-payload"

REFUSED_FROM: Final = 400
"""The first status that refuses a request (RFC 9110 §15.5)."""

_NOT_POLLING: Final = frozenset({"websocket", "flashsocket", ""})
_LEGACY_REFUSAL: Final = b"7:"
_UNASKED: Final = EngineTarget(path="", protocol=UNCOUNTED, transport="polling", sid=None)


class _Unasked(NamedTuple):
    """An answer whose request was not captured."""

    exchange: Exchange
    target: EngineTarget  # that its body lets guess
    payload: Payload
    captured: Captured
    opening: Opening | None


class Gathering:
    """Collects all sessions of a trace."""

    def __init__(self, note: Callable[[Notice], None]) -> None:
        self.purposes: dict[int, EnginePurpose] = {}
        self.messages: set[int] = set()
        self._note = note
        self._sessions: dict[tuple[Endpoint, str] | int, Session] = {}  # by server and sid, or by flow
        self._channels: set[str] = set()
        self._polls: list[Poll] = []
        self._on_flow: dict[int, list[tuple[int, Session]]] = defaultdict(list)  # exchanges' numbers, rising
        self._polling: list[tuple[str, Endpoint, Session]] = []  # from which address and at which server
        self._unasked: list[Exchange] = []

    def sessions(self) -> list[Session]:
        """Return the sessions in order of their first carriers."""
        return sorted(self._sessions.values(), key=lambda session: session.first[:3])

    def polls(self) -> list[Poll]:
        """Return the polls in order of time, which is that of their exchanges."""
        return sorted(self._polls, key=lambda poll: poll.exchange)

    # --- exchanges

    def add_exchange(self, exchange: Exchange) -> None:
        """Take an exchange, if it is Engine.IO."""
        if not is_engineio(exchange):
            return
        if exchange.request is None:
            self._unasked.append(exchange)
            return
        target = read_target(exchange.request.target)
        if target is None:
            return
        purpose = purpose_of(exchange.request.method, target)
        self.purposes[exchange.number] = purpose
        payload = self._answer(exchange, exchange.response, target, purpose)
        opening = _opening_of(exchange.response, payload, target)
        if opening is not None and purpose is EnginePurpose.POLL:
            purpose = self.purposes[exchange.number] = EnginePurpose.OPEN
        sid = opening.sid if opening else target.sid
        if sid is None:
            return
        session = self._session_of(exchange.server, sid)
        self._join(exchange, target, opening, session)
        if purpose is EnginePurpose.POLL:
            self._polls.append(_poll_of(exchange, payload, target, session))
        elif purpose is EnginePurpose.SEND:
            self._post(exchange, exchange.request, target, session)
        if target.closing:
            session.closings.append((exchange.request.span.start_ns, True))
        self._deliver(exchange, payload, session)

    def _join(self, exchange: Exchange, target: EngineTarget, opening: Opening | None, session: Session) -> None:
        """Make an exchange one of a session's."""
        session.meet(_first_of_exchange(exchange, target))
        session.exchanges.append(exchange.number)
        self._on_flow[exchange.flow].append((exchange.number, session))
        if opening is not None:
            session.openings.append(opening)
        session.polled = session.polled or target.transport not in _NOT_POLLING
        if session.polled:
            self._polling.append((exchange.client.address, exchange.server, session))

    def _post(self, exchange: Exchange, request: Request, target: EngineTarget, session: Session) -> None:
        data, captured = content_of(request.body, exchange)
        payload = read_body(data, target, captured, from_client=True)
        self._tell_damage(payload, captured, request.span)
        session.add(_carried(exchange, request.span, payload, from_client=True))

    def _answer(
        self, exchange: Exchange, response: Response | None, target: EngineTarget, purpose: EnginePurpose
    ) -> Payload:
        """Return what the answer to a GET brought."""
        polling = purpose in (EnginePurpose.OPEN, EnginePurpose.POLL) and bool(target.transport)
        if response is None or response.status >= REFUSED_FROM or not polling:
            return Payload([])
        data, captured = content_of(response.body, exchange)
        payload = read_body(data, target, captured, from_client=False)
        self._tell_damage(payload, captured, response.span)
        return payload

    def _deliver(self, exchange: Exchange, payload: Payload, session: Session) -> None:
        if payload.packets and exchange.response is not None:
            session.add(_carried(exchange, exchange.response.span, payload, from_client=False))

    def place_unasked(self) -> None:
        """Give answers whose requests were not captured to sessions nearby; call it after all others."""
        read = [_read_unasked(exchange) for exchange in self._unasked if exchange.response is not None]
        for one in read:
            if one.opening is not None:
                self._place(one, one.opening, self._session_of(one.exchange.server, one.opening.sid))
        pollers = Pollers(self._polling)
        for one in read:
            if one.opening is None:
                self._place(one, None, self._near(one, pollers))

    def _place(self, one: _Unasked, opening: Opening | None, session: Session) -> None:
        exchange, target, payload, captured, _ = one
        if opening is None and session.sid is not None:
            target = target._replace(path=session.first.path, protocol=session.protocol)
        session.meet(_first_of_exchange(exchange, target))
        session.exchanges.append(exchange.number)
        session.polled = True
        if opening is not None:
            session.openings.append(opening)
            self._polling.append((exchange.client.address, exchange.server, session))
        if exchange.response is not None:
            self._tell_damage(payload, captured, exchange.response.span)
        self._deliver(exchange, payload, session)
        self.purposes[exchange.number] = EnginePurpose.OPEN if opening else EnginePurpose.POLL
        if not opening:
            self._polls.append(_poll_of(exchange, payload, target, session))

    def _near(self, one: _Unasked, pollers: Pollers) -> Session:
        """Return the session of the exchange before one on its flow, else behind it.

        On a flow without any it is the only one that polls from that address, else one of that flow alone.
        """
        exchange = one.exchange
        neighbours = self._on_flow.get(exchange.flow)
        if not neighbours:
            return pollers.only(exchange, one.target) or self._flow_session(exchange.flow)
        before = bisect(neighbours, exchange.number, key=itemgetter(0))
        return neighbours[max(before - 1, 0)][1]

    # --- WebSocket messages

    def add_messages(self, messages: Iterable[Message]) -> None:
        """Take all messages; those of one flow belong together."""
        flows: dict[int, list[Message]] = defaultdict(list)
        for message in messages:
            flows[message.flow].append(message)
        for flow, of_flow in flows.items():
            target = _target_of(of_flow)
            if target is not None:
                self._add_websocket(flow, of_flow, target)

    def _add_websocket(self, flow: int, messages: list[Message], target: EngineTarget) -> None:
        decoded = [(message, self._decode(message, target.protocol)) for message in messages]
        opening = _first_opening(decoded)
        sid = target.sid or (opening.sid if opening else None)
        session = self._flow_session(flow) if sid is None else self._session_of(messages[0].server, sid)
        session.flows.add(flow)
        if opening is not None:
            session.openings.append(opening)
        for message, packet in decoded:
            self.messages.add(message.number)
            session.meet(_first_of_message(message, target))
            session.add(
                Carried(
                    span=message.span,
                    carrier=message.number,
                    from_client=message.from_client,
                    packets=[] if packet is None else [packet],
                    message=message.number,
                    lost=packet is None and message.opcode is Opcode.BINARY,
                )
            )

    def _decode(self, message: Message, protocol: int) -> EnginePacket | None:
        if message.data is None or message.state is not MessageState.COMPLETE:
            self._tell_incomplete(message.span, "a WebSocket message")
            return None
        try:
            if message.opcode is Opcode.BINARY:
                return decode_binary_packet(message.data, protocol)
            if protocol == LEGACY:
                return decode_legacy_engine(message.data, from_client=message.from_client)
            return decode_text_packet(message.data, protocol)
        except DecodeError as error:
            self._tell_malformed(message.span, str(error))
            return None

    # --- sessions

    def _session_of(self, server: Endpoint, sid: str) -> Session:
        """Return the session of an id at a server: both sides of a proxy may be captured, with the same ids."""
        session = self._sessions.get((server, sid))
        if session is None:
            channel = f"socket.io {sid}"
            if channel in self._channels:
                channel = f"{channel} at {server}"
            self._channels.add(channel)
            session = self._sessions[server, sid] = Session(channel, sid)
        return session

    def _flow_session(self, flow: int) -> Session:
        session = self._sessions.get(flow)
        if session is None:
            session = self._sessions[flow] = Session(f"socket.io flow {flow}", None)
        return session

    # --- notices

    def _tell_damage(self, payload: Payload, captured: Captured, span: Span) -> None:
        if captured is not Captured.WHOLE:
            self._tell_incomplete(span, "a polling body")
        for damage in payload.damage:
            self._tell_malformed(span, damage)

    def _tell_incomplete(self, span: Span, what: str) -> None:
        text = f"{what} is not all there, or was not kept; packets in it that are in doubt were left out"
        self._note(Notice(code=INCOMPLETE, severity=Severity.WARNING, text=text, packet=span.first_packet))

    def _tell_malformed(self, span: Span, what: str) -> None:
        text = f"{what}; left out"
        self._note(Notice(code=MALFORMED_PAYLOAD, severity=Severity.WARNING, text=text, packet=span.first_packet))


def _read_unasked(exchange: Exchange) -> _Unasked:
    body = exchange.response.body if exchange.response else None
    data, captured = (b"", Captured.WHOLE) if body is None else content_of(body, exchange)
    target = _UNASKED._replace(protocol=guess_protocol(data))
    payload = read_body(data, target, captured, from_client=False)
    return _Unasked(exchange, target, payload, captured, _opening_of(exchange.response, payload, target))


def _first_of_exchange(exchange: Exchange, target: EngineTarget) -> First:
    first = exchange.request or exchange.response
    packet = first.span.first_packet if first else 0
    return First(
        exchange.at_ns, packet, exchange.number, exchange.client, exchange.server, target.path, target.protocol
    )


def _first_of_message(message: Message, target: EngineTarget) -> First:
    at_ns, packet = message.span.start_ns, message.span.first_packet
    return First(at_ns, packet, message.number, message.client, message.server, target.path, target.protocol)


def _carried(exchange: Exchange, span: Span, payload: Payload, *, from_client: bool) -> Carried:
    return Carried(
        span=span,
        carrier=exchange.number,
        from_client=from_client,
        packets=payload.packets,
        exchange=exchange.number,
        counted_text=payload.counted_text,
    )


def _poll_of(exchange: Exchange, payload: Payload, target: EngineTarget, session: Session) -> Poll:
    request, response = exchange.request, exchange.response
    refused = response is not None and response.status >= REFUSED_FROM
    if target.protocol == LEGACY and payload.packets:
        refused = refused or payload.packets[0].data.startswith(_LEGACY_REFUSAL)
    return Poll(
        exchange=exchange.number,
        channel=session.channel,
        asked_ns=request.span.end_ns if request else None,
        answered_ns=response.span.start_ns if response else None,
        refused=refused,
        packets=tuple(packet.kind for packet in payload.packets),
    )


def _opening_of(response: Response | None, payload: Payload, target: EngineTarget) -> Opening | None:
    """Return the handshake that an answer holds."""
    if response is None:
        return None
    at_ns = response.span.start_ns
    if target.protocol == LEGACY:
        found = decode_legacy_handshake(response.body.data or b"") if not target.transport else None
        if found is None:
            return None
        sid, heartbeat, closing = found
        return Opening(decode_text(sid), at_ns, heartbeat and heartbeat * 1000, closing and closing * 1000)
    for packet in payload.packets:
        if packet.kind is EnginePacketKind.OPEN:
            return read_opening(packet.data, at_ns)
    return None


def _first_opening(decoded: list[tuple[Message, EnginePacket | None]]) -> Opening | None:
    for message, packet in decoded:
        if packet is not None and packet.kind is EnginePacketKind.OPEN and not message.from_client:
            return read_opening(packet.data, message.span.start_ns)
    return None


def _target_of(messages: list[Message]) -> EngineTarget | None:
    """Return what the target of a WebSocket says, or its messages where that was not captured; None: not Engine.IO."""
    wanted = messages[0].target
    if wanted is not None:
        target = read_target(wanted)
        return target if target is not None and target.transport else None
    recognised = recognise_messages(messages)
    if recognised is None:
        return None
    return EngineTarget(path="", protocol=recognised, transport="websocket", sid=None)
