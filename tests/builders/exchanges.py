"""Exchanges of peerconnection as the application stage hands them on, for tests of meaning."""

from __future__ import annotations

import hashlib
import json

from sigtrace.application.http.message import (
    Body,
    Exchange,
    ExchangeEnd,
    ExchangeState,
    Request,
    Response,
)
from sigtrace.application.span import Span
from sigtrace.packets.endpoint import Endpoint

SERVER = Endpoint("10.77.0.1", 8888)
ALICE = "10.77.0.11"
BOB = "10.77.0.12"

OFFER = json.dumps(
    {
        "sdp": "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendrecv\r\na=setup:actpass\r\na=rtpmap:111 opus/48000/2\r\n",
        "type": "offer",
    }
).encode()
ANSWER = OFFER.replace(b"actpass", b"active").replace(b'"offer"', b'"answer"')
CANDIDATE = json.dumps(
    {"candidate": "candidate:1 1 udp 2122260223 10.77.0.11 5000 typ host", "sdpMLineIndex": 0, "sdpMid": "0"}
).encode()
BYE = b"BYE"


def ns(seconds: float) -> int:
    """Return seconds as nanoseconds."""
    return round(seconds * 1_000_000_000)


def body_of(data: bytes, *, missing: int = 0) -> Body:
    """Return a body with this much of it never captured."""
    whole = not missing
    return Body(
        length=len(data) + missing,
        sha256=hashlib.sha256(data).hexdigest() if whole else None,
        data=data,
        missing=missing,
        content=data if whole else None,
    )


class Wire:
    """Makes exchanges one after another, each on a connection of its own, as the native client does.

    Times are seconds. `answer` is (body, pragma), `status` 200 unless said; None for no answer.
    """

    def __init__(self, server: Endpoint = SERVER) -> None:
        self.server = server
        self.exchanges: list[Exchange] = []

    def add(  # noqa: D102 - the class says it
        self,
        client: str,
        target: str,
        at: float,
        answered: float | None,
        *,
        body: bytes = b"",
        answer: tuple[bytes, int | None] = (b"", None),
        status: int = 200,
        reason: bytes = b"OK",
        end: ExchangeEnd | None = None,
        ended: float | None = None,
        state: ExchangeState | None = None,
        response_whole: bool = True,
        missing: int = 0,
        method: str | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        response_headers: tuple[tuple[bytes, bytes], ...] = (),
        server: Endpoint | None = None,
    ) -> Exchange:
        number = len(self.exchanges) + 1
        request = Request(
            version="HTTP/1.0",
            headers=headers,
            complete=True,
            span=Span(ns(at), ns(at), number * 10, number * 10),
            head_end_ns=ns(at),
            method=method or ("POST" if body or missing else "GET"),
            target=target.encode(),
            body=body_of(body, missing=missing),
        )
        response = None
        if answered is not None:
            pragma = ((b"Pragma", str(answer[1]).encode()),) if answer[1] is not None else ()
            response = Response(
                version="HTTP/1.1",
                headers=(*pragma, *response_headers) if response_whole else (),
                complete=response_whole,
                span=Span(ns(answered), ns(answered), number * 10 + 1, number * 10 + 1),
                head_end_ns=ns(answered),
                status=status,
                reason=reason,
                body=body_of(answer[0]) if response_whole else Body(length=None, sha256=None, data=None, missing=100),
            )
        exchange = Exchange(
            number=number,
            flow=number,
            client=Endpoint(client, 40000 + number),
            server=server or self.server,
            request=request,
            response=response,
            state=state or (ExchangeState.COMPLETE if response else ExchangeState.ABORTED),
            end=end,
            ended_ns=None if ended is None else ns(ended),
        )
        self.exchanges.append(exchange)
        return exchange

    def sign_in(self, client: str, name: str, number: int, at: float, others: bytes = b"", **more: object) -> Exchange:
        """A sign-in that the server answers 0.1 ms later."""
        listed = f"{name},{number},1\n".encode() + others
        return self.add(client, f"/sign_in?{name}", at, at + 1e-4, answer=(listed, number), reason=b"Added", **more)  # type: ignore[arg-type]

    def wait(
        self, client: str, number: int, at: float, answered: float | None, *answer: object, **more: object
    ) -> Exchange:
        """A wait; the answer is a body and a Pragma."""
        return self.add(client, f"/wait?peer_id={number}", at, answered, answer=answer or (b"", None), **more)  # type: ignore[arg-type]

    def post(self, client: str, sender: int, to: int, at: float, body: bytes, **more: object) -> Exchange:
        """A message that the server acknowledges 0.3 ms later."""
        more.setdefault("answered", at + 3e-4)
        return self.add(client, f"/message?peer_id={sender}&to={to}", at, body=body, **more)  # type: ignore[arg-type]
