"""zstd files in long runs: the same bytes as block by block, whatever is wrong with them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zstandard

from sigtrace.capture import compression
from sigtrace.capture.compression import (
    COMPRESSED_CUT,
    COMPRESSED_DAMAGE,
    COMPRESSED_LIMIT,
    COMPRESSED_TRAILING,
)
from sigtrace.capture.detect import Compression
from sigtrace.errors import SourceError
from sigtrace.sources.bytestream import DecompressedStream, FileStream
from sigtrace.sources.zstd_file import ZstdFile

if TYPE_CHECKING:
    from sigtrace.notices import Notice
    from sigtrace.sources.bytestream import ByteStream

PLAIN = np.random.default_rng(2).bytes(700_000) + bytes(900_000) + b"the end"
WITH_CHECKSUM = zstandard.ZstdCompressor(write_checksum=True).compress(PLAIN)
WITHOUT = zstandard.ZstdCompressor(write_checksum=False).compress(PLAIN)
SKIPPABLE = bytes.fromhex("502a4d18 04000000 61626364")


def opened(data: bytes) -> FileStream:
    """Return a file that holds this."""
    return FileStream("file", io.BytesIO(data), owned=True)


def read_all(stream: ByteStream, length: int) -> bytes:
    """Read to the end, at most so much at a time."""
    target, got = memoryview(bytearray(length)), b""
    while count := stream.read_into(target):
        got += bytes(target[:count])
    return got


def in_runs(data: bytes, length: int = 300_000) -> tuple[bytes, list[Notice], bool]:
    """Return what comes of a file in runs."""
    stream = ZstdFile(opened(data))
    return read_all(stream, length), stream.notices, stream.damaged


def as_usual(data: bytes) -> tuple[bytes, list[Notice], bool]:
    """Return what comes of a file block by block."""
    stream = DecompressedStream(opened(data), Compression.ZSTD)
    return read_all(stream, 2**16), stream.notices, stream.damaged


@pytest.mark.parametrize("length", [1, 1000, 131_072, 131_073, len(PLAIN) - 3, 10**7])
@pytest.mark.parametrize("data", [WITHOUT, WITH_CHECKSUM])
def test_runs_of_any_length(data: bytes, length: int) -> None:
    """However long a run is, all bytes come, to the last of a block that did not fit into the run before."""
    short = data if length > 1 else zstandard.compress(PLAIN[-5000:])
    assert in_runs(short, length) == (PLAIN if length > 1 else PLAIN[-5000:], [], False)


@pytest.mark.parametrize(
    "data",
    [
        WITH_CHECKSUM + WITHOUT,
        SKIPPABLE + WITHOUT + SKIPPABLE + zstandard.compress(b"") + WITH_CHECKSUM + SKIPPABLE,
        b"".join(zstandard.compress(PLAIN[at : at + 999]) for at in range(0, 50_000, 999)),
    ],
)
def test_frames_in_a_row_are_one(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of any kind in a row give their contents in a row, without being read again."""
    monkeypatch.setattr(ZstdFile, "_pass_over", None)
    assert in_runs(data)[0] == as_usual(data)[0]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (WITHOUT[:-1], COMPRESSED_CUT),
        (WITHOUT[: len(WITHOUT) // 2], COMPRESSED_CUT),
        (WITH_CHECKSUM[:-2], COMPRESSED_CUT),
        (WITH_CHECKSUM[:-4], COMPRESSED_CUT),
        (WITHOUT + WITHOUT[:3], COMPRESSED_CUT),
        (WITHOUT + WITHOUT[:15], COMPRESSED_CUT),
        (WITH_CHECKSUM[:-1] + bytes([WITH_CHECKSUM[-1] ^ 1]), COMPRESSED_DAMAGE),
        (WITHOUT + WITH_CHECKSUM[:700_000] + b"\xff" * 100_000 + WITH_CHECKSUM, COMPRESSED_DAMAGE),
        (WITHOUT + b"something else entirely", COMPRESSED_TRAILING),
        (WITHOUT + bytes(1000) + WITHOUT, None),
        (WITHOUT + bytes(3), None),
    ],
)
@pytest.mark.parametrize("length", [1000, 200_000, 10**7])
def test_what_is_not_whole_is_read_as_usual(data: bytes, code: str | None, length: int) -> None:
    """Damage, an end inside a frame and padding give the bytes and the notice that they give block by block."""
    got = in_runs(data, length)
    assert got == as_usual(data)
    assert [notice.code for notice in got[1]] == ([code] if code else [])


def test_what_expands_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more comes out than is believed, as much is given as block by block."""
    monkeypatch.setattr(compression, "FREE_EXPANSION", 500_000)
    monkeypatch.setattr(compression, "MAX_EXPANSION", 2)
    data = zstandard.compress(bytes(20_000_000))
    got = in_runs(data)
    assert got == as_usual(data)
    assert [notice.code for notice in got[1]] == [COMPRESSED_LIMIT]


def test_a_wrong_checksum_costs_no_bytes() -> None:
    """All blocks are given even when the checksum behind them does not match."""
    assert as_usual(WITH_CHECKSUM[:-1] + bytes([WITH_CHECKSUM[-1] ^ 1]))[0] == PLAIN


def test_what_came_before_a_reading_error_is_given() -> None:
    """A disk that fails half-way raises once all is given that was read before."""

    class Failing(io.BytesIO):
        def readinto1(self, target: memoryview) -> int:  # type: ignore[override]
            if self.tell() > 300_000:
                raise OSError(5, "Input/output error")
            return self.readinto(target[:200_000])

    stream = ZstdFile(FileStream("file", Failing(WITHOUT), owned=True))
    target = memoryview(bytearray(10**6))
    count = stream.read_into(target)
    assert count >= 262_144
    assert PLAIN.startswith(bytes(target[:count]))
    for _ in range(2):
        with pytest.raises(SourceError, match="Input/output error"):
            stream.read_into(target)
