"""WebSocket messages as the application stage hands them on, for tests of meaning; and the history that they tell."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sigtrace.application.http.message import Exchange, ExchangeState, Request, Response
from sigtrace.application.span import Span
from sigtrace.application.websocket.message import Message, MessageState, Opcode
from sigtrace.calls.history import History, write_history
from sigtrace.calls.rooms.channels import find_channels
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.reading import Reading, read_units
from tests.builders.exchanges import body_of, ns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.signaling.protocol import SignalingProtocol

SERVER = Endpoint("10.77.0.1", 3000)
EMPTY = body_of(b"")


class Sockets:
    """Makes WebSockets of one server one message after another; `flow` says whose. Times are seconds."""

    def __init__(self, server: Endpoint = SERVER) -> None:
        self.server = server
        self.exchanges: list[Exchange] = []
        self.messages: list[Message] = []
        self._targets: dict[int, bytes] = {}

    def open(self, flow: int, at: float, target: str = "/") -> Exchange:
        """An upgrade that the server answers 1 ms later; without it the handshake was not captured."""
        self._targets[flow] = target.encode()
        number = self._number()
        request = Request(
            version="HTTP/1.1",
            headers=((b"Upgrade", b"websocket"), (b"Connection", b"Upgrade")),
            complete=True,
            span=Span(ns(at), ns(at), number * 10, number * 10),
            head_end_ns=ns(at),
            body=EMPTY,
            method="GET",
            target=target.encode(),
        )
        response = Response(
            version="HTTP/1.1",
            headers=((b"Upgrade", b"websocket"), (b"Connection", b"Upgrade")),
            complete=True,
            span=Span(ns(at + 0.001), ns(at + 0.001), number * 10 + 1, number * 10 + 1),
            head_end_ns=ns(at + 0.001),
            body=EMPTY,
            status=101,
            reason=b"Switching Protocols",
        )
        exchange = Exchange(
            number=number,
            flow=flow,
            client=self.client(flow),
            server=self.server,
            request=request,
            response=response,
            state=ExchangeState.COMPLETE,
        )
        self.exchanges.append(exchange)
        return exchange

    def say(self, flow: int, at: float, payload: Any, **more: Any) -> Message:
        """A client sends a message."""
        return self._add(flow, at, payload, from_client=True, **more)

    def tell(self, flow: int, at: float, payload: Any, **more: Any) -> Message:
        """A client gets a message."""
        return self._add(flow, at, payload, from_client=False, **more)

    def reading(self, protocols: Sequence[SignalingProtocol] = PROTOCOLS) -> Reading:
        """Recognise and decode all of it."""
        return read_units(protocols, sorted(self.exchanges, key=_at), sorted(self.messages, key=_at), (), {})

    def history(self, protocols: Sequence[SignalingProtocol] = PROTOCOLS) -> History:
        """Write what all of it tells."""
        channels = find_channels(self.exchanges, self.messages, (), {})
        around = Surroundings(last_ns=ns(100.0), closed_ns={}, channels=channels)
        return write_history(self.reading(protocols).events, around)

    def client(self, flow: int) -> Endpoint:
        """Return whose WebSocket a flow is."""
        return Endpoint(f"10.77.0.{10 + flow % 200}", 40000 + flow)

    def _number(self) -> int:
        return len(self.exchanges) + len(self.messages) + 1

    def _add(
        self,
        flow: int,
        at: float,
        payload: Any,
        *,
        from_client: bool,
        missing: int = 0,
        kept: bool = True,
        opcode: Opcode | None = None,
    ) -> Message:
        """Add a message; bytes go as they are, text as UTF-8, all else as JSON."""
        data = payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else None
        data = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode() if data is None else data
        number = self._number()
        message = Message(
            number=number,
            flow=flow,
            client=self.client(flow),
            server=self.server,
            target=self._targets.get(flow),
            from_client=from_client,
            opcode=opcode or Opcode.TEXT,
            length=None if missing else len(data),
            sha256=None if missing else hashlib.sha256(data).hexdigest(),
            data=data if kept else None,
            wire_length=len(data) + missing,
            compressed=False,
            frames=1,
            missing=missing,
            state=MessageState.DAMAGED if missing else MessageState.COMPLETE,
            span=Span(ns(at), ns(at), number * 10, number * 10),
        )
        self.messages.append(message)
        return message


def _at(unit: Exchange | Message) -> int:
    return unit.at_ns
