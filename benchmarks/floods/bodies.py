"""Bodies of HTTP messages: in tiny chunks, long, unfinished, unanswered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import parts
from benchmarks.floods.talk import opened, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def chunks_tiny(size: int, clock: Clock) -> Iterator[Rows]:
    """A body in chunks of one byte."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _, count in parts(size, 6):
        yield from one.stream(b"1\r\nx\r\n" * count)


def body_long(size: int, clock: Clock) -> Iterator[Rows]:
    """One body far above what is kept."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size)
    for _, count in parts(size // 1400, 1400):
        yield from one.stream(b"x" * (1400 * count))


def bodies_open(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each send 60 kB of a body and stop."""
    data = b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 60_000
    for first, count in parts(size, len(data)):
        yield opened(clock, first, count, data)


def bodies_unanswered(size: int, clock: Clock) -> Iterator[Rows]:
    """Whole requests with bodies of 60 kB, on one connection, that nobody answers."""
    one = talk(clock)
    yield from one.open()
    request = b"POST /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000
    for _, count in parts(size, len(request)):
        yield from one.stream(request * count)


_M = 1_000_000
FLOODS: dict[str, Flood] = {
    "chunks-tiny": Flood(chunks_tiny, 2 * _M, "chunks", "http.body-too-large"),
    "body-long": Flood(body_long, 125 * _M, "bytes", "http.body-too-large"),
    "bodies-open": Flood(bodies_open, 2_500, "flows"),
    "bodies-unanswered": Flood(bodies_unanswered, 2_500, "requests"),
}
