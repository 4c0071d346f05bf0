"""How a capture becomes a file: pcapng as it is made, classic pcap, and either compressed."""

from __future__ import annotations

import gzip
import struct
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

GZIP_LEVEL, ZSTANDARD_LEVEL = 6, 3  # what the tools take when nothing is said
PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
PACKET_BLOCK = struct.Struct("<IIIIIII")
RECORD = struct.Struct("<IIII")


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a capture in the format that the file's name says; `-` is the standard output."""
    names = path.suffixes
    with opened(path) as file:
        for piece in as_pcap(pieces) if ".pcap" in names else pieces:
            file.write(piece)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open what a capture is written to."""
    if str(path) == "-":
        yield sys.stdout.buffer
        return
    with path.open("wb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(path.stem, "wb", GZIP_LEVEL, raw, mtime=0) as file:
                yield cast("BinaryIO", file)
        elif path.suffix == ".zst":
            with zstandard.ZstdCompressor(ZSTANDARD_LEVEL, write_checksum=True).stream_writer(raw) as file:
                yield cast("BinaryIO", file)
        else:
            yield raw


def as_pcap(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same packets as classic pcap, with times in microseconds as tcpdump writes them.

    Args:
        pieces: the blocks of sections and interfaces, then packets, whole blocks each.
    """
    yield PCAP_HEADER
    rest = iter(pieces)
    next(rest)
    for piece in rest:
        yield b"".join(_records(memoryview(piece)))


def _records(blocks: memoryview) -> Iterator[bytes | memoryview]:
    at = 0
    while at < len(blocks):
        _, length, _, high, low, captured, original = PACKET_BLOCK.unpack_from(blocks, at)
        seconds, rest = divmod(high << 32 | low, 1_000_000_000)
        yield RECORD.pack(seconds, rest // 1000, captured, original)
        yield blocks[at + PACKET_BLOCK.size : at + PACKET_BLOCK.size + captured]
        at += length
