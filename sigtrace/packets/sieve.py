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
from sigtrace.packets.dropped import DroppedFlows, direction_of
from sigtrace.packets.packet import SYN
from sigtrace.packets.rows import Rows
from sigtrace.packets.segments import directions, make_rows
from sigtrace.packets.tally import Count, Kind, Tally
from sigtrace.packets.windows import Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch
    from sigtrace.notices import Notice
    from sigtrace.packets.dissector import Dissector
    from sigtrace.packets.packet import Segment
    from sigtrace.packets.windows import Headers

__all__ = ["Sieve", "Tally"]


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
        self._packets = [0] * len(Kind)
        self._bytes = [0] * len(Kind)

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
            tcp, segments = self._admit(batch, kind, tcp, segments)
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
        return Tally(kinds=tuple(map(Count, self._packets, self._bytes)))

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

    def _admit(
        self, batch: Batch, kind: NDArray[np.uint8], tcp: tuple[TcpRows, ...], segments: list[Segment]
    ) -> tuple[tuple[TcpRows, ...], list[Segment]]:
        """Return what is not of dropped flows, of columns and of records; enter the kind of what is.

        Flows are dropped between batches, never within one. So only rows of flows that were dropped before can be left
        out, and all of them are, unless a SYN is among them, which makes its flow of interest from there on.
        """
        groups: list[_OfColumns | _OfRecords] = [*map(_of_columns, tcp), _of_records(batch, segments)]
        dropped = [group.among(self._dropped) for group in groups]
        if any(((group.flags & SYN != 0) & left_out).any() for group, left_out in zip(groups, dropped, strict=True)):
            self._admit_in_order(groups, dropped)
        for group, left_out in zip(groups, dropped, strict=True):
            kind[group.rows[left_out]] = Kind.DROPPED
        *of_columns, of_records = dropped
        kept = tuple(_without(rows, left_out) for rows, left_out in zip(tcp, of_columns, strict=True))
        segments = [segment for segment, left_out in zip(segments, of_records.tolist(), strict=True) if not left_out]
        for segment in segments:
            kind[segment.number - batch.first_number] = Kind.TCP  # also where another one of its record was left out
        return tuple(rows for rows in kept if len(rows.header)), segments

    def _admit_in_order(self, groups: list[_OfColumns | _OfRecords], dropped: list[NDArray[np.bool_]]) -> None:
        """Go through rows of dropped flows in record order; take those from `dropped` that a SYN lets pass."""
        places = [
            (row, number, at)
            for number, left_out in enumerate(dropped)
            for row, at in zip(groups[number].rows[left_out].tolist(), np.flatnonzero(left_out).tolist(), strict=True)
        ]
        for _, number, at in sorted(places):
            group = groups[number]
            dropped[number][at] = not self._dropped.admit(bytes(group.directions[at]), int(group.flags[at]))

    def _count(self, batch: Batch, kind: NDArray[np.uint8]) -> None:
        wire = np.maximum(batch.original, batch.captured)
        packets, length = len(batch), int(wire.sum())  # not counted yet
        for one in Kind:
            is_one = kind == one
            count = int(np.count_nonzero(is_one))
            counted = length if count == packets else int((wire * is_one).sum()) if count else 0
            self._packets[one] += count
            self._bytes[one] += counted
            packets -= count
            length -= counted
            if not packets:
                break


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


class _OfColumns(NamedTuple):
    """Segments that came by columns, as far as admission needs them: equal in length, in order."""

    rows: NDArray[np.int64]
    directions: Headers
    flags: NDArray[np.uint8]

    def among(self, dropped: DroppedFlows) -> NDArray[np.bool_]:
        """Tell of each whether it is of a dropped flow."""
        return dropped.among_columns(self.directions)


class _OfRecords(NamedTuple):
    """The same of segments that came by records, of which some may be of one IP version and some of the other."""

    rows: NDArray[np.int64]
    directions: list[bytes]
    flags: NDArray[np.uint8]

    def among(self, dropped: DroppedFlows) -> NDArray[np.bool_]:
        """Tell of each whether it is of a dropped flow."""
        return dropped.among(self.directions)


def _of_columns(tcp: TcpRows) -> _OfColumns:
    return _OfColumns(tcp.ip.rows, directions(tcp), tcp.header["flags"])


def _of_records(batch: Batch, segments: list[Segment]) -> _OfRecords:
    return _OfRecords(
        np.array([segment.number - batch.first_number for segment in segments], np.int64),
        [direction_of(segment.source, segment.destination) for segment in segments],
        np.array([segment.flags for segment in segments], np.uint8),
    )


def _without(tcp: TcpRows, left_out: NDArray[np.bool_]) -> TcpRows:
    return tcp.only(np.flatnonzero(~left_out)) if left_out.any() else tcp


def _in_order(segments: list[Segment], notices: list[tuple[int, Notice]]) -> list[Segment | Notice]:
    """Put notices between segments, each before those of its record."""
    if not notices:
        return [*segments]
    items: list[tuple[int, Segment | Notice]] = [*notices, *((segment.number, segment) for segment in segments)]
    items.sort(key=itemgetter(0))
    return [item for _, item in items]
