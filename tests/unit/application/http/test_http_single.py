"""A request and its answer that are all a connection says: which are read at once, and that they come out the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sigtrace.application.http.body import MAX_KEPT
from sigtrace.application.http.connection import HttpConnection
from sigtrace.application.http.single import read_single
from sigtrace.packets.endpoint import Endpoint
from sigtrace.streams.flow import Chunk, End, Ending, Words

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange

CLIENT, SERVER = Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 80)

GET = b"GET /wait?peer_id=1 HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /message HTTP/1.0\r\nContent-Length: 4\r\n\r\nabcd"
HEAD = b"HEAD / HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nServer: b\r\nContent-Length: 6\r\n\r\nanswer"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
ONLY_HEAD = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n"


def chunks(pieces: list[bytes], first: int) -> list[Chunk]:
    """Return pieces as packets of these numbers bring them."""
    return [Chunk(piece, 10 * (first + at), first + at) for at, piece in enumerate(pieces)]


def words(brought: list[Chunk]) -> Words:
    """Return chunks as all that a side says."""
    if not brought:
        return Words(b"", 0, 0, 0, 0, 0, 0)
    first, last = brought[0], brought[-1]
    data = b"".join(chunk.data for chunk in brought)
    return Words(data, len(first.data), len(brought), first.at_ns, last.at_ns, first.packet, last.packet)


def read_at_once(asked: list[Chunk], answered: list[Chunk]) -> list[Exchange]:
    """Read what both sides say, if it can be read at once."""
    exchange = read_single(words(asked), words(answered), CLIENT, SERVER)
    return [] if exchange is None else [exchange]


def cut(data: bytes, *at: int) -> list[bytes]:
    """Cut data at some places."""
    return [data[start:end] for start, end in zip((0, *at), (*at, len(data)), strict=True)]


PLAIN: list[tuple[list[bytes], list[bytes]]] = [
    ([GET], [OK]),
    ([POST], [OK]),
    (cut(POST, len(POST) - 3), cut(OK, len(OK) - 6, len(OK) - 2)),
    ([GET], [EMPTY]),
    ([GET], [NO_CONTENT]),
    ([GET], [ONLY_HEAD]),
    ([HEAD], [ONLY_HEAD.replace(b"304 Not Modified", b"200 OK")]),
    ([GET], [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MAX_KEPT, b"x" * MAX_KEPT]),
]


@pytest.mark.parametrize(("asked", "answered"), PLAIN)
def test_the_same_as_piece_by_piece(asked: list[bytes], answered: list[bytes]) -> None:
    """What is read at once is what comes out of a connection that is given the pieces, and the ends behind them."""
    request, response = chunks(asked, 4), chunks(answered, 50)
    connection = HttpConnection(0, CLIENT, SERVER, whole=True)
    found = [one for chunk in request for one in connection.feed(chunk, from_client=True)]
    found += [one for chunk in response for one in connection.feed(chunk, from_client=False)]
    found += connection.feed(End(Ending.FIN, 1000, 100), from_client=True)
    found += connection.feed(End(Ending.FIN, 1001, 101), from_client=False)
    assert read_at_once(request, response) == found


ODD: dict[str, tuple[list[bytes], list[bytes]]] = {
    "no HTTP": ([b"\x16\x03\x01hello"], [b"\x16\x03\x03hello"]),
    "an empty line first": ([b"\r\n" + GET], [OK]),
    "a request in pieces": (cut(GET, 10), [OK]),
    "an answer in pieces": ([GET], cut(OK, 30)),
    "a tunnel": ([GET.replace(b"GET /wait?peer_id=1", b"CONNECT a:1")], [EMPTY]),
    "an upgrade": ([GET.replace(b"Host: a", b"Upgrade: websocket")], [OK]),
    "an upgrade granted": ([GET], [NO_CONTENT.replace(b"204 No Content", b"101 Switching Protocols")]),
    "an interim answer": ([GET], [NO_CONTENT.replace(b"204 No Content", b"100 Continue")]),
    "an expectation": ([POST.replace(b"HTTP/1.0\r\n", b"HTTP/1.1\r\nExpect: 100-continue\r\n")], [OK]),
    "chunks": ([GET], [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]),
    "a content coding": ([GET], [OK.replace(b"Server: b", b"Content-Encoding: br")]),
    "until the end": ([GET], [b"HTTP/1.1 200 OK\r\n\r\nanswer"]),
    "two lengths": ([GET], [OK.replace(b"Server: b", b"Content-Length: 5")]),
    "a damaged line": ([GET], [OK.replace(b"Server: b", b"Server b")]),
    "too short": ([POST[:-1]], [OK]),
    "too long": ([POST + b"x"], [OK]),
    "two requests": ([GET + GET], [OK]),
    "an answer too short": ([GET], [OK[:-1]]),
    "no answer": ([GET], []),
    "two answers": ([GET], [OK + OK]),
    "a body behind a head": ([GET], [ONLY_HEAD + b"answer"]),
    "too much to keep": (
        [GET],
        [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_KEPT + 1), b"x" * (MAX_KEPT + 1)],
    ),
}


@pytest.mark.parametrize(("asked", "answered"), ODD.values(), ids=ODD.keys())
def test_odd_ones_are_left(asked: list[bytes], answered: list[bytes]) -> None:
    """What is odd in any way is not read at once."""
    assert not read_at_once(chunks(asked, 4), chunks(answered, 50))
