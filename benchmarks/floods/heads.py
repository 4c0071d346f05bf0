"""Heads of HTTP messages: endless, unfinished, long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import parts
from benchmarks.floods.talk import opened, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def head_endless(size: int, clock: Clock) -> Iterator[Rows]:
    """One head that never ends."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"GET / HTTP/1.1\r\n")
    line = b"X-Field: %s\r\n" % (b"x" * 87)
    for _, count in parts(size // len(line), len(line)):
        yield from one.stream(line * count)


def line_endless(size: int, clock: Clock) -> Iterator[Rows]:
    """One header line that never ends."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"GET / HTTP/1.1\r\nX-Field: ")
    for _, count in parts(size):
        yield from one.stream(b"x" * count)


def heads_open(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each begin a head and leave it so."""
    head = b"GET / HTTP/1.1\r\n" + b"X-Field: yes\r\n" * 20
    for first, count in parts(size, 900):
        yield opened(clock, first, count, head)


def heads_open_long(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each begin a head of 40 kB and leave it so."""
    head = b"GET / HTTP/1.1\r\n" + b"X-Field: yes\r\n" * 2857
    for first, count in parts(size, len(head)):
        yield opened(clock, first, count, head)


def heads_pipelined(size: int, clock: Clock) -> Iterator[Rows]:
    """Requests with heads of 30 kB, one behind the other."""
    one = talk(clock)
    yield from one.open()
    head = b"GET / HTTP/1.1\r\n" + b"".join(b"X-Field-%04d: %s\r\n" % (n, b"y" * 44) for n in range(500)) + b"\r\n"
    for _, count in parts(size // len(head), len(head)):
        yield from one.stream(head * count)


_M = 1_000_000
FLOODS: dict[str, Flood] = {
    "head-endless": Flood(head_endless, 50 * _M, "bytes", "http.head-too-large"),
    "line-endless": Flood(line_endless, 50 * _M, "bytes", "http.head-too-large"),
    "heads-open": Flood(heads_open, 50_000, "flows", "tcp.too-many-flows"),
    "heads-open-long": Flood(heads_open_long, 2_500, "flows"),
    "heads-pipelined": Flood(heads_pipelined, 50 * _M, "bytes"),
}
