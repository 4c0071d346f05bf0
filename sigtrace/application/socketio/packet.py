"""The frozen types of Socket.IO: an Engine.IO session, its polls, and the Socket.IO packets that it carries."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.application.span import Span
    from sigtrace.packets.endpoint import Endpoint


class EnginePurpose(Enum):
    """What an exchange of Engine.IO is for."""

    OPEN = "open"  # the handshake
    POLL = "poll"  # a GET that hangs until there is something to tell
    SEND = "send"  # a POST with packets
    UPGRADE = "upgrade"  # to WebSocket
    OTHER = "other"


class EnginePacketKind(Enum):
    """What an Engine.IO packet is (Engine.IO protocol, "Packet types")."""

    OPEN = "open"
    CLOSE = "close"
    PING = "ping"
    PONG = "pong"
    MESSAGE = "message"
    UPGRADE = "upgrade"
    NOOP = "noop"


class SocketPacketKind(Enum):
    """What a Socket.IO packet is; that an event or acknowledgement is binary shows in its attachments."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"
    EVENT = "event"
    ACK = "ack"
    ERROR = "error"


class SocketPacket(Value, frozen=True, kw_only=True):
    """One Socket.IO packet, whole with its attachments."""

    number: int  # from 1, in order of time over the whole trace
    channel: str  # of the Engine.IO session, the same for all its polls and its WebSocket
    protocol: int  # 1 for Socket.IO 0.9, else the `EIO` of the session: 2, 3 or 4
    client: Endpoint
    server: Endpoint
    path: str  # "/socket.io/"
    namespace: str  # "/" unless another is named
    kind: SocketPacketKind
    name: str | None  # of an event
    payload: str  # its JSON: of an event the arguments as an array, without the name; empty when there is none
    attachments: tuple[bytes, ...]  # in the order of their placeholders
    ack: int | None  # the number that asks for, or is, an acknowledgement
    from_client: bool
    span: Span  # of the exchange's half or of the messages that bore it
    exchange: int | None  # number of the exchange that bore it
    message: int | None  # number of the WebSocket message that bore it, or its first
    missing: int = 0  # attachments that were never captured

    @property
    def at_ns(self) -> int:
        """When its first byte was seen."""
        return self.span.start_ns


class Poll(Value, frozen=True, kw_only=True):
    """One hanging GET of an Engine.IO session: what `/wait` is to peerconnection."""

    exchange: int  # number of the exchange
    channel: str
    asked_ns: int | None  # last byte of the request
    answered_ns: int | None  # first byte of the answer
    refused: bool  # answered by an error
    packets: tuple[EnginePacketKind, ...]  # that it was answered with; empty when none could be read


class EngineSession(Value, frozen=True, kw_only=True):
    """One Engine.IO session: a client and a server that keep each other over many connections."""

    channel: str  # "socket.io SID"; "socket.io flow N" when no sid was captured
    sid: str | None
    protocol: int
    client: Endpoint  # of its first carrier
    server: Endpoint
    path: str
    opened_ns: int | None  # when the server answered the handshake; None when that was before the capture
    upgraded_ns: int | None  # when the WebSocket took over; None when it never did, or was used from the start
    closed_ns: int | None  # when a side closed it: by a packet, or by the end of its WebSocket
    closed_by_client: bool | None
    flow: int | None  # of its WebSocket
    exchanges: tuple[int, ...]  # numbers of all that are its own, whether they bore a packet or not
    ping_interval_ms: int | None
    ping_timeout_ms: int | None
    heartbeats: tuple[int, ...]  # round-trip times of its pings, nanoseconds
