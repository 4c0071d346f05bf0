"""Recognises packets that were captured twice: on both sides of a bridge, on several interfaces, on `any`.

A copy is told from a retransmission by what a sender changes when it sends again: the identity of the packet. Where no
identity tells (IPv6, and the zero that systems put into unfragmentable packets, RFC 6864 §4.1), time and interface do:
a sender waits at least a round trip, the same packet passes two points of one machine within microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from sigtrace.packets.packet import Segment

# Two generations of this many segments are remembered, over all flows: some 5 MiB at most, and well over 50 ms at
# 100 000 segments a second. Copies follow within milliseconds.
GENERATION: Final = 8192
OTHER_INTERFACE_NS: Final = 150_000_000  # under the 200 ms that are the shortest retransmission timeout in use
SAME_INTERFACE_NS: Final = 1_000_000  # under any retransmission, over the way through a bridge

_Key: TypeAlias = tuple[bytes, int, int, int, int, int, int]


class Copies:
    """The segments seen lately, by what a copy has in common with its original."""

    __slots__ = ("_older", "recent")

    def __init__(self) -> None:
        # endpoints, sequence, acknowledgment, flags, window, length, identity → time and interface of the first
        self.recent: dict[_Key, tuple[int, int]] = {}
        self._older: dict[_Key, tuple[int, int]] = {}

    def rotate(self) -> None:
        """Let the older generation go; call it when `recent` holds GENERATION segments."""
        self._older = self.recent
        self.recent = {}

    def seen(self, endpoints: bytes, segment: Segment) -> bool:
        """Tell whether a segment is a copy of one seen lately; if it is not, remember it."""
        _, at_ns, interface, _, _, sequence, acknowledgment, flags, window, _, length, identity = segment
        key = (endpoints, sequence, acknowledgment, flags, window, length, identity)
        first = self.recent.get(key) or self._older.get(key)
        if first is not None and (identity > 0 or _without_identity(first, at_ns, interface, length, flags)):
            return True
        self.recent[key] = (at_ns, interface)
        if len(self.recent) >= GENERATION:
            self.rotate()
        return False


def _without_identity(first: tuple[int, int], at_ns: int, interface: int, length: int, flags: int) -> bool:
    apart = abs(at_ns - first[0])
    if interface != first[1]:
        return apart < OTHER_INTERFACE_NS
    # Duplicate acknowledgments (RFC 5681 §2) are equal in all we see and follow each other at once: never copies.
    return apart < SAME_INTERFACE_NS and (length > 0 or flags & 0x07 != 0)
