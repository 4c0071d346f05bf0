"""Fragments of 802.11 frames: kept until the MSDU they are parts of is whole, within bounds, first copies winning.

They are numbered from 0 and sent in order; one that was not acknowledged is sent again, marked as a retry. A monitor
hears both, so an MSDU stays known for a while after it became whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.packets.layer import FrameFragment, Layer

FRAMES_INCOMPLETE = "link.fragments-incomplete"  # frames of which not all fragments were captured
FRAMES_BOUND = "link.fragments-bound"  # more frames in fragments at a time than are kept

MAX_AGE_NS = 1_000_000_000  # receivers give up after 512 time units, half a second; sequence numbers wrap at 4096
MAX_FRAMES = 256  # frames in fragments at a time: a station has one in each of 8 classes, a cell tens of stations
MAX_BYTES = 4 << 20  # held for all of them: what so many frames of 16 fragments have at the usual thousand bytes


class _Partial:
    """One MSDU of which fragments are missing, or, once whole, the memory of it."""

    __slots__ = ("first_ns", "first_packet", "last", "parts", "whole")

    def __init__(self, at_ns: int, packet: int) -> None:
        self.first_ns = at_ns
        self.first_packet = packet
        self.parts: dict[int, Layer] = {}
        self.last: int | None = None  # number of the last fragment, once it came
        self.whole = False

    @property
    def held(self) -> int:
        """Bytes of memory, about."""
        return sum(len(part.data) for part in self.parts.values())

    def add(self, fragment: FrameFragment) -> Layer | None:
        """Keep a fragment; return the MSDU when nothing is missing any more."""
        self.parts.setdefault(fragment.number, fragment.part)
        if not fragment.more and self.last is None:
            self.last = fragment.number
        if self.last is None or any(number not in self.parts for number in range(self.last + 1)):
            return None
        self.whole = True
        joined = _join([self.parts[number] for number in range(self.last + 1)])
        self.parts.clear()
        return joined


class FrameReassembler:
    """Makes MSDUs whole; what never became whole is told by `lost`."""

    def __init__(self) -> None:
        self._open: dict[tuple[bytes, ...], _Partial] = {}  # in order of first fragment
        self._held = 0
        self._before_ns = 0  # time of the fragment before
        self._lost: list[tuple[str, int]] = []  # code and packet number of the first fragment, not yet told

    def feed(self, fragment: FrameFragment, *, at_ns: int, packet: int, interface: int) -> Layer | None:
        """Add a fragment; return the MSDU when this one made it whole. Copies of another interface are another's."""
        self._expire(min(self._before_ns, at_ns))  # one damaged timestamp must not end the patience with all others
        self._before_ns = at_ns
        key = (*fragment.key, interface.to_bytes(4, "big"))
        partial = self._open.get(key)
        if partial is not None and at_ns - partial.first_ns > MAX_AGE_NS:
            self._forget(key, FRAMES_INCOMPLETE)
            partial = None
        if partial is not None and partial.whole:
            if fragment.retry or fragment.number:
                return None  # heard again
            self._forget(key, FRAMES_INCOMPLETE)  # the numbers came round
            partial = None
        if partial is None:
            partial = self._open[key] = _Partial(at_ns, packet)
        before = partial.held
        joined = partial.add(fragment)
        self._held += partial.held - before
        while len(self._open) > MAX_FRAMES or self._held > MAX_BYTES:
            self._forget(next(iter(self._open)), FRAMES_BOUND)
        return joined

    @property
    def has_lost(self) -> bool:
        """True when `lost` has something to yield."""
        return bool(self._lost)

    def lost(self) -> Iterator[tuple[str, int]]:
        """Yield code and first packet number of what was given up since the last call."""
        yield from self._lost
        self._lost.clear()

    def close(self) -> None:
        """Give up everything that is not whole."""
        while self._open:
            self._forget(next(iter(self._open)), FRAMES_INCOMPLETE)

    def _expire(self, now_ns: int) -> None:
        while self._open:
            key, oldest = next(iter(self._open.items()))
            if now_ns - oldest.first_ns <= MAX_AGE_NS:
                return
            self._forget(key, FRAMES_INCOMPLETE)

    def _forget(self, key: tuple[bytes, ...], code: str) -> None:
        partial = self._open.pop(key)
        self._held -= partial.held
        if not partial.whole:
            self._lost.append((code, partial.first_packet))


def _join(parts: list[Layer]) -> Layer:
    """Put fragments one behind the other, as far as a snap length left them whole."""
    data = b""
    for part in parts:
        data += part.data
        if len(part.data) < part.length:
            break
    return replace(parts[0], data=data, length=sum(part.length for part in parts))
