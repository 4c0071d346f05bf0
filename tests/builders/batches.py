"""Batches made of records, as a live source hands them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigtrace.capture.batch import Record


def make_batch(
    records: Sequence[Record], comments: Mapping[int, tuple[str, ...]] | None = None, *, gap: int = 0
) -> Batch:
    """Make a batch of records of consecutive numbers, with so many strange bytes before each in the buffer."""
    lengths = np.array([len(record.data) for record in records], np.int64)
    return Batch(
        first_number=records[0].number if records else 1,
        buffer=np.frombuffer(b"".join(b"\xee" * gap + record.data for record in records), np.uint8),
        offset=np.cumsum(lengths + gap) - lengths,
        captured=lengths,
        original=np.array([record.original for record in records], np.int64),
        at_ns=np.array([record.at_ns for record in records], np.int64),
        interface=np.array([record.interface for record in records], np.int32),
        link_type=np.array([record.link_type for record in records], np.int32),
        comments={one.number: comments[one.number] for one in records if one.number in comments} if comments else {},
    )
