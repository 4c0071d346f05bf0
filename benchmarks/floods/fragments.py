"""Fragments of packets that never become whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import IP_FRAGMENT, IP_TCP, ipv4, ipv6, parts, put
from benchmarks.floods.talk import SERVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def fragments_ipv4(size: int, clock: Clock) -> Iterator[Rows]:
    """First fragments whose others never come."""
    yield from _fragments_ipv4(size, clock, length=1480)


def fragments_tiny(size: int, clock: Clock) -> Iterator[Rows]:
    """First fragments of eight bytes."""
    yield from _fragments_ipv4(size, clock, length=8)


def fragments_overlapping(size: int, clock: Clock) -> Iterator[Rows]:
    """Sixty-four fragments of each packet that lie on top of each other, and the last one never."""
    yield from _fragments_ipv4(size, clock, length=1480, each=64)


def fragments_far(size: int, clock: Clock) -> Iterator[Rows]:
    """One fragment of each packet, at its far end."""
    yield from _fragments_ipv4(size, clock, length=8, place=0x2000 | 8000)


def fragments_of_one(size: int, clock: Clock) -> Iterator[Rows]:
    """Fragments that all have the same identification."""
    yield from _fragments_ipv4(size, clock, length=1480, each=size)


def _fragments_ipv4(size: int, clock: Clock, *, length: int, each: int = 1, place: int = 0x2000) -> Iterator[Rows]:
    for first, count in parts(size, length):
        index = np.arange(first, first + count)
        packet = index // each
        source = 0x0A000000 + packet // 65536
        places = place + index % each % 64
        at = clock.take(count)[0]
        yield ipv4(at, source, SERVER[0], IP_TCP, length, identification=packet % 65536, place=places)


def fragments_ipv6(size: int, clock: Clock) -> Iterator[Rows]:
    """First fragments of IPv6 whose others never come."""
    for first, count in parts(size, 1500):
        rows = ipv6(clock.take(count)[0], 1, 2, IP_FRAGMENT, 8 + 1232)
        put(rows, 70, 4, IP_TCP << 24 | 1)
        put(rows, 74, 4, np.arange(first, first + count))
        yield rows


FLOODS: dict[str, Flood] = {
    "fragments-ipv4": Flood(fragments_ipv4, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-ipv6": Flood(fragments_ipv6, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-tiny": Flood(fragments_tiny, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-far": Flood(fragments_far, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-overlapping": Flood(fragments_overlapping, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-of-one": Flood(fragments_of_one, 250_000, "fragments", "ip.fragments-incomplete"),
}
