"""Compressed captures, whole and damaged."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from typing import TYPE_CHECKING

import lz4.frame
import numpy as np
import pytest
import zstandard

from sigtrace.capture import compression
from sigtrace.capture.batch import CaptureEnded
from sigtrace.capture.compression import (
    COMPRESSED_CUT,
    COMPRESSED_DAMAGE,
    COMPRESSED_LIMIT,
    COMPRESSED_TRAILING,
    PIECE_LENGTH,
    Decompressor,
)
from sigtrace.capture.detect import Compression
from sigtrace.capture.writer import encode_pcap
from sigtrace.notices import Notice
from sigtrace.sources.file import read

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = np.random.default_rng(1).bytes(150_000) + bytes(300_000)
COMPRESS: dict[Compression, Callable[[bytes], bytes]] = {
    Compression.GZIP: gzip.compress,
    Compression.ZSTD: zstandard.ZstdCompressor(write_checksum=True).compress,
    Compression.XZ: lzma.compress,
    Compression.BZIP2: bz2.compress,
    Compression.LZ4: lambda data: lz4.frame.compress(data, content_checksum=True),
}
EVERY = pytest.mark.parametrize("kind", Compression, ids=lambda kind: kind.value)


def decompress(kind: Compression, data: bytes, step: int = 10_000) -> tuple[bytes, Notice | None, bool]:
    """Feed `data` in steps; return what came out, the notice, and whether bytes are missing."""
    decompressor = Decompressor(kind)
    pieces = [piece for at in range(0, len(data), step) for piece in decompressor.feed(data[at : at + step])]
    notice = decompressor.close()
    return b"".join(pieces), notice, decompressor.damaged


@EVERY
@pytest.mark.parametrize("step", [7, 1000, 10**6])
def test_steps_do_not_matter(kind: Compression, step: int) -> None:
    """However the compressed bytes arrive, the same comes out."""
    small = PLAIN[148_000:160_000]
    assert decompress(kind, COMPRESS[kind](small), step) == (small, None, False)


@EVERY
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_memory_that_was_fed_may_be_used_again(kind: Compression, step: int) -> None:
    """Once all pieces of what was fed were taken, its memory may hold something else."""
    small = PLAIN[148_000:160_000]
    data = COMPRESS[kind](small) + COMPRESS[kind](small[:100])
    decompressor, memory = Decompressor(kind), bytearray(step)
    got = b""
    for at in range(0, len(data), step):
        count = len(data[at : at + step])
        memory[:count] = data[at : at + step]
        got += b"".join(decompressor.feed(memoryview(memory)[:count]))
        memory[:] = b"\xff" * step
    assert (got, decompressor.close()) == (small + small[:100], None)


@EVERY
def test_members_in_a_row_are_one(kind: Compression) -> None:
    """Several members or frames, an empty one among them, give their contents in a row."""
    data = b"".join(COMPRESS[kind](part) for part in (PLAIN[:100], b"", PLAIN[100:1000], PLAIN[1000:]))
    assert decompress(kind, data) == (PLAIN, None, False)


def test_skippable_frames_give_nothing() -> None:
    """A skippable zstd frame before or between frames is skipped."""
    skippable = bytes.fromhex("502a4d18 04000000 61626364")
    compress = COMPRESS[Compression.ZSTD]
    data = skippable + compress(b"one") + skippable + compress(b"two")
    assert decompress(Compression.ZSTD, data) == (b"onetwo", None, False)


@EVERY
def test_a_cut_gives_what_came_before(kind: Compression) -> None:
    """A compressed file that ends too early gives what it held up to there, and a notice."""
    data = COMPRESS[kind](PLAIN)
    got, notice, damaged = decompress(kind, data[: len(data) * 2 // 3])
    assert PLAIN.startswith(got)
    assert notice is not None
    assert (notice.code, damaged) == (COMPRESSED_CUT, True)


@EVERY
def test_damage_gives_what_came_before(kind: Compression) -> None:
    """A member that is damaged costs no more than what comes behind the damage and one piece."""
    good = COMPRESS[kind](PLAIN)
    damaged = bytearray(good)
    damaged[-2] ^= 0xFF  # in what checks the whole
    got, notice, is_damaged = decompress(kind, good + bytes(damaged) + good)
    assert (PLAIN + PLAIN).startswith(got)
    assert len(got) > len(PLAIN) * 2 - 2 * PIECE_LENGTH
    assert notice is not None
    assert (notice.code, is_damaged) == (COMPRESSED_DAMAGE, True)


@EVERY
def test_a_later_member_damaged_from_its_start(kind: Compression) -> None:
    """A member known by its magic is damage when it cannot be read, also when it gave nothing before that."""
    good = COMPRESS[kind](PLAIN)
    got, notice, damaged = decompress(kind, good + good[:6] + b"\xff" * 40)
    assert got == PLAIN
    assert notice is not None
    assert (notice.code, damaged) == (COMPRESSED_DAMAGE, True)


def test_a_gzip_file_with_a_wrong_check_loses_nothing() -> None:
    """All bytes of a gzip member are given even when its checksum does not match."""
    data = bytearray(gzip.compress(PLAIN[:1000]))
    data[-8] ^= 1
    got, notice, damaged = decompress(Compression.GZIP, bytes(data))
    assert got == PLAIN[:1000]
    assert notice is not None
    assert damaged


@EVERY
def test_what_stands_behind_is_not_read(kind: Compression) -> None:
    """Something else behind the last member is told, and is no damage to what came before."""
    got, notice, damaged = decompress(kind, COMPRESS[kind](PLAIN) + b"something else entirely, and long enough")
    assert got == PLAIN
    assert notice is not None
    assert (notice.code, damaged) == (COMPRESSED_TRAILING, False)


def test_what_would_pass_for_lzma_is_not_xz() -> None:
    """Bytes behind xz data that the older lzma format, which has no magic, would take are not read as data."""
    data = COMPRESS[Compression.XZ](PLAIN) + lzma.compress(b"of another kind", lzma.FORMAT_ALONE)
    got, notice, damaged = decompress(Compression.XZ, data)
    assert got == PLAIN
    assert notice is not None
    assert (notice.code, damaged) == (COMPRESSED_TRAILING, False)


@EVERY
def test_zero_padding_is_nothing(kind: Compression) -> None:
    """Zeros behind a member, as tapes and blocks add, are ignored."""
    assert decompress(kind, COMPRESS[kind](PLAIN) + bytes(1000)) == (PLAIN, None, False)


@EVERY
def test_pieces_are_bounded(kind: Compression) -> None:
    """However much a few bytes expand to, a piece stays small."""
    data = COMPRESS[kind](bytes(20_000_000))
    largest = max(len(piece) for piece in Decompressor(kind).feed(data))
    assert largest <= 2 * PIECE_LENGTH  # a zstd block


@EVERY
def test_what_expands_without_end_is_stopped(kind: Compression, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the free bytes, and many times what was taken, is no capture; what came before is given."""
    monkeypatch.setattr(compression, "FREE_EXPANSION", 500_000)
    monkeypatch.setattr(compression, "MAX_EXPANSION", 2)
    got, notice, damaged = decompress(kind, COMPRESS[kind](bytes(20_000_000)))
    assert 500_000 < len(got) <= 500_000 + 2 * PIECE_LENGTH
    assert notice is not None
    assert (notice.code, damaged) == (COMPRESSED_LIMIT, True)


@EVERY
def test_what_expands_as_captures_do_is_read_whole(kind: Compression, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the free bytes, what is on disk may expand as many times as is allowed."""
    monkeypatch.setattr(compression, "FREE_EXPANSION", 1000)
    monkeypatch.setattr(compression, "MAX_EXPANSION", 4)
    assert decompress(kind, COMPRESS[kind](PLAIN)) == (PLAIN, None, False)


def test_compressions_inside_each_other_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the inner one takes came out of the outer one, and counts as what that took from disk."""
    monkeypatch.setattr(compression, "FREE_EXPANSION", 100_000)
    monkeypatch.setattr(compression, "MAX_EXPANSION", 50)
    capture = encode_pcap([], link_type=1) + bytes(3_000_000)
    twice = gzip.compress(gzip.compress(gzip.compress(capture)))
    items = list(read(io.BytesIO(twice)))
    assert [item.code for item in items if isinstance(item, Notice)][-1:] == [COMPRESSED_LIMIT]
    assert isinstance(items[-1], CaptureEnded)
    assert items[-1].truncated
