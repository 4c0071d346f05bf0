"""Many requests, or many responses, on one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import parts
from benchmarks.floods.talk import talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def interim(size: int, clock: Clock) -> Iterator[Rows]:
    """1xx responses without a final one."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"GET / HTTP/1.1\r\n\r\n")
    for _, count in parts(size, 32):
        yield from one.stream(b"HTTP/1.1 103 Early Hints\r\n\r\n" * count, by_client=False)


def pipelined(size: int, clock: Clock) -> Iterator[Rows]:
    """Requests on one connection that are not answered."""
    one = talk(clock)
    yield from one.open()
    for _, count in parts(size, 32):
        yield from one.stream(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * count)


def pipelined_answered(size: int, clock: Clock) -> Iterator[Rows]:
    """Requests on one connection that are answered."""
    one = talk(clock)
    yield from one.open()
    for _ in range(size // 500):
        yield from one.stream(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 500)
        yield from one.stream(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 500, by_client=False)


FLOODS: dict[str, Flood] = {
    "interim": Flood(interim, 250_000, "responses", "http.too-many-interim"),
    "pipelined": Flood(pipelined, 250_000, "requests", "http.too-many-unanswered"),
    "pipelined-answered": Flood(pipelined_answered, 250_000, "exchanges", "trace.exchanges-dropped"),
}
