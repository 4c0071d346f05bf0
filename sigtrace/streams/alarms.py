"""When patience with something ends, of all connections: a heap of times."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from sigtrace.streams.sequence import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Alarms:
    """Alarms by time. One that means nothing any more stays until it would have rung, or `keep` takes it out."""

    __slots__ = ("_heap", "next_ns")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int]] = []  # time, number of the connection
        self.next_ns = NEVER

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due_ns: int, number: int) -> None:
        """Let the connection of a number be looked at when a time has come."""
        heappush(self._heap, (due_ns, number))
        self.next_ns = self._heap[0][0]

    def keep(self, those: Callable[[int, int], bool]) -> None:
        """Keep only some, by time and number."""
        self._heap[:] = [alarm for alarm in self._heap if those(*alarm)]  # the same list: it may be ringing
        heapify(self._heap)
        self.next_ns = self._heap[0][0] if self._heap else NEVER

    def ring(self, now_ns: int) -> Iterator[tuple[int, int]]:
        """Take out what is due and yield it, the earliest first, also what is added meanwhile."""
        heap = self._heap
        while heap and heap[0][0] <= now_ns:
            yield heappop(heap)
        self.next_ns = heap[0][0] if heap else NEVER

    def clear(self) -> None:
        """Forget all."""
        self._heap.clear()
        self.next_ns = NEVER
