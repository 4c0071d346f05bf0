"""The frozen types of WebSocket: a whole message, fragments joined and inflated, and a control frame (RFC 6455 §5)."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.application.span import Span
    from sigtrace.packets.endpoint import Endpoint


class Opcode(IntEnum):
    """What a frame is (RFC 6455 §11.8)."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class MessageState(Enum):
    """How far a message came."""

    COMPLETE = "complete"
    OPEN = "open"  # the capture ended before its last fragment
    ABORTED = "aborted"  # the connection ended before its last fragment
    DAMAGED = "damaged"  # bytes of it were never captured, or it could not be inflated


class Message(Value, frozen=True, kw_only=True):
    """One data message: the payload of its frames, joined, unmasked and inflated."""

    number: int  # from 1 in order of time, exchanges and messages together; 0 until the trace is put together
    flow: int  # number of the flow
    client: Endpoint  # who asked for the upgrade, or masks its frames
    server: Endpoint
    target: bytes | None  # of the upgrade's request; None when that was not captured
    from_client: bool
    opcode: Opcode  # TEXT or BINARY; what a damaged beginning leaves unknown is taken for TEXT when it is UTF-8
    length: int | None  # bytes after inflating; None when it could not be inflated or is not all there
    sha256: str | None  # of all of it after inflating; None when a part is missing
    data: bytes | None  # kept up to a bound; of a damaged message what there is of its beginning
    wire_length: int  # payload bytes as sent: fragments joined, before inflating
    compressed: bool  # permessage-deflate (RFC 7692)
    frames: int  # 1 for a message that was not fragmented
    missing: int  # payload bytes never captured
    state: MessageState
    span: Span

    @property
    def at_ns(self) -> int:
        """When its first byte was seen."""
        return self.span.start_ns


class ControlFrame(Value, frozen=True, kw_only=True):
    """One ping, pong or close (RFC 6455 §5.5)."""

    flow: int
    client: Endpoint
    server: Endpoint
    from_client: bool
    opcode: Opcode  # CLOSE, PING or PONG
    span: Span
    data: bytes  # of a ping or pong; at most 125 bytes
    code: int | None = None  # of a close (RFC 6455 §7.4); None when it has none
    reason: bytes = b""  # of a close
    rtt_ns: int | None = None  # of a pong: since the ping that it answers
