"""Looking for frames in one direction of a flow that was joined in the middle and shows no HTTP.

Only places where chunks begin are looked at: that is cheap, and senders begin frames there. What one direction proves
adds to what the other one does: the masks show which of them is the client's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.application.websocket.chain import Chain
from sigtrace.streams.flow import CHUNK_COST, Chunk, Gap

if TYPE_CHECKING:
    from sigtrace.streams.flow import StreamItem

PROVEN: Final = 40
"""Bits of both directions at which a flow is taken for WebSocket: a thousand chunks of a billion flows by chance."""

PROVEN_UNMASKED: Final = 60  # where no mask was seen: some binary protocols have headers that look like frames


class Probe:
    """Follows frames from the beginning of a chunk."""

    __slots__ = ("_chain", "_size", "items", "missing", "packet", "skipped")

    def __init__(self) -> None:
        self._chain: Chain | None = None
        self._size = 0
        self.items: list[StreamItem] = []  # from the first frame on, as long as they may be frames
        self.skipped = 0  # bytes before
        self.missing = 0
        self.packet: int | None = None  # the first one

    @property
    def memory(self) -> int:
        """Bytes of memory, about."""
        return self._size + CHUNK_COST * len(self.items)

    @property
    def bits(self) -> int:
        """How much is proven."""
        return self._chain.bits if self._chain is not None else 0

    @property
    def masked(self) -> bool | None:
        """Whether the frames are masked; None when there are none."""
        return self._chain.masked if self._chain is not None else None

    def feed(self, item: Chunk | Gap) -> None:
        """Look at the next item."""
        if self.packet is None:
            self.packet = item.packet
        chain = self._chain
        if type(item) is Gap:
            if chain is None or not chain.gap(item.length):
                self.drop()
                self.missing += item.length
            else:
                self.items.append(item)
        elif type(item) is Chunk:
            if chain is None or not chain.feed(item.data):
                self.drop()
                chain = self._chain = Chain(masked=None, compressible=True)
                chain.feed(item.data)
            if chain.alive:
                self.items.append(item)
                self._size += len(item.data)
            else:
                self._chain = None
                self.skipped += len(item.data)

    def drop(self) -> None:
        """What was held is no frames."""
        self.skipped += self._size
        self.missing += sum(item.length for item in self.items if type(item) is Gap)
        self.items = []
        self._size = 0
        self._chain = None


def masking_side(one: Probe, other: Probe) -> bool | None:
    """Return whether `one` is the client of a WebSocket connection; None when frames do not prove it is one."""
    if one.masked is not None and one.masked is other.masked:
        return None
    unmasked = True not in (one.masked, other.masked)
    if one.bits + other.bits < (PROVEN_UNMASKED if unmasked else PROVEN):
        return None
    return one.masked if one.masked is not None else not other.masked
