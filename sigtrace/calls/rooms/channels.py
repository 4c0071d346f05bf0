"""Channels: from when to when a client and the server had each other, and how that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.application.websocket.message import Opcode
from sigtrace.signaling.bearer import socket_channel, websocket_channel
from sigtrace.streams.flow import Closer
from sigtrace.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.socketio.packet import EngineSession, SocketPacket
    from sigtrace.application.websocket.message import ControlFrame, Message
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.streams.flow import Counts, Flow


class Channel(Value, frozen=True, kw_only=True):
    """One WebSocket, or one namespace of a Socket.IO session."""

    key: str  # as bearers name it
    client: Endpoint
    server: Endpoint
    opened_ns: int | None = None  # None: before the capture
    pushed_ns: int | None = None  # since when the server reaches the client at once, over a WebSocket; 0: throughout
    heard_ns: int | None = None  # of its last packet, as far as its connection is known
    opened_by: int | None = None  # number of the exchange that made it a WebSocket
    closed_ns: int | None = None
    closed_by_client: bool | None = None  # None: not closed, or nothing tells
    said: bool = False  # who closed said so: a close frame or packet, not just the end of a connection
    code: int | None = None  # of a close frame (RFC 6455 §7.4)
    reason: bytes = b""
    packet: int | None = None  # that shows its end
    incomplete: bool = False  # bytes that the server sent were never captured
    unheard: bool = False  # the same of what the client sent


def find_channels(
    exchanges: Iterable[Exchange],
    messages: Iterable[Message],
    controls: Iterable[ControlFrame],
    flows: Mapping[int, Flow],
) -> dict[str, Channel]:
    """Return the channels that WebSockets are, by key."""
    channels: dict[str, Channel] = {}
    for exchange in exchanges:
        if exchange.response is not None and exchange.response.status == 101:
            key = websocket_channel(exchange.flow)
            opened_ns = exchange.response.span.start_ns
            channels[key] = Channel(
                key=key,
                client=exchange.client,
                server=exchange.server,
                opened_ns=opened_ns,
                pushed_ns=opened_ns,
                opened_by=exchange.number,
            )
    heard_ns: dict[str, int] = {key: channel.opened_ns or 0 for key, channel in channels.items()}
    for one in messages:
        key = websocket_channel(one.flow)
        if key not in channels:
            channels[key] = Channel(key=key, client=one.client, server=one.server, pushed_ns=0)
        heard_ns[key] = max(heard_ns.get(key, 0), one.span.end_ns)
    closing: dict[int, ControlFrame] = {}
    for control in controls:
        if control.opcode is Opcode.CLOSE:
            closing.setdefault(control.flow, control)
    return {key: _ended(replace(channel, heard_ns=heard_ns[key]), closing, flows) for key, channel in channels.items()}


def _ended(channel: Channel, closing: Mapping[int, ControlFrame], flows: Mapping[int, Flow]) -> Channel:
    """Add how a WebSocket ended: by its first close frame, else by the end of its connection."""
    number = int(channel.key.rpartition(" ")[2])
    frame, flow = closing.get(number), flows.get(number)
    if flow is not None:
        channel = replace(
            channel,
            heard_ns=flow.last_ns,
            incomplete=_in_part(flow, channel, of_client=False),
            unheard=_in_part(flow, channel, of_client=True),
        )
    if frame is not None:
        return replace(
            channel,
            closed_ns=frame.span.start_ns,
            closed_by_client=_first_closer(flow, channel, by_client=frame.from_client),
            said=True,
            code=frame.code,
            reason=frame.reason,
            packet=frame.span.first_packet,
        )
    if flow is None or flow.closed_ns is None:
        return channel
    by_client = None
    if flow.closed_by in (Closer.ORIGINATOR, Closer.RESPONDER):
        seen = (flow.closed_by is Closer.ORIGINATOR) == (flow.originator == channel.client)
        by_client = _first_closer(flow, channel, by_client=seen)
    return replace(channel, closed_ns=flow.closed_ns, closed_by_client=by_client)


def _first_closer(flow: Flow | None, channel: Channel, *, by_client: bool) -> bool | None:
    """Say who closed first; None when of the other side nothing was captured: a close is answered (RFC 6455 §5.5.1)."""
    if flow is not None and not _counts(flow, channel, of_client=not by_client).packets:
        return None
    return by_client


def _in_part(flow: Flow, channel: Channel, *, of_client: bool) -> bool:
    """Tell whether of one direction bytes are missing, or all: a capture may see one direction only."""
    counts = _counts(flow, channel, of_client=of_client)
    return bool(counts.gap_bytes) or not counts.packets


def _counts(flow: Flow, channel: Channel, *, of_client: bool) -> Counts:
    return flow.from_originator if of_client == (flow.originator == channel.client) else flow.from_responder


def find_socket_channels(
    sessions: Iterable[EngineSession], packets: Iterable[SocketPacket], websockets: Mapping[str, Channel]
) -> dict[str, Channel]:
    """Return the channels that the namespaces of Socket.IO sessions are, by key.

    A namespace is left by a packet, unless it is entered again; else it ends with its session. A session that nobody
    closed by a packet ended with its WebSocket, and how that ended tells more.

    Args:
        sessions: all of a trace.
        packets: likewise, in order of time.
        websockets: what `find_channels` found.
    """
    own = {session.channel: session for session in sessions}
    channels: dict[str, Channel] = {}
    farewells: dict[str, SocketPacket] = {}
    for packet in packets:
        key = socket_channel(packet.channel, packet.namespace)
        session = own.get(packet.channel)
        if session is None:
            continue
        if key not in channels:
            channels[key] = _of_session(key, session, packet, websockets)
        if packet.kind is SocketPacketKind.DISCONNECT:
            farewells[key] = packet
        elif packet.kind is SocketPacketKind.CONNECT:
            farewells.pop(key, None)
    return {key: _left(channel, farewells.get(key)) for key, channel in channels.items()}


def _of_session(key: str, session: EngineSession, first: SocketPacket, websockets: Mapping[str, Channel]) -> Channel:
    """Make the channel of a namespace by what is known of its session, and by its first packet."""
    entered = first.kind is SocketPacketKind.CONNECT
    by_session = session.opened_ns is not None and first.namespace == "/"
    channel = Channel(
        key=key,
        client=session.client,
        server=session.server,
        opened_ns=session.opened_ns if by_session else first.at_ns if entered else None,
        pushed_ns=_pushed_ns(session),
        closed_ns=session.closed_ns,
        closed_by_client=session.closed_by_client,
        said=session.closed_by_client is not None,
    )
    websocket = None if session.flow is None else websockets.get(websocket_channel(session.flow))
    if websocket is None:
        return channel
    channel = replace(
        channel,
        opened_by=websocket.opened_by,
        heard_ns=websocket.heard_ns,
        incomplete=websocket.incomplete,
        unheard=websocket.unheard,
    )
    if websocket.closed_ns is None or session.closed_ns is None or channel.said:
        return channel
    return replace(
        channel,
        closed_ns=websocket.closed_ns,
        closed_by_client=websocket.closed_by_client,
        said=websocket.said,
        code=websocket.code,
        reason=websocket.reason,
        packet=websocket.packet,
    )


def _left(channel: Channel, farewell: SocketPacket | None) -> Channel:
    if farewell is None:
        return channel
    return replace(
        channel,
        closed_ns=farewell.at_ns,
        closed_by_client=farewell.from_client,
        said=True,
        code=None,
        reason=b"",
        packet=farewell.span.first_packet,
    )


def _pushed_ns(session: EngineSession) -> int | None:
    """Return since when a session's WebSocket is in use; None when it only ever polled."""
    if session.flow is None:
        return None
    if session.upgraded_ns is not None:
        return session.upgraded_ns
    return session.opened_ns if session.opened_ns is not None else 0
