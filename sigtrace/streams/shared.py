"""What all streams of one reassembler share: the budget for waiting bytes, and the bytes delivered last."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, TypeAlias

from sigtrace.streams.waiting import contradict

if TYPE_CHECKING:
    from sigtrace.notices import Notice
    from sigtrace.streams.flow import Delivery
    from sigtrace.streams.outlet import Outlet

Out: TypeAlias = "list[Delivery | Notice]"

# Delivered chunks kept to compare repeated bytes with: 16 MiB when all are as long as offloading makes them (64 KiB).
# What is repeated later than that is not compared.
DELIVERED_KEPT: Final = 256


class Shared:
    """The memory that does not grow with the number of flows."""

    __slots__ = ("delivered", "digest", "pieces", "waiting")

    def __init__(self, *, digest: bool) -> None:
        self.digest = digest
        self.waiting = 0  # bytes waiting behind holes, over all flows
        self.pieces = 0  # the pieces they are in
        self.delivered: deque[tuple[Outlet, int, bytes]] = deque(maxlen=DELIVERED_KEPT)

    def contradicts(self, stream: Outlet, start: int, data: bytes) -> bool:
        """Tell whether bytes that start at a position differ from those lately delivered there."""
        end = start + len(data)
        for other, other_start, delivered in self.delivered:  # no call for those that lie elsewhere, which most do
            if other is stream and other_start < end and contradict(start, data, other_start, delivered):
                return True
        return False
