"""Units of home-made signaling: HTTP exchanges, WebSocket messages and Socket.IO packets, in order of time.

line = Line(target=b"/sig?room=1")
line.says("a", {"type": "offer", "to": "b", "sdp": SDP})    # client → server
line.hears("b", {"type": "offer", "from": "a", "sdp": SDP})  # server → client
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sigtrace.application.http.message import Body, Exchange, ExchangeState, Request, Response
from sigtrace.application.socketio.packet import SocketPacket, SocketPacketKind
from sigtrace.application.span import Span
from sigtrace.application.websocket.message import Message, MessageState, Opcode
from sigtrace.calls.history import History, write_history
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.reading import Reading, read_units
from tests.builders.exchanges import body_of, ns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.protocol import SignalingProtocol

SERVER = Endpoint("10.77.0.1", 7000)
MEDIA = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtpmap:111 opus/48000/2\r\n"
OFFER = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + MEDIA + "a=setup:actpass\r\n"
ANSWER = "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + MEDIA + "a=setup:active\r\n"
CANDIDATE = "candidate:1 1 udp 2122260223 10.77.0.11 5000 typ host"


def as_bytes(payload: Any) -> bytes:
    """Return bytes as they are, text as UTF-8, anything else as JSON."""
    if isinstance(payload, bytes):
        return payload
    return payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()


class Line:
    """Makes units one after another, a second apart; clients are named by a letter: 10.77.0.97 is `a`."""

    def __init__(self, target: bytes | None = b"/sig", server: Endpoint = SERVER) -> None:
        self.target = target
        self.server = server
        self.units: list[Unit] = []

    def says(self, client: str, payload: Any, **more: Any) -> Message:
        """A message from a client."""
        return self._message(client, payload, from_client=True, **more)

    def hears(self, client: str, payload: Any, **more: Any) -> Message:
        """A message to a client."""
        return self._message(client, payload, from_client=False, **more)

    def emits(self, client: str, name: str, *arguments: Any, from_client: bool = True) -> SocketPacket:
        """A Socket.IO event; `from_client=False` is one to the client."""
        number = len(self.units) + 1
        packet = SocketPacket(
            number=number,
            channel=f"socket.io {client}",
            protocol=4,
            client=self.client(client),
            server=self.server,
            path="/socket.io/",
            namespace="/",
            kind=SocketPacketKind.EVENT,
            name=name,
            payload=json.dumps(arguments),
            attachments=(),
            ack=None,
            from_client=from_client,
            span=self._span(),
            exchange=None,
            message=number,
        )
        self.units.append(packet)
        return packet

    def asks(
        self,
        client: str,
        target: str,
        payload: Any = b"",
        answer: Any = b"",
        *,
        status: int | None = 200,
        method: str | None = None,
        content_type: bytes = b"application/json",
        connection: int | None = None,
        kept: bool = True,
    ) -> Exchange:
        """An exchange, answered half a second later; `status` None is no answer, `kept` False keeps no bodies."""
        number, span = len(self.units) + 1, self._span()
        body, answered = as_bytes(payload), as_bytes(answer)
        request = Request(
            version="HTTP/1.1",
            headers=((b"Content-Type", content_type),),
            complete=True,
            span=span,
            head_end_ns=span.end_ns,
            method=method or ("POST" if body else "GET"),
            target=target.encode(),
            body=body_of(body) if kept else unkept(body),
        )
        later = Span(span.start_ns + ns(0.5), span.end_ns + ns(0.5), span.first_packet + 1, span.last_packet + 1)
        response = None
        if status is not None:
            response = Response(
                version="HTTP/1.1",
                headers=(),
                complete=True,
                span=later,
                head_end_ns=later.end_ns,
                status=status,
                reason=b"",
                body=body_of(answered) if kept else unkept(answered),
            )
        exchange = Exchange(
            number=number,
            flow=number if connection is None else connection,
            client=Endpoint(self.client(client).address, 40000 + (number if connection is None else connection)),
            server=self.server,
            request=request,
            response=response,
            state=ExchangeState.COMPLETE if response else ExchangeState.OPEN,
        )
        self.units.append(exchange)
        return exchange

    def client(self, name: str) -> Endpoint:
        """Return where a client is."""
        return Endpoint(f"10.77.0.{ord(name)}", 50000)

    def read(self, *protocols: SignalingProtocol) -> Reading:
        """Recognise and decode all units."""
        exchanges = [unit for unit in self.units if isinstance(unit, Exchange)]
        messages = [unit for unit in self.units if isinstance(unit, Message)]
        packets = [unit for unit in self.units if isinstance(unit, SocketPacket)]
        return read_units(protocols, exchanges, messages, packets, {})

    def history(self, *protocols: SignalingProtocol) -> History:
        """Return what comes of it."""
        last_ns = ns(len(self.units) + 1)
        return write_history(self.read(*protocols).events, Surroundings(last_ns=last_ns, closed_ns={}))

    def _message(self, client: str, payload: Any, *, from_client: bool, whole: bool = True) -> Message:
        data = as_bytes(payload)
        message = Message(
            number=len(self.units) + 1,
            flow=ord(client),
            client=self.client(client),
            server=self.server,
            target=self.target,
            from_client=from_client,
            opcode=Opcode.TEXT,
            length=len(data) if whole else None,
            sha256=hashlib.sha256(data).hexdigest() if whole else None,
            data=data if whole else None,
            wire_length=len(data),
            compressed=False,
            frames=1,
            missing=0 if whole else 10,
            state=MessageState.COMPLETE if whole else MessageState.DAMAGED,
            span=self._span(),
        )
        self.units.append(message)
        return message

    def _span(self) -> Span:
        number = len(self.units) + 1
        return Span(ns(number), ns(number), number * 10, number * 10)


def unkept(data: bytes) -> Body:
    """Return a body that was measured and not kept."""
    return Body(length=len(data), sha256=hashlib.sha256(data).hexdigest(), data=None, missing=0)


def labels(history: History) -> Sequence[str]:
    """Return each signal as `offer a>b`."""
    return [f"{one.kind.value} {one.sender}>{one.receiver}" for one in history.signals]
