"""Records of any link type: columns and the record way tell the same, and every record is counted once.

The bytes are records one after another: a link type, flags, and a piece that is the record's own bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.capture.batch import Record
from sigtrace.packets.packet import Segment
from sigtrace.packets.sieve import Sieve
from tests.builders.packets import batch_of
from tests.fuzz.draw import Draw, encode_piece

if TYPE_CHECKING:
    from sigtrace.notices import Notice

LINK_TYPES: Final = (1, 0, 9, 12, 14, 50, 51, 101, 104, 105, 108, 113, 127, 163, 228, 229, 276, 9999)
MOST_RECORDS = 64
_CUT, _AGAIN = 1, 2  # flags: more was on the wire; the record ends a batch and its flow is dropped


def try_packets(data: bytes) -> None:
    """Sift all records both ways."""
    batches = _read(Draw(data))
    by_columns, by_record = Sieve(), Sieve(columns=False)
    assert _sift(by_columns, batches) == _sift(by_record, batches)
    tally = by_columns.tally()
    assert tally == by_record.tally()
    records = [record for batch in batches for record in batch]
    assert tally.packets == len(records)
    assert tally.bytes == sum(max(record.original, len(record.data)) for record in records)


def encode_record(packet: bytes, link_type: int, *, ends_batch: bool = False) -> bytes:
    """Write a record as this target reads it."""
    return bytes((LINK_TYPES.index(link_type), _AGAIN * ends_batch)) + encode_piece(packet)


def _read(draw: Draw) -> list[list[Record]]:
    batches: list[list[Record]] = [[]]
    for number in range(1, MOST_RECORDS):
        if not draw.more:
            break
        link_type, flags = LINK_TYPES[draw.byte() % len(LINK_TYPES)], draw.byte()
        packet = draw.piece()
        original = len(packet) + (flags & _CUT) * 100
        batches[-1].append(Record(number, number * 1000, flags >> 2 & 1, link_type, packet, original))
        if flags & _AGAIN:
            batches.append([])
    return batches


def _sift(sieve: Sieve, batches: list[list[Record]]) -> list[Segment | Notice]:
    """Feed the batches, dropping the first flow after each; return what came out."""
    out: list[Segment | Notice] = []
    number = 1
    for records in batches:
        found = sieve.feed(batch_of(records, first_number=number))
        for segment in found:
            if isinstance(segment, Segment):
                sieve.drop(segment.source, segment.destination)
                break
        out += found
        number += len(records)
    return out + sieve.close()
