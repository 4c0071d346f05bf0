"""A flow that is known as a whole tells what it would tell piece by piece, if it is HTTP."""

from __future__ import annotations

import pytest

from sigtrace.application.flow_decoder import FlowDecoder, Speech, Unit
from sigtrace.application.whole_flow import decode_whole
from sigtrace.packets.endpoint import Endpoint
from sigtrace.streams.flow import Chunk, Delivery, End, Ending, Words

ENDS = Endpoint("10.0.0.1", 40000), Endpoint("10.0.0.2", 80)

GET = b"GET / HTTP/1.1\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nok"


def items_of(asked: list[bytes], answered: list[bytes]) -> list[tuple[int, Delivery]]:
    """Return what is delivered, and the row of each: the client's FIN brings its last bytes with it."""
    pieces = [*((piece, True) for piece in asked), *((piece, False) for piece in answered)]
    found: list[tuple[int, Delivery]] = [
        (at, Delivery(0, side, Chunk(piece, 10 * at, at + 1))) for at, (piece, side) in enumerate(pieces, 5)
    ]
    last = found[-1][0]
    ends = [(last, False), (last + 1, True)]
    return [*found, *((at, Delivery(0, side, End(Ending.FIN, 10 * at, at + 1))) for at, side in ends)]


def words(pieces: list[bytes], first: int) -> Words:
    """Return pieces as all that a side says, the first of them in this row."""
    if not pieces:
        return Words(b"", 0, 0, 0, 0, 0, 0)
    last = first + len(pieces) - 1
    return Words(b"".join(pieces), len(pieces[0]), len(pieces), 10 * first, 10 * last, first + 1, last + 1)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ([GET], [OK]),
        ([POST[:-2], POST[-2:]], [OK[:-1], OK[-1:]]),
        ([GET], [CHUNKED]),
        ([GET], [UNTIL_CLOSE]),
        ([GET + GET], [OK + OK]),
        ([GET], []),
        ([GET], [OK[:-1]]),
        ([GET], [OK, b"something else"]),
        ([GET + b"nonsense\r\n\r\n"], [OK]),
    ],
)
def test_the_same_as_piece_by_piece(asked: list[bytes], answered: list[bytes]) -> None:
    """What is found, and by which row, is what a decoder finds that is given the items; so is what it took."""
    items = items_of(asked, answered)
    told = decode_whole(
        (words(asked, 5), words(answered, 5 + len(asked))), 4 + len(asked + answered), lambda: items, ENDS
    )
    decoder = FlowDecoder(7, *ENDS, handshake_seen=True)
    found: dict[int, list[Unit]] = {}
    for place, (_, from_originator, item) in items:
        found[place] = [*found.get(place, []), *decoder.feed(from_originator, item)]
    found[items[-1][0]] += decoder.close()
    assert told is not None
    assert dict(told.by(7)) == {place: units for place, units in found.items() if units}
    assert told.begun == decoder.begun


@pytest.mark.parametrize(
    ("asked", "answered", "speech"),
    [
        ([b"\x16\x03\x01\0\0"], [b"\x16\x03\x03\0\0"], Speech.OTHER),
        ([GET.replace(b"GET /", b"CONNECT a:1")], [OK], Speech.OTHER),
        ([POST[:5], POST[5:]], [OK], Speech.HTTP),  # not to be seen at the first look
        ([b"220 ready\r\n"], [b"HELO\r\n"], Speech.OTHER),
        (
            [GET.replace(b"1\r\n", b"1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")],
            [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"],
            Speech.WEBSOCKET,
        ),
    ],
)
def test_what_is_not_http_all_the_way(asked: list[bytes], answered: list[bytes], speech: Speech) -> None:
    """A flow that is not plainly HTTP, or becomes something else, tells nothing as a whole."""
    items = items_of(asked, answered)
    assert decode_whole((words(asked, 5), words(answered, 5 + len(asked))), 9, lambda: items, ENDS) is None
    decoder = FlowDecoder(7, *ENDS, handshake_seen=True)
    for _, (_, from_originator, item) in items:
        decoder.feed(from_originator, item)
    decoder.close()
    assert decoder.speech is speech
