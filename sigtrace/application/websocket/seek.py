"""Finding the next frame in a direction that lost its place: after a gap, in a capture begun late, after nonsense.

Every place where a frame might begin starts a chain (`chain.py`). The earliest chain that proves enough is where
reading goes on; where a chunk begins less proof is enough, for that is where senders begin a frame. What chains may
have begun in is held back, as the items that came, so that whoever reads on has their times and packet numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sigtrace.application.websocket.chain import Chain
from sigtrace.streams.flow import CHUNK_COST, Chunk, Gap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_HELD: Final = 256 << 10  # bytes in which a chain may have begun: four frames of 64 KiB
MAX_CHAINS: Final = 32  # at a time: of random bytes a held frame of 64 KiB begins about as many
MAX_COMBED: Final = 256 << 10  # bytes of a search that looks everywhere; later only where chunks begin

_CERTAIN: Final = 26  # bits: 64 KiB have 16 bits of places
_CERTAIN_AT_START: Final = 16
_CERTAIN_AT_END: Final = 11  # a header at the beginning of a chunk, and a frame that ends with the stream

# First bytes that a header may have, and the second one's mask bit. Zeros are no fragments: see `Chain`.
_MASKED = re.compile(rb"(?=[\x80-\x82\x88-\x8a\xc1\xc2\x00-\x02AB][\x80-\xff])")
_UNMASKED = re.compile(rb"(?=[\x80-\x82\x88-\x8a\xc1\xc2][\x00-\x7f]|[\x00-\x02AB][\x01-\x7f])")


class _Trail:
    """A chain, and where it began."""

    __slots__ = ("chain", "item", "offset")

    def __init__(self, chain: Chain, item: int, offset: int) -> None:
        self.chain = chain
        self.item = item  # number of the item
        self.offset = offset

    @property
    def is_certain(self) -> bool:
        return self.chain.bits >= (_CERTAIN if self.offset else _CERTAIN_AT_START)


class Seeker:
    """Looks for the next frame of one direction.

    `skipped` counts captured bytes that were passed over, `missing` bytes that were never captured.
    """

    __slots__ = (
        "_combed", "_compressible", "_first", "_held", "_held_size", "_masked", "_trails", "missing",
        "offset", "packet", "skipped",
    )  # fmt: skip

    def __init__(self, *, masked: bool, compressible: bool) -> None:
        self._masked = masked
        self._compressible = compressible
        self._held: list[Chunk | Gap] = []
        self._held_size = 0
        self._first = 0  # number of the first held item
        self._trails: list[_Trail] = []
        self._combed = 0
        self.offset = 0  # of the found frame in the first item that was returned
        self.skipped = 0  # held bytes are counted when they are let go
        self.missing = 0
        self.packet: int | None = None  # where the search began

    @property
    def held(self) -> int:
        """Bytes of memory, about."""
        return self._held_size + CHUNK_COST * (len(self._held) + len(self._trails))

    def feed(self, chunk: Chunk, begin: int = 0) -> Sequence[Chunk | Gap]:
        """Look at a chunk from `begin` on; return the items from the next frame on, nothing while none is certain."""
        if self.packet is None:
            self.packet = chunk.packet
        self.skipped -= begin  # as the whole chunk will be counted
        self._trails = [trail for trail in self._trails if trail.chain.feed(chunk.data)]
        number = self._first + len(self._held)
        self._held.append(chunk)
        self._held_size += len(chunk.data)
        if not any(trail.is_certain for trail in self._trails):
            self._begin_trails(chunk.data, begin, number)
        found = next((trail for trail in self._trails if trail.is_certain), None)
        if found is not None:
            return self._release(found)
        self._forget(max(0, len(self._trails) - MAX_CHAINS))
        return ()

    def _begin_trails(self, data: bytes, begin: int, number: int) -> None:
        for offset in self._candidates(data, begin):
            chain = Chain(masked=self._masked, compressible=self._compressible)
            if chain.feed(data, offset):
                trail = _Trail(chain, number, offset)
                self._trails.append(trail)
                if trail.is_certain:
                    return  # those behind it can only be within it

    def gap(self, length: int, packet: int, at_ns: int) -> None:
        """Count a gap; a frame that may have begun before it lives on when the gap lies within its payload."""
        if self.packet is None:
            self.packet = packet
        self._trails = [trail for trail in self._trails if trail.chain.gap(length)]
        self._held.append(Gap(length, at_ns, packet))
        self._forget(0)

    def cut(self) -> Sequence[Chunk | Gap]:
        """Nothing follows: return what begins with a chunk and ends with the stream, as frames do."""
        for trail in self._trails:
            chain = trail.chain
            if not trail.offset and chain.at_boundary and chain.bits >= _CERTAIN_AT_END:
                return self._release(trail)
        self._trails = []
        self._forget(0)
        return ()

    def _candidates(self, data: bytes, begin: int) -> Iterator[int]:
        pattern = _MASKED if self._masked else _UNMASKED
        if self._combed >= MAX_COMBED:
            if not begin and pattern.match(data):
                yield 0
            return
        for match in pattern.finditer(data, begin):
            yield match.start()
        self._combed += len(data) - begin
        yield len(data) - 1  # its second byte is still to come

    def _release(self, found: _Trail) -> Sequence[Chunk | Gap]:
        self._drop_before(found.item)
        held, self._held, self._trails, self._held_size = self._held, [], [], 0
        self.offset = found.offset
        self.skipped += found.offset
        return held

    def _forget(self, trails: int) -> None:
        """Let go of the oldest chains, so many at least, and of what no chain begins in."""
        while True:
            del self._trails[:trails]
            self._drop_before(self._trails[0].item if self._trails else self._first + len(self._held))
            if self._held_size <= MAX_HELD:
                return
            trails = 1

    def _drop_before(self, number: int) -> None:
        count = number - self._first
        for item in self._held[:count]:
            if type(item) is Chunk:
                self.skipped += len(item.data)
                self._held_size -= len(item.data)
            elif type(item) is Gap:
                self.missing += item.length
        del self._held[:count]
        self._first = number
