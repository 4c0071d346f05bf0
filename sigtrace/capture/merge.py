"""Several captures → one trace in time order: a rotated ring read as one, or captures from several places side by side.

Theory of operation. Packets come out as `mergecap` puts them: each capture keeps its order, and the earliest of the
captures' next packets comes first (of equal ones, that of the capture named last). That is the same as sorting by the
latest time seen so far in each capture, which never falls. So whole columns can be cut and sorted: of the batches at
hand, everything up to the earliest batch end is in its final order.

A capture is opened only when its first packet is due. A ring, whose captures follow each other, therefore passes
through batch by batch, untouched but for the numbers; copies are made only where captures overlap, one batch of each
at a time.
"""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from sigtrace.capture.batch import Batch, Interface, InterfaceStatistics
from sigtrace.notices import Notice
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureItem

BEFORE_ALL = -(2**63)


class MergeInput(NamedTuple):
    """One capture that waits for its turn."""

    first_ns: int | None  # time of its first packet; None when it has none
    open: Callable[[], Iterator[CaptureItem]]


class _Source:
    """One open capture: its batch at hand, and how much of that was handed on."""

    def __init__(self, items: Iterator[CaptureItem], rank: int) -> None:
        self.items = items
        self.rank = rank  # among equal times, the lowest comes first
        self.interfaces = array("i")  # its own index of an interface → the merged one
        self.batch: Batch | None = None
        self.row = 0  # rows handed on
        self.seen_ns: NDArray[np.int64] = np.zeros(0, np.int64)  # latest time up to each row
        self.numbers: NDArray[np.int64] = np.zeros(0, np.int64)  # merged number of each row that was handed on
        self._next_number = 1  # in its own capture

    def take(self, batch: Batch) -> int:
        """Make this the batch at hand; return how many packet numbers the capture skips before it."""
        latest = int(self.seen_ns[-1]) if len(self.seen_ns) else BEFORE_ALL
        self.batch, self.row = batch, 0
        self.seen_ns = np.maximum(np.maximum.accumulate(batch.at_ns), latest)
        self.numbers = np.zeros(len(batch), np.int64)
        skipped = batch.first_number - self._next_number
        self._next_number = batch.first_number + len(batch)
        return skipped

    @property
    def end(self) -> tuple[int, int]:
        """Where the last row at hand stands in the merged order."""
        return int(self.seen_ns[-1]), self.rank

    def rows_until(self, end: tuple[int, int]) -> slice:
        """Return the rows at hand that come no later than `end`, and count them as handed on."""
        end_ns, rank = end
        side: Literal["left", "right"] = "right" if self.rank <= rank else "left"
        start, self.row = self.row, max(self.row, int(np.searchsorted(self.seen_ns, end_ns, side=side)))
        return slice(start, self.row)

    def merged_number(self, packet: int | None) -> int | None:
        """Return the merged number of a packet of the batch that was handed on last, None when it is not there."""
        row = -1 if packet is None or self.batch is None else packet - self.batch.first_number
        return int(self.numbers[row]) if 0 <= row < len(self.numbers) else None


class _Part(NamedTuple):
    """Consecutive rows of a source's batch."""

    source: _Source
    batch: Batch
    rows: slice

    @property
    def first_byte(self) -> int:
        """Where the first row's bytes begin in the batch's buffer."""
        return int(self.batch.offset[self.rows.start])

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """The part of the batch's buffer that holds these rows."""
        last = self.rows.stop - 1
        return self.batch.buffer[self.first_byte : int(self.batch.offset[last] + self.batch.captured[last])]

    def comments(self) -> dict[int, tuple[str, ...]]:
        """Return the rows' comments under their merged numbers."""
        merged = ((self.source.merged_number(number), texts) for number, texts in self.batch.comments.items())
        return {number: texts for number, texts in merged if number}


def merge(inputs: Sequence[MergeInput]) -> Iterator[CaptureItem]:
    """Yield the items of all captures as one trace.

    Packet numbers and interfaces are counted over the whole trace. Items of captures that overlap come mixed; those of
    one capture keep their order.
    """
    return _Merge(inputs).run()


class _Merge:
    """The state of one merge."""

    def __init__(self, inputs: Sequence[MergeInput]) -> None:
        dues = (BEFORE_ALL if one.first_ns is None else one.first_ns for one in inputs)
        self._waiting = deque(sorted(zip(dues, range(len(inputs)), inputs, strict=True)))
        self._open: list[_Source] = []
        self._next_number = 1
        self._next_interface = 0

    def run(self) -> Iterator[CaptureItem]:
        """Yield the merged items."""
        while self._open or self._waiting:
            if self._is_next_due():
                _, position, one = self._waiting.popleft()
                source = _Source(one.open(), rank=-position)
                self._open.append(source)
                yield from self._advance(source)
                continue
            yield self._join(self._due_parts())
            for source in [source for source in self._open if source.row == len(source.seen_ns)]:
                yield from self._advance(source)

    def _is_next_due(self) -> bool:
        """Tell whether the next waiting capture may have a packet among those at hand."""
        if not self._waiting or not self._open:
            return bool(self._waiting)
        return self._waiting[0][0] <= min(source.end for source in self._open)[0]

    def _advance(self, source: _Source) -> Iterator[CaptureItem]:
        """Yield a source's items up to its next batch, which becomes the one at hand; close it when there is none."""
        for item in source.items:
            if not isinstance(item, Batch):
                yield self._renumber(item, source)
            elif len(item):
                self._next_number += source.take(item)
                return
        self._open.remove(source)

    def _renumber(self, item: CaptureItem, source: _Source) -> CaptureItem:
        """Return an item with the numbers of the merged trace."""
        match item:
            case Interface():
                source.interfaces.append(self._next_interface)
                self._next_interface += 1
                return replace(item, index=source.interfaces[-1])
            case InterfaceStatistics():
                return replace(item, interface=source.interfaces[item.interface])
            case Notice():
                return replace(item, packet=source.merged_number(item.packet))
        return item

    def _due_parts(self) -> list[_Part]:
        """Return all rows at hand that no row still to come can precede."""
        end = min(source.end for source in self._open)
        parts = ((source, source.batch, source.rows_until(end)) for source in self._open)
        return [_Part(source, batch, rows) for source, batch, rows in parts if batch and rows.start < rows.stop]

    def _join(self, parts: list[_Part]) -> Batch:
        """Return the parts' rows as one batch in the merged order."""
        order = _merged_order(parts)
        numbers = np.empty(len(order), np.int64)
        numbers[order] = np.arange(self._next_number, self._next_number + len(order))
        self._next_number += len(order)
        at = 0
        for source, _, rows in parts:
            count = rows.stop - rows.start
            source.numbers[rows] = numbers[at : at + count]
            at += count
        buffer, offset = _joined_bytes(parts)
        interface = [np.frombuffer(source.interfaces, np.int32)[batch.interface[rows]] for source, batch, rows in parts]
        return Batch(
            first_number=self._next_number - len(order),
            buffer=buffer,
            offset=offset[order],
            captured=np.concatenate([batch.captured[rows] for _, batch, rows in parts])[order],
            original=np.concatenate([batch.original[rows] for _, batch, rows in parts])[order],
            at_ns=np.concatenate([batch.at_ns[rows] for _, batch, rows in parts])[order],
            interface=np.concatenate(interface)[order],
            link_type=np.concatenate([batch.link_type[rows] for _, batch, rows in parts])[order],
            comments={number: texts for part in parts for number, texts in part.comments().items()},
        )


def _merged_order(parts: list[_Part]) -> NDArray[np.int64]:
    """Return the merged order of all rows, which are counted through the parts."""
    seen_ns = np.concatenate([source.seen_ns[rows] for source, _, rows in parts])
    ranks = np.concatenate([np.full(rows.stop - rows.start, source.rank) for source, _, rows in parts])
    return np.lexsort((ranks, seen_ns))


def _joined_bytes(parts: list[_Part]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return one buffer that holds all rows, a copy unless it is one part's, and where each row is in it."""
    if len(parts) == 1:
        part = parts[0]
        return part.batch.buffer, part.batch.offset[part.rows]
    pieces = [part.bytes for part in parts]
    starts = np.cumsum([0, *map(len, pieces[:-1])])
    offsets = [
        part.batch.offset[part.rows] - part.first_byte + start for part, start in zip(parts, starts, strict=True)
    ]
    return np.concatenate(pieces), np.concatenate(offsets)
