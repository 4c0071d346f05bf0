"""SYNs and what follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import ACK, PSH, RST, SYN, parts, tcp
from benchmarks.floods.talk import SERVER, client, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def syns(size: int, clock: Clock) -> Iterator[Rows]:
    """SYNs of random addresses and ports to random ports."""
    chance = np.random.default_rng(1)
    for _, count in parts(size):
        source = chance.integers(0x01000000, 0xDF000000, count), chance.integers(1024, 65536, count)
        sequence = chance.integers(0, 2**32, count)
        yield tcp(clock.take(count)[0], source, (SERVER[0], chance.integers(1, 65536, count)), SYN, sequence=sequence)


def syns_answered(size: int, clock: Clock) -> Iterator[Rows]:
    """SYNs that the server answers."""
    for first, count in parts(size):
        one, two = clock.take(count, 2)
        ends = client(first, count), SERVER
        yield np.hstack([tcp(one, *ends, SYN), tcp(two, *ends[::-1], SYN | ACK, sequence=9000, acknowledgment=1001)])


def syn_acks(size: int, clock: Clock) -> Iterator[Rows]:
    """Answers to SYNs that nobody saw."""
    for first, count in parts(size):
        yield tcp(clock.take(count)[0], SERVER, client(first, count), SYN | ACK, acknowledgment=1)


def resets(size: int, clock: Clock) -> Iterator[Rows]:
    """Resets of connections that nobody saw."""
    for first, count in parts(size):
        yield tcp(clock.take(count)[0], client(first, count), SERVER, RST)


def syns_and_data(size: int, clock: Clock) -> Iterator[Rows]:
    """A SYN and a request behind it, from everywhere."""
    for first, count in parts(size):
        one, two = clock.take(count, 2)
        ends = client(first, count), SERVER
        request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        yield np.hstack([tcp(one, *ends, SYN), tcp(two, *ends, PSH | ACK, sequence=1001, payload=request)])


def syns_and_other_data(size: int, clock: Clock) -> Iterator[Rows]:
    """A SYN and the first bytes of something else behind it: flows that are dropped."""
    for first, count in parts(size):
        one, two = clock.take(count, 2)
        ends = client(first, count), SERVER
        yield np.hstack([tcp(one, *ends, SYN), tcp(two, *ends, PSH | ACK, sequence=1001, payload=b"\x16\x03\x01\x02")])


def kept_alive(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that had an exchange and stay open."""
    for first, count in parts(size, 800):
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        yield opened(clock, first, count, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", answer)


FLOODS: dict[str, Flood] = {
    "syns": Flood(syns, 1_250_000, "SYNs", "tcp.too-many-flows"),
    "syns-answered": Flood(syns_answered, 500_000, "SYNs", "tcp.too-many-flows"),
    "syn-acks": Flood(syn_acks, 500_000, "SYN-ACKs", "tcp.too-many-flows"),
    "resets": Flood(resets, 500_000, "resets", "tcp.too-many-flows"),
    "syns-and-data": Flood(syns_and_data, 1_250_000, "flows", "tcp.too-many-flows"),
    "syns-and-other-data": Flood(syns_and_other_data, 500_000, "flows"),
    "kept-alive": Flood(kept_alive, 50_000, "flows", "tcp.too-many-flows"),
}
