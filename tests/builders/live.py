"""Captures as they come while they are made: in small batches."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

from sigtrace.capture.batch import Batch
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sigtrace.capture.batch import CaptureItem


def divide(items: Iterable[CaptureItem], sizes: Sequence[int]) -> Iterator[CaptureItem]:
    """Divide batches into such of so many packets each; the last size goes for all that follow."""
    sizes_left = chain(sizes, repeat(sizes[-1]))
    for item in items:
        if not isinstance(item, Batch):
            yield item
            continue
        start = 0
        while start < len(item):
            rows = slice(start, start + next(sizes_left))
            yield replace(
                item,
                first_number=item.first_number + start,
                offset=item.offset[rows],
                captured=item.captured[rows],
                original=item.original[rows],
                at_ns=item.at_ns[rows],
                interface=item.interface[rows],
                link_type=item.link_type[rows],
            )
            start = rows.stop
