"""What flows hold of unfinished messages: measured rightly, and bounded over all flows."""

from __future__ import annotations

import sys

import pytest

from sigtrace.application import unfinished
from sigtrace.application.flow_decoder import FlowDecoder
from sigtrace.application.unfinished import BODIES_SHED, FLOWS_LET_GO, Unfinished
from sigtrace.streams.flow import Chunk
from tests.builders.http import CLIENT, SERVER, request
from tests.builders.websocket import MASK, UPGRADE, Deflater, asked, switching

KIB = 1024
HEAD = b"POST / HTTP/1.1\r\nContent-Length: 90000\r\n\r\n"


def decoder(*pieces: bytes, whole: bool = True) -> FlowDecoder:
    """Return the decoder of a flow whose client said this, a chunk a piece."""
    made = FlowDecoder(1, CLIENT, SERVER, handshake_seen=whole)
    for packet, piece in enumerate(pieces, 1):
        made.feed(True, Chunk(piece, packet, packet))  # noqa: FBT003 - as deliveries say it
    return made


def websocket(*pieces: bytes) -> FlowDecoder:
    """Return the decoder of a flow whose client said this after an upgrade that agreed on compression."""
    made = decoder(UPGRADE)
    answer = Chunk(switching(b"Sec-WebSocket-Extensions: permessage-deflate"), 1, 1)
    made.feed(False, answer)  # noqa: FBT003 - as deliveries say it
    for packet, piece in enumerate(pieces, 2):
        made.feed(True, Chunk(piece, packet, packet))  # noqa: FBT003 - the same
    return made


@pytest.mark.parametrize(
    ("made", "least"),
    [
        (decoder(HEAD + bytes(50 * KIB)), 50 * KIB),
        (decoder(HEAD, bytes(20 * KIB), bytes(30 * KIB)), 50 * KIB),
        (decoder(b"GET / HTTP/1.1\r\nX: " + b"x" * (40 * KIB)), 40 * KIB),
        (decoder(*[b"G", b"E", b"T", b" "]), 4 * 100),
        (decoder(request(b"/") * 200), 200 * KIB),
        (decoder(request(b"/", *[b"a:"] * 400)), 400 * 100),
        (decoder(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"x:" + b"y" * 5000), 5000),
        (decoder(b"\r\nGET /", whole=False), 6),
        (decoder(UPGRADE, asked(2, bytes(30 * KIB))[:-1]), 30 * KIB),
        (websocket(asked(2, bytes(50 * KIB))[:-1]), 50 * KIB),
        (websocket(Deflater().text(b"a", key=MASK)), 40 * KIB),
        (decoder(asked(2, bytes(30 * KIB))[:-1], whole=False), 30 * KIB),
    ],
)
def test_memory_is_at_least_what_is_held(made: FlowDecoder, least: int) -> None:
    """Bodies, heads, chunks of an undecided line, unanswered requests and their fields, messages, contexts count."""
    assert made.memory >= least


def test_memory_is_free_again() -> None:
    """After its exchange a flow holds nothing."""
    made = decoder(request(b"/"))
    made.feed(False, Chunk(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 2, 2))  # noqa: FBT003 - as deliveries say
    assert made.memory == 0


def bounded(decoders: dict[int, FlowDecoder | None], monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[int]]:
    """Bound these to 100 KiB; return the notices' codes and the flows that were let go."""
    monkeypatch.setattr(unfinished, "MAX_UNFINISHED", 100 * KIB)
    gone: list[int] = []
    notices = Unfinished().bound(decoders, sorted, gone.append)
    return [notice.code for notice in notices], gone


def test_large_bodies_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the bound large bodies are only measured from then on; small ones and the flows stay."""
    large, small = decoder(HEAD + bytes(89_000)), decoder(HEAD + bytes(15 * KIB))
    assert bounded({1: large, 2: small, 3: None}, monkeypatch) == ([BODIES_SHED], [])
    assert large.memory < 2 * KIB
    assert small.memory > 15 * KIB
    large.feed(True, Chunk(bytes(1_000), 9, 9))  # noqa: FBT003 - as deliveries say it
    (exchange,) = [one for one in large.close() if not hasattr(one, "code")]
    assert exchange.request is not None
    assert (exchange.request.body.length, exchange.request.body.complete) == (90_000, True)
    assert exchange.request.body.data is None


def test_then_flows_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """When bodies are not what fills it, flows go in order of idleness until half of the bound is free."""
    heads: dict[int, FlowDecoder | None] = {
        number: decoder(b"GET / HTTP/1.1\r\nX: " + b"x" * (30 * KIB)) for number in range(1, 6)
    }
    assert bounded(heads, monkeypatch) == ([BODIES_SHED, FLOWS_LET_GO], [1, 2, 3, 4])


def test_below_the_bound_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is within the bound stays."""
    assert bounded({1: decoder(HEAD + bytes(89_000))}, monkeypatch) == ([], [])


def test_due_when_enough_may_have_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are measured when as much was fed as there is room for, and not before; what began counts too."""
    monkeypatch.setattr(unfinished, "MAX_UNFINISHED", 100 * KIB)
    watch = Unfinished()
    watch.grow(Chunk(bytes(50 * KIB), 1, 1), 0)
    assert not watch.is_due
    watch.grow(Chunk(b"", 1, 1), 60 * KIB)
    assert watch.is_due


def test_a_chunk_is_not_held_for_its_head() -> None:
    """Once a head is read, nothing holds the chunk that brought it: it may be 64 KiB of a body."""
    data = b"GET / HTTP/1.1\r\n\r\n" + bytes(10)
    before = sys.getrefcount(data)
    made = decoder(data)
    assert made.memory
    assert sys.getrefcount(data) == before


def test_messages_of_websocket_are_shed_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unfinished message is measured on; contexts of compression are kept as long as their flows are."""
    long = {number: websocket(asked(2, bytes(60 * KIB))[:-1]) for number in (1, 2)}
    assert bounded({**long}, monkeypatch) == ([BODIES_SHED], [])
    assert all(one.memory < 2 * KIB for one in long.values())
    contexts = {number: websocket(Deflater().text(b"a", key=MASK)) for number in range(1, 5)}
    assert bounded({**contexts}, monkeypatch) == ([BODIES_SHED, FLOWS_LET_GO], [1, 2, 3])


def test_what_begins_in_websocket_is_counted() -> None:
    """Growth is at least what is held: a message each time, a context once."""
    made = websocket()
    grown = []
    for _ in range(3):
        before = made.begun
        made.feed(True, Chunk(Deflater().text(b"a", key=MASK), 3, 3))  # noqa: FBT003 - as deliveries say it
        grown.append(made.begun - before)
    assert grown[0] >= made.memory > grown[1] == grown[2] > 0
