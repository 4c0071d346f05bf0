"""Messages whose text is hard to read: JSON and session descriptions."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import parts
from benchmarks.floods.talk import OK, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def _posts(bodies: Iterator[bytes], clock: Clock, coding: bytes = b"identity") -> Iterator[Rows]:
    one = talk(clock)
    yield from one.open()
    for body in bodies:
        head = b"POST /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
        yield from one.stream(head % (coding, len(body)) + body)
        yield from one.answer(OK + b"Content-Length: 0\r\n\r\n")


def sdp_lines(size: int, clock: Clock) -> Iterator[Rows]:
    """Descriptions of a hundred thousand lines."""
    sdp = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n" + "a=x\r\n" * 100_000
    body = gzip.compress(json.dumps({"type": "offer", "sdp": sdp}).encode(), 1)
    yield from _posts((body for _ in range(size)), clock, b"gzip")


def json_deep(size: int, clock: Clock) -> Iterator[Rows]:
    """JSON with a hundred thousand levels."""
    yield from _posts((b'{"sdp":%d,"type":' % n + b"[" * 100_000 + b"]" * 100_000 + b"}" for n in range(size)), clock)


def json_digits(size: int, clock: Clock) -> Iterator[Rows]:
    """JSON with a number of a million digits."""
    yield from _posts((b'{"n":%d,"sdpMLineIndex":' % n + b"7" * 1_000_000 + b"}" for n in range(size)), clock)


def json_objects(size: int, clock: Clock) -> Iterator[Rows]:
    """JSON of 4 MB, once undone, that is all small objects."""
    inner = b"[" + b",".join([b"{}"] * 1_300_000) + b"]"
    yield from _posts((gzip.compress(b'{"n":%d,"x":' % n + inner + b"}", 1) for n in range(size)), clock, b"gzip")


def json_long(size: int, clock: Clock) -> Iterator[Rows]:
    """One message that is JSON without an end."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (size + 12))
    yield from one.ask(b'{"x": [1')
    for _, count in parts(size // 2):
        yield from one.stream(b",1" * count)
    yield from one.ask(b"]}  ")


_M = 1_000_000
FLOODS: dict[str, Flood] = {
    "sdp-lines": Flood(sdp_lines, 25, "descriptions", "sdp.omitted-lines"),
    "json-deep": Flood(json_deep, 25, "messages"),
    "json-digits": Flood(json_digits, 25, "messages"),
    "json-objects": Flood(json_objects, 25, "messages"),
    "json-long": Flood(json_long, 50 * _M, "bytes", "http.body-too-large"),
}
