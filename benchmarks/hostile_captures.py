"""Measure how long reading takes at worst: captures in which each byte costs as much as can be, plain and compressed.

    python benchmarks/hostile_captures.py            2 MB of each
    python benchmarks/hostile_captures.py 4          4 MB of each: twice the time, if reading is linear

Each line: the input, seconds of processor time, seconds for each megabyte, packets that were read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import sys
import time
from typing import TYPE_CHECKING

import lz4.frame
import zstandard

from sigtrace.capture.batch import Batch, Interface, Record
from sigtrace.capture.pcapng.blocks import BlockType, SectionFacts
from sigtrace.capture.writer import (
    encode_block,
    encode_interface,
    encode_packet,
    encode_pcap_header,
    encode_section_header,
)
from sigtrace.sources.file import read

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTE = 2**20
BOMB = 400 * 10**6  # bytes of zeros that a compressed capture holds
SECONDS = 1_700_000_000


def words(*numbers: int) -> bytes:
    """Encode 32-bit numbers."""
    return struct.pack(f"<{len(numbers)}I", *numbers)


SECTION = encode_section_header(SectionFacts())
ETHERNET = encode_interface(Interface(index=0, name=None, link_type=1, snap_length=0))
HEAD = SECTION + ETHERNET
LOST = words(6, 8, 0)  # a block that cannot be
PACKET = encode_packet(Record(1, SECONDS * 10**9, 0, 1, b"", 0))
SIMPLE = encode_block(BlockType.SIMPLE_PACKET, words(0))
STATISTICS = encode_block(BlockType.INTERFACE_STATISTICS, words(7, 0, 0))
NAME = struct.pack("<HH", 1, 6) + b"\x01\x02\x03\x04a\x00\x00\x00"
PCAP = encode_pcap_header(link_type=1, nanosecond=False)
SOUND = words(SECONDS, 0, 4, 4, 0)

# What comes first, and what is repeated behind it.
REPEATED = {
    "pcapng: a type in every word": (HEAD + LOST, words(6)),
    "pcapng: a type and a length everywhere": (HEAD + LOST, words(6, 32)),
    "pcapng: section headers everywhere": (HEAD + LOST, words(0x0A0D0D0A, 32, 0x1A2B3C4D)),
    "pcapng: empty unknown blocks": (HEAD, encode_block(0x80000001, b"")),
    "pcapng: interfaces": (SECTION, encode_block(BlockType.INTERFACE_DESCRIPTION, words(1, 0))),
    "pcapng: sections": (b"", SECTION),
    "pcapng: sections of one packet": (b"", SECTION + PACKET),
    "pcapng: statistics of nothing": (SECTION, STATISTICS),
    "pcapng: packets and custom blocks": (HEAD, PACKET + encode_block(BlockType.CUSTOM, b"")),
    "pcapng: packets and interfaces": (HEAD, PACKET + encode_block(BlockType.INTERFACE_DESCRIPTION, words(1, 0))),
    "pcapng: packets of two kinds": (HEAD, PACKET + SIMPLE),
    "pcapng: packets with a wrong length at the end": (HEAD, PACKET[:-4] + words(5)),
    "pcapng: packets and damage": (HEAD, PACKET + words(6, 0xFFFFFFFF, 0)),
    "pcapng: names": (HEAD, encode_block(BlockType.NAME_RESOLUTION, NAME)),
    "pcap: empty records": (PCAP, words(SECONDS, 0, 0, 0)),
    "pcap: zeros behind damage": (PCAP + SOUND + words(SECONDS, 0, 2**31, 2**31 - 1), bytes(16)),
    "pcap: a time in every word": (PCAP + SOUND + words(SECONDS, 0, 2**31, 2**31 - 1), words(SECONDS)),
    "pcap: every other record damaged": (PCAP, SOUND + words(SECONDS, 0, 2**31, 0)),
    "pcap: all longer than originally": (PCAP, words(SECONDS, 0, 4, 3, 0)),
    "pcap: times that jump": (PCAP, SOUND + words(5, 0, 4, 4, 0)),
}
COMPRESS = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "bzip2": bz2.compress,
    "lz4": lz4.frame.compress,
    "xz": lambda data: lzma.compress(data, preset=1),
}


def inputs(length: int) -> Iterator[tuple[str, bytes]]:
    """Make all inputs, one after another."""
    for name, (first, again) in REPEATED.items():
        yield name, first + again * (length // len(again))
    for name, compress in COMPRESS.items():
        yield f"{name}: {BOMB // 10**6} MB of zeros", compress(PCAP + bytes(BOMB))


def main() -> None:
    """Read every input and print what it took."""
    length = int(sys.argv[1] if len(sys.argv) > 1 else 2) * MEGABYTE
    for name, data in inputs(length):
        start = time.process_time()
        packets = sum(len(item) for item in read(io.BytesIO(data)) if isinstance(item, Batch))
        seconds = time.process_time() - start
        print(
            f"{name:48} {seconds:7.2f} s  {seconds / (len(data) / MEGABYTE):9.2f} s/MB  {packets:8} packets", flush=True
        )


if __name__ == "__main__":
    main()
