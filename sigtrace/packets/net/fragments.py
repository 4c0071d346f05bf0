"""IP fragments: kept until their packet is whole, within bounds, the first bytes seen for a place winning.

Fragments begin at multiples of 8 bytes, so what has arrived is a table of 8-byte units, as RFC 791 §3.2 proposes: the
work for one fragment grows with its own length and never with how the others overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Fragment, HeaderError, Layer
from sigtrace.packets.net.ipv4 import IP_MALFORMED
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAGMENTS_INCOMPLETE = "ip.fragments-incomplete"  # packets of which not all fragments were captured
FRAGMENTS_BOUND = "ip.fragments-bound"  # more packets in fragments at a time than are kept

MAX_AGE_NS = 30_000_000_000  # hosts give up after 30 s (Linux), and identifications come round again
MAX_PACKETS = 1024  # packets in fragments at a time: a busy link has tens, a flood has all it can get
MAX_BYTES = 16 << 20  # held for all of them: 256 packets of the greatest size

_UNIT = 8
_MAX_PAYLOAD = 65535  # no reassembled payload can be longer, in IPv4 nor IPv6


class _Partial:
    """One packet of which fragments are missing."""

    __slots__ = ("arrived", "data", "first", "first_ns", "first_packet", "total")

    def __init__(self, at_ns: int, packet: int) -> None:
        self.first_ns = at_ns
        self.first_packet = packet
        self.data = bytearray()
        self.arrived = bytearray()  # one byte a unit: 1 when it is there
        self.total: int | None = None  # bytes, known once the last fragment came
        self.first: Layer | None = None  # the fragment at offset 0: it says what the payload is

    @property
    def held(self) -> int:
        """Bytes of memory, about."""
        return len(self.data) + len(self.arrived)

    def add(self, fragment: Fragment) -> None:
        """Put a fragment's captured bytes in their place, where nothing was before."""
        data = fragment.part.data
        if not fragment.more and self.total is None:
            self.total = fragment.offset + fragment.part.length
        if not fragment.offset and self.first is None:
            self.first = replace(fragment.part, data=b"")
        cut = len(data) < fragment.part.length
        units = len(data) // _UNIT if fragment.more or cut else -(-len(data) // _UNIT)
        start = fragment.offset // _UNIT
        self._grow(start + units)
        if not any(self.arrived[start : start + units]):
            self._put(start, units, data)
            return
        for unit in range(units):
            if not self.arrived[start + unit]:
                self._put(start + unit, 1, data[unit * _UNIT : (unit + 1) * _UNIT])

    def _grow(self, units: int) -> None:
        missing = units - len(self.arrived)
        if missing > 0:
            self.arrived += bytes(missing)
            self.data += bytes(missing * _UNIT)

    def _put(self, start: int, units: int, data: bytes) -> None:
        self.arrived[start : start + units] = b"\x01" * units
        self.data[start * _UNIT : (start + units) * _UNIT] = data[: units * _UNIT].ljust(units * _UNIT, b"\0")

    def whole(self) -> Layer | None:
        """Return the packet's payload once nothing is missing."""
        if self.total is None or self.first is None:
            return None
        units = -(-self.total // _UNIT)
        if len(self.arrived) < units or self.arrived.count(1, 0, units) < units:
            return None
        return replace(self.first, data=bytes(self.data[: self.total]), length=self.total)


class Reassembler:
    """Makes packets whole; what never became whole is told once at a time by `incomplete`."""

    def __init__(self) -> None:
        self._open: dict[tuple[bytes, ...], _Partial] = {}  # in order of first fragment
        self._held = 0
        self._before_ns = 0  # time of the fragment before
        self._lost: list[int] = []  # packet numbers of first fragments, not yet told
        self._evicted: list[int] = []

    def feed(self, fragment: Fragment, *, at_ns: int, packet: int, interface: int) -> Layer | None:
        """Add a fragment; return the payload of its packet when this one made it whole.

        Copies captured on another interface are another packet. Raises HeaderError for one that cannot have a place.
        """
        _check(fragment)
        self._expire(min(self._before_ns, at_ns))  # one damaged timestamp must not end the patience with all others
        self._before_ns = at_ns
        key = (*fragment.key, interface.to_bytes(4, "big"))
        partial = self._open.get(key)
        if partial is not None and at_ns - partial.first_ns > MAX_AGE_NS:
            self._lost.append(self._forget(key))  # the identification came round again
            partial = None
        if partial is None:
            partial = self._open[key] = _Partial(at_ns, packet)
        before = partial.held
        partial.add(fragment)
        self._held += partial.held - before
        payload = partial.whole()
        if payload is not None:
            self._forget(key)
        while len(self._open) > MAX_PACKETS or self._held > MAX_BYTES:
            self._evicted.append(self._forget(next(iter(self._open))))
        return payload

    @property
    def has_lost(self) -> bool:
        """True when `lost` has something to yield."""
        return bool(self._lost or self._evicted)

    def lost(self) -> Iterator[tuple[str, int]]:
        """Yield code and first packet number of what was given up since the last call."""
        yield from ((FRAGMENTS_INCOMPLETE, packet) for packet in self._lost)
        yield from ((FRAGMENTS_BOUND, packet) for packet in self._evicted)
        self._lost.clear()
        self._evicted.clear()

    def close(self) -> None:
        """Give up everything that is not whole."""
        while self._open:
            self._lost.append(self._forget(next(iter(self._open))))

    def _expire(self, now_ns: int) -> None:
        while self._open:
            key, oldest = next(iter(self._open.items()))
            if now_ns - oldest.first_ns <= MAX_AGE_NS:
                return
            self._lost.append(self._forget(key))

    def _forget(self, key: tuple[bytes, ...]) -> int:
        partial = self._open.pop(key)
        self._held -= partial.held
        return partial.first_packet


def _check(fragment: Fragment) -> None:
    length = fragment.part.length
    if fragment.more and (length % _UNIT or not length):
        raise HeaderError(IP_MALFORMED, f"a fragment of {length} bytes that is not the last")
    if fragment.offset + length > _MAX_PAYLOAD:
        raise HeaderError(IP_MALFORMED, f"a fragment at {fragment.offset} of {length} bytes reaches beyond 65535")
