"""Batches of records → TCP segments, in record order; everything else is tallied and goes no further.

Most rows are decided in columns (`columns.py`); what columns cannot tell is decoded a record at a time
(`dissector.py`). The two give the same answers, so which way a packet went never shows. Segments of dropped flows are
left out before they become objects.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sigtrace.capture.batch import Record
from sigtrace.packets.columns import UNDECIDED, Sorted, TcpRows, sort_out
from sigtrace.packets.dropped import DroppedFlows
from sigtrace.packets.rows import Rows
from sigtrace.packets.segments import endpoints, make_rows
from sigtrace.packets.tally import Count, Kind, Tally
from sigtrace.packets.windows import Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch
    from sigtrace.notices import Notice
    from sigtrace.packets.dissector import Dissector
    from sigtrace.packets.packet import Segment

__all__ = ["Sieve", "Tally"]


class _Candidates(NamedTuple):
    """Segments of one source, columns or records, as far as admission needs them: equal in length, in order."""

    rows: NDArray[np.int64]
    source: list[bytes]
    destination: list[bytes]
    flags: list[int]


class Sieve:
    """Keeps the TCP segments of flows that are still of interest.

    Args:
        all_flows: hand on every flow, whatever is dropped.
        verify_checksums: tell of wrong checksums; every record is then decoded the slow way, which sees all bytes.
        columns: False decodes every record the slow way, with the same result; tests compare the two.
    """

    def __init__(self, *, all_flows: bool = False, verify_checksums: bool = False, columns: bool = True) -> None:
        self._all_flows = all_flows
        self._columns = columns and not verify_checksums
        self._verify_checksums = verify_checksums
        self._dissector: Dissector | None = None  # made for the first record that columns do not cover
        self._dropped = DroppedFlows()
        self._packets = np.zeros(len(Kind), np.int64)
        self._bytes = np.zeros(len(Kind), np.int64)

    def feed(self, batch: Batch) -> list[Segment | Notice]:
        """Return the segments of a batch, and the notices about it that cannot wait, in record order."""
        found, notices = self._sift(batch)
        segments = found.segments() if isinstance(found, Rows) else found
        return _in_order(segments, notices)

    def sift(self, batch: Batch) -> tuple[Rows | list[Segment], list[Notice]]:
        """Return the same, the segments as columns where any came by columns."""
        found, notices = self._sift(batch)
        return found, [notice for _, notice in notices]

    def _sift(self, batch: Batch) -> tuple[Rows | list[Segment], list[tuple[int, Notice]]]:
        windows = Windows(batch.buffer)
        kind, tcp = sort_out(batch, windows) if self._columns else _nothing_sorted(batch)
        segments, notices = self._dissect(batch, kind)
        if self._dropped:
            admitted = self._admit([*map(_of_columns, tcp), _of_segments(batch, segments)], kind)
            segments = [segment for segment, passes in zip(segments, admitted.pop(), strict=True) if passes]
            tcp = _only(tcp, admitted)
        self._count(batch, kind)
        return make_rows(batch, windows, tcp, segments), notices

    def drop(self, source: bytes, destination: bytes) -> None:
        """Leave out this TCP flow, both directions, from the next batch on and until a SYN reuses its ports."""
        if not self._all_flows:
            self._dropped.add(source, destination)

    def close(self) -> list[Notice]:
        """Return notices about damage that recurred, and about fragments that never became a packet."""
        return [] if self._dissector is None else self._dissector.close()

    def tally(self) -> Tally:
        """Return what all records so far were."""
        return Tally(kinds=tuple(map(Count, self._packets.tolist(), self._bytes.tolist())))

    def _dissect(self, batch: Batch, kind: NDArray[np.uint8]) -> tuple[list[Segment], list[tuple[int, Notice]]]:
        """Decode the rows that columns left undecided, and enter their kinds."""
        segments: list[Segment] = []
        notices: list[tuple[int, Notice]] = []
        for row in np.flatnonzero(kind == UNDECIDED).tolist():
            if self._dissector is None:
                from sigtrace.packets.dissector import Dissector

                self._dissector = Dissector(verify_checksums=self._verify_checksums)
            found = self._dissector.feed(_record(batch, row))
            kind[row] = found.kind
            segments += found.segments
            notices += ((batch.first_number + row, notice) for notice in found.notices)
        return segments, notices

    def _admit(self, candidates: list[_Candidates], kind: NDArray[np.uint8]) -> list[NDArray[np.bool_]]:
        """Return a mask for each group of candidates; the order of records decides, since a SYN reopens its flow."""
        rows = np.concatenate([group.rows for group in candidates])
        order = np.argsort(rows, kind="stable")
        ends = [end for group in candidates for end in zip(group.source, group.destination, group.flags, strict=True)]
        admitted = np.zeros(len(rows), bool)
        admitted[order] = self._dropped.admit_all(ends[at] for at in order.tolist())
        kind[rows[~admitted]] = Kind.DROPPED
        kind[rows[admitted]] = Kind.TCP
        return np.split(admitted, np.cumsum([len(group.rows) for group in candidates])[:-1])

    def _count(self, batch: Batch, kind: NDArray[np.uint8]) -> None:
        wire = np.maximum(batch.original, batch.captured)
        self._packets += np.bincount(kind, minlength=len(Kind))
        self._bytes += np.bincount(kind, weights=wire, minlength=len(Kind)).astype(np.int64)


def _nothing_sorted(batch: Batch) -> Sorted:
    return Sorted(np.full(len(batch), UNDECIDED, np.uint8), ())


def _record(batch: Batch, row: int) -> Record:
    return Record(
        number=batch.first_number + row,
        at_ns=int(batch.at_ns[row]),
        interface=int(batch.interface[row]),
        link_type=int(batch.link_type[row]),
        data=batch.bytes_of(row),
        original=int(batch.original[row]),
    )


def _of_columns(tcp: TcpRows) -> _Candidates:
    source, destination = endpoints(tcp)
    return _Candidates(tcp.ip.rows, source.tolist(), destination.tolist(), tcp.header["flags"].tolist())


def _of_segments(batch: Batch, segments: list[Segment]) -> _Candidates:
    return _Candidates(
        np.array([segment.number - batch.first_number for segment in segments], np.int64),
        [segment.source for segment in segments],
        [segment.destination for segment in segments],
        [segment.flags for segment in segments],
    )


def _only(tcp: tuple[TcpRows, ...], admitted: list[NDArray[np.bool_]]) -> tuple[TcpRows, ...]:
    """Return the admitted rows of each group."""
    kept = (rows.only(mask) for rows, mask in zip(tcp, admitted, strict=True))
    return tuple(rows for rows in kept if len(rows.header))


def _in_order(segments: list[Segment], notices: list[tuple[int, Notice]]) -> list[Segment | Notice]:
    """Put notices between segments, each before those of its record."""
    if not notices:
        return [*segments]
    items: list[tuple[int, Segment | Notice]] = [*notices, *((segment.number, segment) for segment in segments)]
    items.sort(key=itemgetter(0))
    return [item for _, item in items]
