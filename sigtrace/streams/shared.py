"""What all streams of one reassembler share: a budget for what waits, and a memory of what was seen last."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sigtrace.streams.copies import Copies
from sigtrace.streams.delivered import Delivered

if TYPE_CHECKING:
    from sigtrace.notices import Notice
    from sigtrace.streams.flow import Delivery

Out: TypeAlias = "list[Delivery | Notice]"


class Shared:
    """The memory that does not grow with the number of flows."""

    __slots__ = ("copies", "delivered", "digest", "pieces", "turn", "waiting")

    def __init__(self, *, digest: bool) -> None:
        self.digest = digest
        self.turn = 0  # segments so far
        self.waiting = 0  # bytes waiting behind holes, over all flows
        self.pieces = 0  # the pieces they are in
        self.copies = Copies()
        self.delivered = Delivered()
