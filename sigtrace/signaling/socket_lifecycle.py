"""What all protocols over Socket.IO share: a client is let into a namespace, leaves it, or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.signaling.bearer import bearer_of, socket_id
from sigtrace.signaling.message_json import read_value
from sigtrace.signaling.relayed_content import text_member
from sigtrace.signaling.room_events import Identified, JoinRefused, LeaveAsked, Remarked
from sigtrace.text import keep_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.socketio.packet import SocketPacket
    from sigtrace.signaling.bearer import Bearer
    from sigtrace.signaling.room_events import RoomEvent

LEGACY: Final = 1
"""What `SocketPacket.protocol` is for Socket.IO 0.9."""

_LEGACY_REASONS: Final = ("transport not supported", "client not handshaken", "unauthorized")
"""By the number in an error packet (socket.io 0.9 `lib/parser.js`)."""


def decode_lifecycle(packet: SocketPacket) -> Iterator[RoomEvent]:
    """Yield what connecting, disconnecting and refusing say; events and acknowledgements are for each protocol.

    Source: socket.io-protocol, "Packet types"; of 0.9 its `lib/parser.js`.
    """
    bearer = bearer_of(packet)
    at_ns = packet.span.start_ns
    if packet.kind is SocketPacketKind.CONNECT:
        yield _connected(packet, bearer)
    elif packet.kind is SocketPacketKind.DISCONNECT:
        if packet.from_client:
            yield LeaveAsked(bearer=bearer, at_ns=at_ns)
        else:
            yield Remarked(bearer=bearer, at_ns=at_ns, name="disconnect")
    elif packet.kind is SocketPacketKind.ERROR:
        reason = _reason(packet)
        if packet.from_client:
            yield Remarked(bearer=bearer, at_ns=at_ns, name="error", text=reason)
        else:
            yield JoinRefused(bearer=bearer, at_ns=at_ns, reason=reason)


def connected_as(packet: SocketPacket) -> str | None:
    """Return the id that a connect packet gives a client; None where it gives none, or the client sent it.

    Before version 4 of Engine.IO the id is the session's, and the packet only says that it holds from now on.
    """
    if packet.from_client:
        return None
    value = read_value(packet.payload)
    sid = text_member(value, "sid") if isinstance(value, dict) else None
    return socket_id(packet) if sid is None else sid


def _connected(packet: SocketPacket, bearer: Bearer) -> RoomEvent:
    """Of what a client says to be let in nothing is shown, since it is meant for that."""
    at_ns = packet.span.start_ns
    peer = connected_as(packet)
    if peer is None:
        return Remarked(bearer=bearer, at_ns=at_ns, name="connect", text="auth ***" if packet.payload else "")
    return Identified(bearer=bearer, at_ns=at_ns, peer=peer)


def _reason(packet: SocketPacket) -> str:
    """Return why a client is refused: a text, or an object with a `message`; in 0.9 two numbers."""
    value = read_value(packet.payload)
    if isinstance(value, dict):
        return text_member(value, "message") or ""
    if not isinstance(value, str):
        return keep_text(packet.payload)
    number = value.partition("+")[0]
    if packet.protocol == LEGACY and number in ("0", "1", "2"):
        return _LEGACY_REASONS[int(number)]
    return keep_text(value)
