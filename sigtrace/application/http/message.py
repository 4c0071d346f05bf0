"""The frozen types of HTTP: requests, responses, their bodies, and the exchange that pairs them (RFC 9110 §6)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.application.span import Span
    from sigtrace.packets.endpoint import Endpoint


class Body(Value, frozen=True, kw_only=True):
    """A message body after transfer decoding (chunked) and before content decoding."""

    length: int | None  # bytes; announced when they were not all captured; None when nothing tells
    sha256: str | None  # of the whole body; None when a part is missing
    data: bytes | None  # kept up to a bound; what was captured when a part is missing; None above the bound
    missing: int  # bytes announced or gone through, but never captured
    encoding: str | None = None  # Content-Encoding, lower case; None when there is none
    content_length: int | None = None  # bytes after content decoding, where there is an encoding that we know
    content_sha256: str | None = None
    content: bytes | None = None  # after content decoding; `data` itself when there is no encoding

    @property
    def complete(self) -> bool:
        """True when every byte of it was captured."""
        return self.sha256 is not None


class Head(Value, frozen=True, kw_only=True):
    """What requests and responses share. Header names and values are as on the wire, in order, repeated ones too."""

    version: str  # "HTTP/1.1"; empty for HTTP/0.9 style requests
    headers: tuple[tuple[bytes, bytes], ...]
    complete: bool  # False when a gap or the end of the stream cut the header section
    span: Span  # of the whole message, body included
    head_end_ns: int  # when the last byte of the header section was seen
    trailers: tuple[tuple[bytes, bytes], ...] = ()  # fields after a chunked body (RFC 9110 §6.5)

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header, its name compared without case; None when it is not there."""
        wanted, length = name.lower(), len(name)
        for key, value in self.headers:
            if len(key) == length and key.lower() == wanted:
                return value
        return None


class Request(Head, frozen=True, kw_only=True):
    """One request (RFC 9112 §3)."""

    method: str
    target: bytes  # as sent: it may hold spaces and bytes that are not ASCII
    body: Body


class Response(Head, frozen=True, kw_only=True):
    """One response (RFC 9112 §4)."""

    status: int
    reason: bytes
    body: Body


class ExchangeState(Enum):
    """How far an exchange came."""

    COMPLETE = "complete"
    OPEN = "open"  # the capture ended before the response did
    ABORTED = "aborted"  # the connection ended before the response did
    DAMAGED = "damaged"  # bytes of it were never captured, or the request was not


class ExchangeEnd(Enum):
    """Why no complete response came. Client and server are HTTP's, whoever opened the connection."""

    CAPTURE_ENDED = "capture-ended"
    CLIENT_CLOSED = "client-closed"  # FIN of the client first
    SERVER_CLOSED = "server-closed"  # FIN of the server first
    CLIENT_RESET = "client-reset"
    SERVER_RESET = "server-reset"
    LOST = "lost"  # the connection went on or was replaced, and the response was not captured


class Exchange(Value, frozen=True, kw_only=True):
    """One HTTP request and its final response; either may be missing, never both."""

    number: int  # from 1 in order of time over the whole trace; 0 until the trace is put together
    flow: int  # number of the flow
    client: Endpoint
    server: Endpoint
    request: Request | None
    response: Response | None
    interim: tuple[Response, ...] = ()  # 1xx responses before the final one
    state: ExchangeState
    end: ExchangeEnd | None = None  # None when the response is complete
    ended_ns: int | None = None  # when the connection ended under it; None when the response is complete or it is open
    request_retransmitted: bool = False

    @property
    def at_ns(self) -> int:
        """When its first byte was seen."""
        first = self.request or self.response
        return first.span.start_ns if first else 0
