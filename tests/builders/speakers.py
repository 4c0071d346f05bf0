"""Real WebSocket traffic for tests: both ends are wsproto, or both are `websockets`, without any I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.server import ServerProtocol
from websockets.uri import parse_uri
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

if TYPE_CHECKING:
    from sigtrace.application.websocket.extension import Compression


class Fragment(NamedTuple):
    """One frame of a message to send."""

    from_client: bool
    is_text: bool
    data: str  # of a binary message, its bytes as Latin-1
    first: bool
    last: bool

    @property
    def payload(self) -> bytes:
        """What it adds to the message."""
        return self.data.encode() if self.is_text else self.data.encode("latin-1")


class Control(NamedTuple):
    """One ping or pong to send."""

    from_client: bool
    is_ping: bool
    data: bytes


class Talk(Protocol):
    """Two ends that speak to each other."""

    handshake: tuple[bytes, bytes]

    def send(self, one: Fragment | Control) -> bytes:
        """Return the bytes that one end sends."""

    def end(self, code: int, reason: str, *, from_client: bool) -> bytes:
        """Return the bytes of a close."""


class WsprotoTalk:
    """Both ends are wsproto."""

    def __init__(self, compression: Compression | None) -> None:
        self._client = WSConnection(ConnectionType.CLIENT)
        self._server = WSConnection(ConnectionType.SERVER)
        offers = [] if compression is None else [PerMessageDeflate(**compression._asdict())]
        accepts = [] if compression is None else [PerMessageDeflate(**compression._asdict())]
        request = self._client.send(Request(host="a", target="/chat", extensions=offers))
        self._server.receive_data(request)
        list(self._server.events())
        answer = self._server.send(AcceptConnection(extensions=accepts))
        self._client.receive_data(answer)
        list(self._client.events())
        self.handshake = (request, answer)

    def send(self, one: Fragment | Control) -> bytes:
        """Send a frame."""
        end = self._client if one.from_client else self._server
        if isinstance(one, Control):
            return end.send(Ping(payload=one.data) if one.is_ping else Pong(payload=one.data))
        if one.is_text:
            return end.send(TextMessage(data=one.data, message_finished=one.last))
        return end.send(BytesMessage(data=bytearray(one.payload), message_finished=one.last))

    def end(self, code: int, reason: str, *, from_client: bool) -> bytes:
        """Close."""
        return (self._client if from_client else self._server).send(CloseConnection(code=code, reason=reason))


class WebsocketsTalk:
    """Both ends are `websockets`."""

    def __init__(self, compression: Compression | None) -> None:
        offers = None if compression is None else [ClientPerMessageDeflateFactory(**compression._asdict())]
        accepts = None if compression is None else [ServerPerMessageDeflateFactory(**compression._asdict())]
        self._client = ClientProtocol(parse_uri("ws://a/chat"), extensions=offers)
        self._server = ServerProtocol(extensions=accepts)
        self._client.send_request(self._client.connect())
        request = b"".join(self._client.data_to_send())
        self._server.receive_data(request)
        (asked,) = self._server.events_received()
        self._server.send_response(self._server.accept(asked))  # type: ignore[arg-type]  # it is a request
        answer = b"".join(self._server.data_to_send())
        self._client.receive_data(answer)
        self._client.events_received()
        self.handshake = (request, answer)

    def send(self, one: Fragment | Control) -> bytes:
        """Send a frame."""
        end = self._client if one.from_client else self._server
        if isinstance(one, Control):
            (end.send_ping if one.is_ping else end.send_pong)(one.data)
        elif not one.first:
            end.send_continuation(one.payload, fin=one.last)
        else:
            (end.send_text if one.is_text else end.send_binary)(one.payload, fin=one.last)
        return b"".join(end.data_to_send())

    def end(self, code: int, reason: str, *, from_client: bool) -> bytes:
        """Close."""
        end = self._client if from_client else self._server
        end.send_close(code, reason)
        return b"".join(end.data_to_send())
