"""HTTP conversations for tests: messages as bytes, and feeding them to a decoder item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.flow_decoder import FlowDecoder
from sigtrace.application.http.message import Exchange
from sigtrace.application.websocket.message import ControlFrame, Message
from sigtrace.packets.endpoint import Endpoint
from sigtrace.streams.flow import Chunk, End, Ending, Gap, StreamItem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.notices import Notice

CLIENT = Endpoint("192.0.2.1", 40000)
SERVER = Endpoint("192.0.2.2", 8888)


def request(target: bytes = b"/", *headers: bytes, method: bytes = b"GET", body: bytes = b"") -> bytes:
    """Make a request; a body brings its Content-Length."""
    lines = [method + b" " + target + b" HTTP/1.1", *headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def response(body: bytes = b"", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Make a response of announced length."""
    return b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body), b"", body])


def chunked(*pieces: bytes, trailers: bytes = b"") -> bytes:
    """Make a chunked body."""
    chunks = b"".join(b"%x;note=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\n" + trailers + b"\r\n"


class Wire:
    """Feeds one flow and collects what comes out; each item is one packet, one microsecond after the last."""

    def __init__(self, *, handshake_seen: bool = True) -> None:
        self.decoder = FlowDecoder(7, CLIENT, SERVER, handshake_seen=handshake_seen)
        self.packet = 0
        self.exchanges: list[Exchange] = []
        self.messages: list[Message] = []
        self.controls: list[ControlFrame] = []
        self.notices: list[Notice] = []

    def client_item(self, item: StreamItem) -> Wire:
        """Feed any item of the originator."""
        self._take(self.decoder.feed(True, item))  # noqa: FBT003 - as deliveries say it
        return self

    def server_item(self, item: StreamItem) -> Wire:
        """Feed any item of the responder."""
        self._take(self.decoder.feed(False, item))  # noqa: FBT003 - as deliveries say it
        return self

    def client(self, *pieces: bytes) -> Wire:
        """Feed pieces of the originator's stream."""
        for piece in pieces:
            self.client_item(Chunk(piece, *self._tick()))
        return self

    def server(self, *pieces: bytes) -> Wire:
        """Feed pieces of the responder's stream."""
        for piece in pieces:
            self.server_item(Chunk(piece, *self._tick()))
        return self

    def client_gap(self, length: int) -> Wire:
        """Lose bytes of the originator."""
        return self.client_item(Gap(length, *self._tick()))

    def server_gap(self, length: int) -> Wire:
        """Lose bytes of the responder."""
        return self.server_item(Gap(length, *self._tick()))

    def client_end(self, how: Ending = Ending.FIN) -> Wire:
        """End the originator's stream."""
        return self.client_item(End(how, *self._tick()))

    def server_end(self, how: Ending = Ending.FIN) -> Wire:
        """End the responder's stream."""
        return self.server_item(End(how, *self._tick()))

    def fin(self) -> Wire:
        """End both, the client first."""
        return self.client_end().server_end()

    def close(self) -> Wire:
        """End the capture."""
        self._take(self.decoder.close())
        return self

    @property
    def codes(self) -> list[str]:
        """The codes of the notices so far."""
        return [notice.code for notice in self.notices]

    @property
    def only(self) -> Exchange:
        """The one exchange there is."""
        (exchange,) = self.exchanges
        return exchange

    def _tick(self) -> tuple[int, int]:
        self.packet += 1
        return self.packet * 1000, self.packet

    def _take(self, out: Iterable[Exchange | Message | ControlFrame | Notice]) -> None:
        for found in out:
            if isinstance(found, Exchange):
                self.exchanges.append(found)
            elif isinstance(found, Message):
                self.messages.append(found)
            elif isinstance(found, ControlFrame):
                self.controls.append(found)
            else:
                self.notices.append(found)
