"""What bore an event: one way of one client's channel, with the numbers by which a person finds it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

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


def bearer_of(unit: Message | SocketPacket) -> Bearer:
    """Return what a message or packet is to the events in it."""
    if isinstance(unit, Message):
        channel = websocket_channel(unit.flow)
        return Bearer(channel, unit.client, unit.server, unit.from_client, unit.span, unit.number, is_exchange=False)
    channel = socket_channel(unit.channel, unit.namespace)
    number = unit.exchange if unit.exchange is not None else unit.message or 0
    by_exchange = unit.exchange is not None
    return Bearer(channel, unit.client, unit.server, unit.from_client, unit.span, number, is_exchange=by_exchange)


def bearer_of_request(exchange: Exchange) -> Bearer | None:
    """Return what a request is to the events in it; None when it was not captured."""
    return None if exchange.request is None else _half(exchange, exchange.request.span, from_client=True)


def bearer_of_response(exchange: Exchange) -> Bearer | None:
    """Return what a response is to the events in it; None when there is none."""
    return None if exchange.response is None else _half(exchange, exchange.response.span, from_client=False)


def _half(exchange: Exchange, span: Span, *, from_client: bool) -> Bearer:
    channel = f"http {exchange.client.address}"
    return Bearer(channel, exchange.client, exchange.server, from_client, span, exchange.number, is_exchange=True)


def websocket_channel(flow: int) -> str:
    """Name the channel that a WebSocket is, by its flow."""
    return f"websocket {flow}"


def socket_channel(session: str, namespace: str) -> str:
    """Name the channel that one namespace of a Socket.IO session is: each has an id of its own."""
    return session if namespace == "/" else f"{session} {namespace}"
