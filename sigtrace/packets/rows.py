"""TCP segments as columns: what the sieve hands on of a batch, and the objects they become where objects are needed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from sigtrace.packets.packet import Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

Column: TypeAlias = "NDArray[Any]"

# What `Segment._make` does, without its Python frame: 0.1 µs a row instead of 0.3.
_segment: Callable[[Iterable[Any]], Segment] = partial(tuple.__new__, Segment)


class Rows(NamedTuple):
    """The segments of one batch, one row each, with the fields of `Segment` as columns.

    The buffer is the batch's, and as short-lived. Rows of segments that did not come by columns, and are objects
    already, hold nothing but their number, their time and, if of the same size, their endpoints.
    """

    buffer: NDArray[np.uint8]
    number: Column
    at_ns: Column
    interface: Column
    source: Column  # packed endpoints, opaque: all of the same size
    destination: Column
    sequence: Column
    acknowledgment: Column
    flags: Column
    window: Column
    start: Column  # of the payload, in the buffer
    held: Column  # bytes of payload that were captured
    length: Column
    identity: Column
    objects: Mapping[int, Segment]  # by row: those that did not come by columns

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.number)

    def first(self, count: int) -> Rows:
        """Return the first rows."""
        columns = {name: column[:count] for name, column in self.columns().items()}
        return Rows(buffer=self.buffer, **columns, objects=self.objects)

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        return {name: column for name, column in self._asdict().items() if name not in ("buffer", "objects")}

    def segments(self, chosen: NDArray[np.int64] | None = None) -> list[Segment]:
        """Return rows as objects; all of them if none are chosen."""
        if chosen is None:
            chosen = np.arange(self.size)
        start = self.start[chosen]
        made = list(
            map(
                _segment,
                zip(
                    self.number[chosen].tolist(),
                    self.at_ns[chosen].tolist(),
                    self.interface[chosen].tolist(),
                    self.source[chosen].tolist(),
                    self.destination[chosen].tolist(),
                    self.sequence[chosen].tolist(),
                    self.acknowledgment[chosen].tolist(),
                    self.flags[chosen].tolist(),
                    self.window[chosen].tolist(),
                    self._payloads(start.tolist(), (start + self.held[chosen]).tolist()),
                    self.length[chosen].tolist(),
                    self.identity[chosen].tolist(),
                    strict=True,
                ),
            )
        )
        if self.objects:
            for at, row in enumerate(chosen.tolist()):
                made[at] = self.objects.get(row, made[at])
        return made

    def segment(self, row: int) -> Segment:
        """Return one row as an object: quicker than `segments`, for a few."""
        if row in self.objects:
            return self.objects[row]
        start, held = int(self.start[row]), int(self.held[row])
        (payload,) = self._payloads((start,), (start + held,))
        return Segment(
            int(self.number[row]),
            int(self.at_ns[row]),
            int(self.interface[row]),
            self.source[row].item(),
            self.destination[row].item(),
            int(self.sequence[row]),
            int(self.acknowledgment[row]),
            int(self.flags[row]),
            int(self.window[row]),
            payload,
            int(self.length[row]),
            int(self.identity[row]),
        )

    def _payloads(self, start: Sequence[int], end: Sequence[int]) -> list[bytes]:
        buffer = self.buffer.data
        return [bytes(buffer[first:last]) if last > first else b"" for first, last in zip(start, end, strict=True)]


def with_objects(rows: Rows, segments: Sequence[Segment]) -> Rows:
    """Return rows with others among them that are objects already, all in the order of their numbers."""
    if not segments:
        return rows
    numbers = np.array([segment.number for segment in segments], np.int64)
    places = np.searchsorted(rows.number, numbers)
    columns = {name: np.insert(column, places, np.zeros(1, column.dtype)[0]) for name, column in rows.columns().items()}
    objects = dict(zip((places + np.arange(len(segments))).tolist(), segments, strict=True))
    for row, segment in objects.items():
        columns["number"][row], columns["at_ns"][row] = segment.number, segment.at_ns
        if len(segment.source) == rows.source.itemsize:
            columns["source"][row], columns["destination"][row] = np.void(segment.source), np.void(segment.destination)
    return Rows(buffer=rows.buffer, **columns, objects=objects)
