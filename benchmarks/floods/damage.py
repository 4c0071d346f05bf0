"""Segments that cannot be, and connections that contradict themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import ACK, PSH, SYN, parts, put, tcp
from benchmarks.floods.talk import SERVER, client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def damaged(size: int, clock: Clock) -> Iterator[Rows]:
    """TCP headers that cannot be."""
    for first, count in parts(size):
        rows = tcp(clock.take(count)[0], client(first, count), SERVER, ACK, payload=b"x")
        put(rows, 16 + 14 + 20 + 12, 1, 0x10)
        yield rows


def contradicting(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each contradict themselves: one notice each."""
    for first, count in parts(size, 300):
        one, two, three = clock.take(count, 3)
        ends = client(first, count), SERVER
        yield np.hstack(
            [
                tcp(one, *ends, SYN),
                tcp(two, *ends, PSH | ACK, sequence=1001, payload=b"GET / HTTP/1.1\r\n"),
                tcp(three, *ends, PSH | ACK, sequence=1001, payload=b"PUT / HTTP/1.1\r\n\r\n"),
            ]
        )


FLOODS: dict[str, Flood] = {
    "damaged": Flood(damaged, 250_000, "packets", "tcp.malformed"),
    "contradicting": Flood(contradicting, 250_000, "flows", "notices.more"),
}
