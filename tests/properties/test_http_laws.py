"""Laws of the HTTP decoder: splitting changes nothing, damage never raises, h11 agrees."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.application.http.message import Exchange, ExchangeState, Request, Response
from sigtrace.application.span import Span
from sigtrace.value import replace
from tests.builders.http import Wire, chunked, request, response

Message = TypeVar("Message", Request, Response)

NO_SPAN = Span(0, 0, 0, 0)

bodies = st.binary(max_size=60).filter(lambda body: b"HTTP/1." not in body)  # after a gap that is a start, rightly
tokens = st.text("abcXYZ-", min_size=1, max_size=8).map(str.encode)
values = st.text("abc 12;=/", max_size=12).map(lambda text: text.strip().encode())
headers = st.lists(st.builds(lambda name, value: b"x" + name + b": " + value, tokens, values), max_size=4)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Draw one request."""
    body = draw(bodies)
    fields = [b"Host: a", *draw(headers)]
    method = draw(st.sampled_from([b"GET", b"POST", b"HEAD", b"PUT"]))
    if body and draw(st.booleans()):
        return request(b"/t", *fields, b"Transfer-Encoding: chunked", method=method) + chunked(body)
    return request(b"/t", *fields, method=method, body=body)


@st.composite
def responses(draw: st.DrawFn, asked: bytes) -> bytes:
    """Draw the response to a request."""
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" if draw(st.booleans()) else b""
    fields = draw(headers)
    if asked.startswith(b"HEAD"):
        return interim + b"\r\n".join([b"HTTP/1.1 200 OK", *fields, b"Content-Length: 9", b"", b""])
    status = draw(st.sampled_from([b"200 OK", b"404 Not Found", b"500 Sorry", b"204 No Content"]))
    if status.startswith(b"204"):
        return interim + b"\r\n".join([b"HTTP/1.1 " + status, *fields, b"", b""])
    body = draw(bodies)
    if body and draw(st.booleans()):
        head = b"\r\n".join([b"HTTP/1.1 " + status, *fields, b"Transfer-Encoding: chunked", b"", b""])
        return interim + head + chunked(body, body)
    return interim + response(body, *fields, status=status)


@st.composite
def conversations(draw: st.DrawFn) -> list[tuple[bytes, bytes]]:
    """Draw the exchanges of one connection."""
    asked = draw(st.lists(requests(), min_size=1, max_size=4))
    return [(one, draw(responses(one))) for one in asked]


def cut(data: st.DataObject, whole: bytes) -> list[bytes]:
    """Cut bytes at drawn places."""
    places = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=8)) | {0, len(whole)})
    return [whole[start:stop] for start, stop in pairwise(places)]


def without_spans(exchange: Exchange) -> Exchange:
    """Return the exchange with every time and packet number gone."""

    def bare(message: Message) -> Message:
        return replace(message, span=NO_SPAN, head_end_ns=0)

    return replace(
        exchange,
        request=exchange.request and bare(exchange.request),
        response=exchange.response and bare(exchange.response),
        interim=tuple(bare(part) for part in exchange.interim),
    )


def read_whole(conversation: list[tuple[bytes, bytes]]) -> list[Exchange]:
    """Read a conversation as it was sent."""
    wire = Wire()
    for asked, answered in conversation:
        wire.client(asked).server(answered)
    return [without_spans(exchange) for exchange in wire.fin().exchanges]


@given(st.data(), conversations())
@settings(deadline=None)
def test_any_splitting_gives_the_same_exchanges(data: st.DataObject, conversation: list[tuple[bytes, bytes]]) -> None:
    """However the bytes are cut into chunks and the directions interleaved, the exchanges are the same."""
    expected = read_whole(conversation)
    assert len(expected) == len(conversation)
    assert all(exchange.state is ExchangeState.COMPLETE for exchange in expected)
    asked = cut(data, b"".join(one for one, _ in conversation))
    answered = cut(data, b"".join(one for _, one in conversation))
    wire = Wire()
    while asked or answered:
        if asked and (not answered or data.draw(st.booleans())):
            wire.client(asked.pop(0))
        else:
            wire.server(answered.pop(0))
    wire.fin()
    assert [without_spans(exchange) for exchange in wire.exchanges] == expected
    assert wire.notices == []


@given(st.data(), conversations())
@settings(deadline=None)
def test_gaps_never_raise_and_later_exchanges_survive(
    data: st.DataObject, conversation: list[tuple[bytes, bytes]]
) -> None:
    """After lost pieces anywhere, an exchange that begins in chunks of its own is complete again."""
    wire = Wire(handshake_seen=data.draw(st.booleans()))
    for asked, answered in conversation:
        for piece in cut(data, asked):
            wire.client_gap(len(piece)) if piece and data.draw(st.booleans()) else wire.client(piece)
        for piece in cut(data, answered):
            wire.server_gap(len(piece)) if piece and data.draw(st.booleans()) else wire.server(piece)
    wire.client_gap(70_000).server_gap(70_000)  # more than any body here has left
    wire.client(request(b"/last")).server(response(b"/last")).fin()
    last = next(e for e in wire.exchanges if e.response and e.response.body.data == b"/last")
    assert last.request is not None
    assert last.request.target == b"/last"
    assert last.state is ExchangeState.COMPLETE


noise = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"GET / HTTP/1.1\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n",
            b"Transfer-Encoding: chunked\r\n\r\n",
            b"Content-Length: 5\r\n",
            b"Content-Encoding: gzip\r\n",
            b"\r\n",
            b"\n",
            b"5\r\nabcde\r\n",
            b"0\r\n\r\n",
            b"G",
            b"HTTP/1.",
        ]
    ),
)


@given(st.lists(st.tuples(st.sampled_from(["client", "server"]), st.one_of(noise, st.integers(1, 60)))), st.booleans())
@settings(deadline=None, max_examples=300)
def test_garbage_never_raises(items: list[tuple[str, bytes | int]], handshake_seen: bool) -> None:  # noqa: FBT001 - drawn
    """Any bytes and gaps in any order come to an end, with every request out at most once."""
    wire = Wire(handshake_seen=handshake_seen)
    for side, item in items:
        if isinstance(item, bytes):
            (wire.client if side == "client" else wire.server)(item)
        else:
            (wire.client_gap if side == "client" else wire.server_gap)(item)
    wire.fin().close()
    starts = [exchange.request.span for exchange in wire.exchanges if exchange.request and exchange.request.complete]
    said = [
        b"".join(item for who, item in items if who == side and isinstance(item, bytes))
        for side in ("client", "server")
    ]
    assert len(starts) <= sum(one.count(b"HTTP/") for one in said)


@given(conversations())
@settings(deadline=None)
def test_h11_reads_the_same(conversation: list[tuple[bytes, bytes]]) -> None:
    """Status, headers and bodies are those that h11 reads."""
    ours = read_whole(conversation)
    server = h11.Connection(h11.SERVER)
    client = h11.Connection(h11.CLIENT)
    for exchange, (asked, answered) in zip(ours, conversation, strict=True):
        assert exchange.request is not None
        assert exchange.response is not None
        head, body = _read_h11(server, asked)
        assert isinstance(head, h11.Request)
        assert (exchange.request.method.encode(), exchange.request.target) == (head.method, head.target)
        assert _lower(exchange.request) == list(head.headers)
        assert exchange.request.body.data == body
        client.send(h11.Request(method=head.method, target=b"/", headers=[(b"Host", b"a")]))
        client.send(h11.EndOfMessage())
        answer, body = _read_h11(client, answered)
        assert isinstance(answer, h11.Response)
        assert (exchange.response.status, exchange.response.reason) == (answer.status_code, answer.reason)
        assert _lower(exchange.response) == list(answer.headers)
        assert exchange.response.body.data == body
        server.send(h11.Response(status_code=200, headers=[(b"Content-Length", b"0")]))
        server.send(h11.EndOfMessage())
        for connection in (server, client):
            connection.start_next_cycle()


def _lower(message: Request | Response) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in message.headers]


def _read_h11(connection: h11.Connection, data: bytes) -> tuple[object, bytes]:
    connection.receive_data(data)
    head: object = None
    body = b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        assert event not in (h11.NEED_DATA, h11.PAUSED)
        if isinstance(event, h11.Request | h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
    return head, body
