"""Segments of one byte, and segments on top of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import ACK, parts, tcp
from benchmarks.floods.talk import SERVER, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def bytes_in_order(size: int, clock: Clock) -> Iterator[Rows]:
    """A long body in segments of one byte."""
    yield from _single_bytes(size, clock, np.arange(size))


def bytes_reversed(size: int, clock: Clock) -> Iterator[Rows]:
    """The same, the last byte first."""
    yield from _single_bytes(size, clock, np.arange(size)[::-1])


def bytes_shuffled(size: int, clock: Clock) -> Iterator[Rows]:
    """The same in any order."""
    yield from _single_bytes(size, clock, np.random.default_rng(2).permutation(size))


def bytes_with_holes(size: int, clock: Clock) -> Iterator[Rows]:
    """Every second byte never comes."""
    yield from _single_bytes(size, clock, 1 + 2 * np.arange(size))


def _single_bytes(size: int, clock: Clock, order: NDArray[np.int64]) -> Iterator[Rows]:
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
    start = 1001 + 55
    for first, count in parts(size):
        sequence = start + order[first : first + count]
        at = clock.take(count)[0]
        yield tcp(at, (0xC6336402, 40_000), SERVER, ACK, sequence=sequence, acknowledgment=9001, payload=b"x")


def overlapping(size: int, clock: Clock) -> Iterator[Rows]:
    """Each byte in fourteen segments."""
    yield from _overlapping(size, clock, differing=False)


def overlapping_differing(size: int, clock: Clock) -> Iterator[Rows]:
    """Each byte in fourteen segments that contradict each other, the first of them lost."""
    yield from _overlapping(size, clock, differing=True)


def _overlapping(size: int, clock: Clock, *, differing: bool) -> Iterator[Rows]:
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
    for first, count in parts(size // 1400, 1400):
        index = np.arange(first, first + count)
        sequence = 1001 + 55 + differing + 100 * index
        payload = np.full((count, 1400), ord("x"), np.uint8)
        if differing:
            payload[:] = (index % 26 + ord("a"))[:, None]
        at = clock.take(count)[0]
        yield tcp(at, (0xC6336402, 40_000), SERVER, ACK, sequence=sequence, acknowledgment=9001, payload=payload)


_M = 1_000_000
FLOODS: dict[str, Flood] = {
    "bytes-in-order": Flood(bytes_in_order, 250_000, "segments"),
    "bytes-reversed": Flood(bytes_reversed, 250_000, "segments", "tcp.bound-waiting"),
    "bytes-shuffled": Flood(bytes_shuffled, 250_000, "segments", "tcp.bound-waiting"),
    "bytes-with-holes": Flood(bytes_with_holes, 250_000, "segments", "tcp.bound-waiting"),
    "overlapping": Flood(overlapping, 50 * _M, "bytes"),
    "overlapping-differing": Flood(overlapping_differing, 50 * _M, "bytes", "tcp.overlap"),
}
