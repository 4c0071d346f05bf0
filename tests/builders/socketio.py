"""Exchanges and WebSocket messages of Engine.IO sessions, as the application stage hands them on."""

from __future__ import annotations

import hashlib

from sigtrace.application.http.message import (
    Body,
    Exchange,
    ExchangeState,
    Request,
    Response,
)
from sigtrace.application.span import Span
from sigtrace.application.websocket.message import Message, MessageState, Opcode
from sigtrace.packets.endpoint import Endpoint
from tests.builders.exchanges import body_of

CLIENT = Endpoint("10.77.0.11", 40000)
SERVER = Endpoint("10.77.0.1", 3000)
MILLISECOND = 1_000_000

OPEN = b'0{"sid":"S1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}'


class Talk:
    """Makes carriers one after another, a millisecond apart, answered in half of one, in the packet behind."""

    def __init__(self, server: Endpoint = SERVER) -> None:
        self.server = server
        self.exchanges: list[Exchange] = []
        self.messages: list[Message] = []

    @property
    def _number(self) -> int:
        return len(self.exchanges) + len(self.messages) + 1

    def _span(self, *, answer: bool = False) -> Span:
        at = self._number * MILLISECOND + (MILLISECOND // 2 if answer else 0)
        packet = 2 * self._number + answer
        return Span(at, at, packet, packet)

    def exchange(
        self,
        method: str | None,
        target: bytes,
        *,
        body: Body | bytes = b"",
        answer: Body | bytes | None = b"ok",
        status: int = 200,
        flow: int | None = None,
        state: ExchangeState = ExchangeState.COMPLETE,
    ) -> Exchange:
        """Add an exchange; without a method its request was not captured, without an answer its response was not."""
        head = {"version": "HTTP/1.1", "headers": (), "complete": True}
        request = response = None
        if method is not None:
            span = self._span()
            request = Request(
                **head,  # type: ignore[arg-type]
                span=span,
                head_end_ns=span.end_ns,
                method=method,
                target=target,
                body=body if isinstance(body, Body) else body_of(body),
            )
        if answer is not None:
            span = self._span(answer=True)
            response = Response(
                **head,  # type: ignore[arg-type]
                span=span,
                head_end_ns=span.end_ns,
                status=status,
                reason=b"",
                body=answer if isinstance(answer, Body) else body_of(answer),
            )
        made = Exchange(
            number=self._number,
            flow=flow or self._number,
            client=CLIENT,
            server=self.server,
            request=request,
            response=response,
            state=state,
        )
        self.exchanges.append(made)
        return made

    def get(self, query: str, answer: Body | bytes | None, **more: object) -> Exchange:
        """Add a poll."""
        return self.exchange("GET", f"/socket.io/?{query}".encode(), answer=answer, **more)  # type: ignore[arg-type]

    def post(self, query: str, body: Body | bytes, **more: object) -> Exchange:
        """Add a post."""
        return self.exchange("POST", f"/socket.io/?{query}".encode(), body=body, **more)  # type: ignore[arg-type]

    def say(
        self,
        data: bytes | None,
        *,
        from_client: bool,
        binary: bool = False,
        target: bytes | None = b"/socket.io/?EIO=4&transport=websocket&sid=S1",
        flow: int = 100,
        state: MessageState = MessageState.COMPLETE,
    ) -> Message:
        """Add a WebSocket message."""
        whole = state is MessageState.COMPLETE and data is not None
        made = Message(
            number=self._number,
            flow=flow,
            client=CLIENT,
            server=self.server,
            target=target,
            from_client=from_client,
            opcode=Opcode.BINARY if binary else Opcode.TEXT,
            length=len(data) if data is not None and whole else None,
            sha256=hashlib.sha256(data).hexdigest() if data is not None and whole else None,
            data=data,
            wire_length=len(data or b""),
            compressed=False,
            frames=1,
            missing=0,
            state=state,
            span=self._span(),
        )
        self.messages.append(made)
        return made
