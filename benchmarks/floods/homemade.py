"""Home-made signaling: one address with many names, the same message without end, payloads that are hard to open."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import digits, joined, parts
from benchmarks.floods.sockets import ROOMS, socket, text, varied, written
from benchmarks.floods.talk import Talk, in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows

_SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=setup:actpass\r\n"
_OFFER = {"type": "offer", "sdp": _SDP}
_CANDIDATE = {"candidate": "candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host", "sdpMid": "0"}


def names(size: int, clock: Clock) -> Iterator[Rows]:
    """Offers over HTTP from one address, each from and to somebody else."""
    one = Talk((0x0A030001, 40_000), ROOMS, clock)
    yield from one.open()
    head = b"POST /signal HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    for first, count in parts(size, 900):
        number = digits(np.arange(first, first + count), 8)
        body = varied({**_OFFER, "from": "a@@", "to": "b@@"}, "@@", number)
        asked = joined(count, head % body.shape[1], body)
        yield in_turn(clock, count, (one, True, asked), (one, False, b"HTTP/1.1 204 No Content\r\n\r\n"))


def fetched(size: int, clock: Clock) -> Iterator[Rows]:
    """Polls from one address, each for somebody else, that bring nothing."""
    yield from names(10, clock)
    one = Talk((0x0A030001, 40_001), ROOMS, clock)
    yield from one.open()
    for first, count in parts(size, 400):
        asked = joined(
            count, b"GET /signal?me=a", digits(np.arange(first, first + count), 8), b" HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
        yield in_turn(clock, count, (one, True, asked), (one, False, answer))


def alike(size: int, clock: Clock) -> Iterator[Rows]:
    """One message of JSON, the same each time, that goes from one to the other."""
    yield from _messages(size, clock, {"type": "mute", "to": "b"}, {"type": "mute", "from": "a"})


def unaddressed(size: int, clock: Clock) -> Iterator[Rows]:
    """The same, for and from nobody."""
    yield from _messages(size, clock, {"type": "mute"}, {"type": "mute"})


def _messages(size: int, clock: Clock, asked: Any, told: Any) -> Iterator[Rows]:
    (caller, opening), (callee, other) = (socket(clock, number, b"/signal") for number in (1, 2))
    yield from opening
    yield from other
    yield from caller.ask(text(written({**_OFFER, "from": "a", "to": "b"}), by_client=True))
    yield from callee.answer(text(written({**_OFFER, "from": "a"}), by_client=False))
    turns = (caller, True, text(written(asked), by_client=True)), (callee, False, text(written(told), by_client=False))
    for _, count in parts(size, 400):
        yield in_turn(clock, count, *turns)


def _payloads(size: int, clock: Clock, payload: bytes, path: bytes = b"/signal") -> Iterator[Rows]:
    """One payload again and again, each time a little different."""
    one, opening = socket(clock, 1, path)
    yield from opening
    for number in range(size):
        yield from one.stream(text(payload.replace(b"@@@@@@@@", b"%08d" % number), by_client=True))


def _carrying(more: Any) -> bytes:
    return written({**_OFFER, "number": "@@@@@@@@", "more": more})


def levels(size: int, clock: Clock) -> Iterator[Rows]:
    """Offers with as many levels of JSON beside them as are read, of wrapped strings too."""
    value: Any = "@@@@@@@@"
    for _ in range(90):
        value = {"a": [value, "x"]} if isinstance(value, str) else [value]
    inner = written([value] * 40).decode()
    yield from _payloads(size, clock, _carrying([value, inner, written([inner] * 20).decode()]))


def strings(size: int, clock: Clock) -> Iterator[Rows]:
    """Offers with a hundred thousand strings beside them, each of which looks like JSON or base64."""
    yield from _payloads(size, clock, _carrying(["[1,2,3", "eyJhIjoxfQeyJhIjoxfQ"] * 25_000 + ["x"] * 50_000))


def wrapped(size: int, clock: Clock) -> Iterator[Rows]:
    """Offers in base64 in JSON in base64, deeper than is opened."""
    value = _carrying("x" * 200_000)
    for _ in range(6):
        value = written({"data": base64.b64encode(value).decode()})
        if len(value) > 700_000:
            break
    yield from _payloads(size, clock, value[:-1] + b',"number":"@@@@@@@@"}')


def batches(size: int, clock: Clock) -> Iterator[Rows]:
    """Answers to polls with as many messages as are read of one, a candidate in each."""
    many = [{"type": "candidate", "to": "b", "candidate": _CANDIDATE, "number": "@@@@@@@@"} for _ in range(512)]
    yield from _payloads(size, clock, written({"messages": many}))


def lists(size: int, clock: Clock) -> Iterator[Rows]:
    """Greetings with as many peers as a message holds."""
    yield from _payloads(1, clock, written(_OFFER))
    one, opening = socket(clock, 2, b"/signal")
    yield from opening
    for number in range(size):
        peers = [f"p{number:04}{other:05}" for other in range(50_000)]
        yield from one.stream(text(written({"type": "peers", "peers": peers}), by_client=False), by_client=False)


FLOODS: dict[str, Flood] = {
    "homemade-names": Flood(names, 5_000, "offers"),
    "homemade-fetched": Flood(fetched, 10_000, "polls"),
    "homemade-alike": Flood(alike, 10_000, "messages"),
    "homemade-unaddressed": Flood(unaddressed, 10_000, "messages"),
    "homemade-levels": Flood(levels, 50, "messages"),
    "homemade-strings": Flood(strings, 10, "messages"),
    "homemade-wrapped": Flood(wrapped, 25, "messages"),
    "homemade-batches": Flood(batches, 25, "messages"),
    "homemade-lists": Flood(lists, 25, "messages"),
}
