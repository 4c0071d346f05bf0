"""What is no TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import IP_ICMP, ethernet, ipv4, parts, udp
from benchmarks.floods.talk import SERVER, client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def datagrams(size: int, clock: Clock) -> Iterator[Rows]:
    """UDP between random addresses."""
    chance = np.random.default_rng(3)
    for _, count in parts(size):
        source = chance.integers(0x01000000, 0xDF000000, count), chance.integers(1024, 65536, count)
        yield udp(clock.take(count)[0], source, (SERVER[0], chance.integers(1, 65536, count)), b"x" * 64)


def ethertypes(size: int, clock: Clock) -> Iterator[Rows]:
    """Frames of every EtherType."""
    for first, count in parts(size):
        yield ethernet(clock.take(count)[0], 0x0600 + np.arange(first, first + count) % 0xF000, 64)


def pings(size: int, clock: Clock) -> Iterator[Rows]:
    """ICMP from everywhere."""
    for first, count in parts(size):
        yield ipv4(clock.take(count)[0], client(first, count)[0], SERVER[0], IP_ICMP, 64)


FLOODS: dict[str, Flood] = {
    "datagrams": Flood(datagrams, 1_250_000, "packets"),
    "ethertypes": Flood(ethertypes, 1_250_000, "packets"),
    "pings": Flood(pings, 1_250_000, "packets"),
}
