"""The kinds of captures that sigtrace is measured on: each at any scale, as pieces of a pcapng file.

A piece is a slice of time, or some hundred packets: whole blocks always.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from . import downloads, media, small_packets
from .pcapng import file_header, lay_out, packet, splice
from .peerconnection import DENSE, USUAL
from .signaling import Signaling, dense

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .packets import Packets

MEDIA_CALLS = 10  # 340 exchanges
SMALL_PACKETS_CALLS = 30  # 1020
DOWNLOADS_CALLS = 9  # 306
DENSE_CALLS = 1180  # 40 120
DOWNLOADS_SLICE_NS = 2_000_000_000
AT_ONCE = 20_000  # packets of a piece, where they are whole frames


class Traffic(Protocol):
    """What is on the wire beside the calls."""

    opening: list[tuple[int, bytes]]  # whole frames that come first, and when

    def between(self, begin_ns: int, end_ns: int) -> list[Packets]:
        """Return the packets of some time."""


def make_media(scale: float, calls: int | None, seed: int) -> Iterator[bytes]:
    """Yield a media-heavy capture."""
    random = np.random.Generator(np.random.SFC64(seed))
    traffic = media.Media(random)
    signaling = Signaling(_calls(MEDIA_CALLS, scale, calls), round(media.DURATION_NS * scale), seed)
    yield from _woven(traffic, signaling, (round(media.DURATION_NS * scale), media.SLICE_NS), random)


def make_small_packets(scale: float, calls: int | None, seed: int) -> Iterator[bytes]:
    """Yield a capture of small packets."""
    random = np.random.Generator(np.random.SFC64(seed))
    duration_ns = round(small_packets.DURATION_NS * scale)
    signaling = Signaling(_calls(SMALL_PACKETS_CALLS, scale, calls), duration_ns, seed)
    yield from _woven(small_packets.SmallPackets(random), signaling, (duration_ns, small_packets.SLICE_NS), random)


def make_downloads(scale: float, calls: int | None, seed: int) -> Iterator[bytes]:
    """Yield a capture of HTTP downloads."""
    random = np.random.Generator(np.random.SFC64(seed))
    traffic = downloads.Downloads(scale, random)
    signaling = Signaling(_calls(DOWNLOADS_CALLS, scale, calls), traffic.duration_ns, seed)
    yield from _woven(traffic, signaling, (traffic.duration_ns, DOWNLOADS_SLICE_NS), random)


def make_dense(scale: float, calls: int | None, seed: int) -> Iterator[bytes]:
    """Yield a signaling-dense capture: nothing but calls, with large descriptions that are negotiated again."""
    yield file_header()
    packets = (packet(at_ns, frame) for at_ns, frame in dense(_calls(DENSE_CALLS, scale, calls), seed))
    while piece := b"".join(islice(packets, AT_ONCE)):
        yield piece


def _calls(full: int, scale: float, wanted: int | None) -> int:
    return max(round(full * scale), 1) if wanted is None else wanted


def _woven(
    traffic: Traffic, signaling: Signaling, clock: tuple[int, int], random: np.random.Generator
) -> Iterator[bytes]:
    """Yield slices of time with calls between other packets."""
    yield file_header()
    duration_ns, slice_ns = clock
    opening = traffic.opening
    for begin in range(0, duration_ns, slice_ns):
        end = begin + slice_ns
        blocks = lay_out(traffic.between(begin, min(end, duration_ns)), random)
        first = [frame for frame in opening if begin <= frame[0] < end]
        yield splice(blocks, sorted(first + signaling.between(begin, end)))


class Kind:
    """A kind: what makes it, and what is in it at the full scale."""

    def __init__(self, make: Callable[[float, int | None, int], Iterator[bytes]], exchanges: int) -> None:
        self.make = make
        self.exchanges = exchanges


KINDS = {
    "media": Kind(make_media, MEDIA_CALLS * USUAL.exchanges),
    "dense": Kind(make_dense, DENSE_CALLS * DENSE.exchanges),
    "small-packets": Kind(make_small_packets, SMALL_PACKETS_CALLS * USUAL.exchanges),
    "downloads": Kind(make_downloads, DOWNLOADS_CALLS * USUAL.exchanges),
}
