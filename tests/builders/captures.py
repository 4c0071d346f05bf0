"""Captures made by hand: records, the rarer pcapng blocks, and a reader that copies everything out."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from sigtrace.capture.batch import Batch, CaptureItem, Interface, Record
from sigtrace.capture.detect import PcapKind, PcapngKind, detect_capture
from sigtrace.capture.options import Option, encode_options
from sigtrace.capture.pcap.reader import PcapReader
from sigtrace.capture.pcapng.blocks import BlockType
from sigtrace.capture.pcapng.reader import PcapngReader
from sigtrace.capture.writer import encode_block
from sigtrace.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sigtrace.capture.reader import CaptureReader

_Item = TypeVar("_Item")
START_NS = 1_700_000_000_000_000_000
ETHERNET = Interface(index=0, name="eth0", link_type=1, snap_length=262144)
RAW_IP = Interface(index=1, name="tun0", link_type=101, snap_length=0)


def make_records(*lengths: int, step_ns: int = 1_000_000, first_ns: int = START_NS) -> list[Record]:
    """Make one record for each length, filled with different bytes, all on interface 0."""
    return [
        Record(
            number, first_ns + (number - 1) * step_ns, 0, 1, bytes((number + at) % 251 for at in range(length)), length
        )
        for number, length in enumerate(lengths, start=1)
    ]


def encode_obsolete_packet(record: Record, *, drops: int = 0, big_endian: bool = False) -> bytes:
    """Encode an obsolete packet block, with microseconds."""
    order = ">" if big_endian else "<"
    ticks = record.at_ns // 1000
    fields = (record.interface, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(record.data), record.original)
    body = struct.pack(f"{order}HHIIII", *fields) + record.data
    return encode_block(BlockType.OBSOLETE_PACKET, body, big_endian=big_endian)


def encode_simple_packet(data: bytes, original: int | None = None, *, big_endian: bool = False) -> bytes:
    """Encode a simple packet block."""
    length = struct.pack(">I" if big_endian else "<I", len(data) if original is None else original)
    return encode_block(BlockType.SIMPLE_PACKET, length + data, big_endian=big_endian)


def encode_statistics(interface: int, options: Iterable[Option] = (), *, big_endian: bool = False) -> bytes:
    """Encode an interface statistics block."""
    body = struct.pack(">III" if big_endian else "<III", interface, 0, 0)
    body += encode_options(options, big_endian=big_endian)
    return encode_block(BlockType.INTERFACE_STATISTICS, body, big_endian=big_endian)


class Contents(NamedTuple):
    """All a capture held, copied out of its batches."""

    records: list[Record]
    items: list[CaptureItem]  # without batches
    comments: dict[int, tuple[str, ...]]

    @property
    def codes(self) -> list[str]:
        """The codes of the notices, in order."""
        return [item.code for item in self.items if isinstance(item, Notice)]

    def of(self, kind: type[_Item]) -> list[_Item]:
        """The items of one type."""
        return [item for item in self.items if isinstance(item, kind)]


def copy_out(items: Iterable[CaptureItem]) -> Contents:
    """Copy everything out of capture items, as a batch lasts only until the next item."""
    contents = Contents([], [], {})
    for item in items:
        if isinstance(item, Batch):
            contents.records.extend(records_of(item))
            contents.comments.update(item.comments)
        else:
            contents.items.append(item)
    return contents


def records_of(batch: Batch) -> list[Record]:
    """Copy the records out of a batch."""
    return [
        Record(
            batch.first_number + row,
            int(batch.at_ns[row]),
            int(batch.interface[row]),
            int(batch.link_type[row]),
            batch.bytes_of(row),
            int(batch.original[row]),
        )
        for row in range(len(batch))
    ]


def reader_for(data: bytes) -> CaptureReader:
    """Return the reader for a capture."""
    kind: PcapKind | PcapngKind = detect_capture(data[:512], file="test")
    return PcapngReader("test") if isinstance(kind, PcapngKind) else PcapReader("test", kind)


def read_bytes(data: bytes, pieces: Sequence[int] = ()) -> Contents:
    """Read a capture that arrives in pieces of these lengths, and then whole."""
    reader = reader_for(data)
    contents = Contents([], [], {})
    start = end = 0
    for piece in (*pieces, len(data)):
        end = min(end + piece, len(data))
        # A copy of its own for each window, so that nothing can be read beyond its end.
        window = np.frombuffer(bytearray(data[start:end]), np.uint8) if end > start else np.zeros(0, np.uint8)
        items, consumed = reader.read(window, final=end == len(data))
        part = copy_out(items)
        contents.records.extend(part.records)
        contents.items.extend(part.items)
        contents.comments.update(part.comments)
        start += consumed
        if end == len(data):
            break
    contents.items.append(reader.close())
    return contents
