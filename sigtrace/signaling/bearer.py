"""What bore an event: one way of one client's channel, with the numbers by which a person finds it again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sigtrace.application.http.message import Exchange
from sigtrace.application.socketio.packet import SocketPacket
from sigtrace.application.websocket.message import Message

if TYPE_CHECKING:
    from sigtrace.application.span import Span
    from sigtrace.packets.endpoint import Endpoint

Unit: TypeAlias = Exchange | Message | SocketPacket
"""What a signaling protocol decodes: each is whole, and may be damaged."""


class Bearer(NamedTuple):
    """One half of an exchange, one WebSocket message, or one Socket.IO packet.

    A channel is what keeps one client and the server together: a WebSocket, one namespace of a Socket.IO session, or,
    for plain HTTP, the client's address.
    """

    channel: str
    client: Endpoint
    server: Endpoint
    from_client: bool
    span: Span
    number: int  # of the exchange or message
    is_exchange: bool
    peer: str | None = None  # whose channel it is, where the channel itself tells


def bearer_of(unit: Message | SocketPacket) -> Bearer:
    """Return what a message or packet is to the events in it."""
    if isinstance(unit, Message):
        channel = websocket_channel(unit.flow)
        return Bearer(channel, unit.client, unit.server, unit.from_client, unit.span, unit.number, is_exchange=False)
    channel = socket_channel(unit.channel, unit.namespace)
    number = unit.exchange if unit.exchange is not None else unit.message or 0
    by_exchange = unit.exchange is not None
    return Bearer(
        channel,
        unit.client,
        unit.server,
        unit.from_client,
        unit.span,
        number,
        is_exchange=by_exchange,
        peer=socket_id(unit),
    )


def bearer_of_request(exchange: Exchange) -> Bearer | None:
    """Return what a request is to the events in it; None when it was not captured."""
    return None if exchange.request is None else _half(exchange, exchange.request.span, from_client=True)


def bearer_of_response(exchange: Exchange) -> Bearer | None:
    """Return what a response is to the events in it; None when there is none."""
    return None if exchange.response is None else _half(exchange, exchange.response.span, from_client=False)


def _half(exchange: Exchange, span: Span, *, from_client: bool) -> Bearer:
    channel = f"http {exchange.client.address}"
    return Bearer(channel, exchange.client, exchange.server, from_client, span, exchange.number, is_exchange=True)


def socket_id(packet: SocketPacket) -> str | None:
    """Return the id by which a client goes in a namespace, where that follows from its session's id.

    It does before Engine.IO 4, which gives ids that only the answer to a connection tells. Namespaces besides the first
    put their name before it: `/chat#Xk2…` (socket.io 1.7 `lib/socket.js`, socket.io-client 2 `lib/manager.js`).
    """
    found = _SESSION.match(packet.channel) if packet.protocol <= _LAST_SHARED_ID else None
    if found is None:
        return None
    return found[1] if packet.namespace == "/" else f"{packet.namespace}#{found[1]}"


_LAST_SHARED_ID: Final = 3
_SESSION: Final = re.compile(r"socket\.io (?!flow )(\S+)")  # as `EngineSession` names channels


SESSION_OF_FLOW: Final = "socket.io flow "
"""How the channel of a session begins whose id was not captured (`EngineSession`)."""


def websocket_channel(flow: int) -> str:
    """Name the channel that a WebSocket is, by its flow."""
    return f"websocket {flow}"


def socket_channel(session: str, namespace: str) -> str:
    """Name the channel that one namespace of a Socket.IO session is: each has an id of its own."""
    return session if namespace == "/" else f"{session} {namespace}"


def session_of_channel(channel: str) -> str:
    """Return the session that a channel of Socket.IO is a namespace of; any other channel as it is."""
    return channel.partition(" /")[0] if channel.startswith("socket.io ") else channel


def bearer_of_handshake(exchange: Exchange) -> Bearer | None:
    """Return what an upgrade's request is to events on the WebSocket that it opens; None when it was not captured."""
    asked = bearer_of_request(exchange)
    return None if asked is None else asked._replace(channel=websocket_channel(exchange.flow))
