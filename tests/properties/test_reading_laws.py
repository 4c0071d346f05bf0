"""Laws of reading: however bytes come from a disk or a pipe, compressed or not, the same items come of them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import threading
from itertools import islice
from typing import TYPE_CHECKING

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.capture.detect import Compression
from sigtrace.capture.writer import encode_pcap, encode_pcapng
from sigtrace.errors import CaptureError
from sigtrace.sources import bytestream, file, zstd_file
from sigtrace.sources.windows import Filler, read_windows
from tests.builders.captures import ETHERNET, Contents, copy_out, make_records, read_bytes, reader_for
from tests.builders.trickle import Trickle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sigtrace.capture.batch import Record

PIECES = st.lists(st.integers(1, 1000), min_size=1, max_size=8)
READY = st.lists(st.booleans(), min_size=1, max_size=5)
LENGTHS = st.integers(100, 6000)
CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=3)


def change(data: bytes, first: int, changes: list[tuple[int, int]]) -> bytes:
    """Put other bytes somewhere behind the first ones."""
    changed = bytearray(data)
    for place, value in changes:
        if first < len(changed):
            changed[first + place % (len(changed) - first)] = value
    return bytes(changed)


@st.composite
def captures(draw: st.DrawFn) -> bytes:
    """Make a capture, pcap or pcapng, that may be cut and have wrong bytes behind its head."""
    records = make_records(*draw(st.lists(st.integers(0, 200) | st.just(1500), max_size=12)))
    whole = encode_pcap(records, link_type=1) if draw(st.booleans()) else encode_pcapng(records, interfaces=[ETHERNET])
    data = change(whole, 40, draw(CHANGES))
    return data[: draw(st.integers(24, len(data)) | st.just(len(data)))]


def zstd(data: bytes, step: int, *, checksum: bool) -> bytes:
    """Compress into blocks of a length."""
    compressor = zstandard.ZstdCompressor(write_checksum=checksum).compressobj()
    blocks = [
        compressor.compress(data[at : at + step]) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        for at in range(0, len(data), step)
    ]
    return b"".join(blocks) + compressor.flush()


COMPRESS: dict[Compression, Callable[[bytes], bytes]] = {
    Compression.GZIP: lambda data: gzip.compress(data, mtime=0),
    Compression.XZ: lzma.compress,
    Compression.BZIP2: bz2.compress,
    Compression.LZ4: lambda data: lz4.frame.compress(data, content_checksum=True),
}


@st.composite
def compressed(draw: st.DrawFn) -> bytes:
    """Compress a capture into one or more members, of many or few blocks, that may be cut, changed or trailed."""
    data = draw(captures())
    cuts = sorted(draw(st.lists(st.integers(100, max(len(data), 100)), max_size=2)))
    kind = draw(st.sampled_from(Compression))
    step, checksum = draw(st.integers(500, 50_000)), draw(st.booleans())
    packed = b"".join(
        zstd(data[start:end], step, checksum=checksum) if kind is Compression.ZSTD else COMPRESS[kind](data[start:end])
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)
    )
    packed = change(packed, 30, draw(st.just([]) | CHANGES))
    packed = packed[: draw(st.just(len(packed)) | st.integers(len(packed) // 2, len(packed)))]
    return packed + draw(st.sampled_from([b"", b"", bytes(100), b"something else"]))


def read_through(data: bytes, stream: Trickle, length: int) -> Contents:
    """Read a capture in windows of a length."""
    reader, filler = reader_for(data), Filler(stream, length)
    buffers = filler.fill_again_and_again(filler.new_buffer())
    contents = copy_out(read_windows(reader, buffers, length, lambda _: None))
    contents.items.append(reader.close())
    return contents


def ignoring_windows(contents: Contents) -> tuple[list[Record], list[str]]:
    """Return all but the order in which notices of several kinds come that one window may hold."""
    return contents.records, sorted(map(str, contents.items))


@settings(deadline=None)
@given(captures(), PIECES, READY, LENGTHS)
def test_pieces_do_not_matter(data: bytes, pieces: list[int], ready: list[bool], length: int) -> None:
    """Whatever is read at a time, and however long a window is, the items are those of the whole at once."""
    through = read_through(data, Trickle(data, pieces, ready), length)
    assert ignoring_windows(through) == ignoring_windows(read_bytes(data))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a capture may be written."""
    made: Path = tmp_path_factory.mktemp("laws") / "capture"
    return made


class Stream(io.BytesIO):
    """An open file, which is not read ahead, nor twice."""

    def __init__(self, path: Path, data: bytes) -> None:
        super().__init__(data)
        self.name = str(path)


@settings(deadline=None)
@given(compressed(), LENGTHS, st.integers(100, 10_000))
def test_a_compressed_file_is_as_its_stream(path: Path, data: bytes, length: int, piece: int) -> None:
    """A compressed file, whole or damaged, gives what it gives as a stream, and leaves no thread behind."""
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file, "WINDOW_LENGTH", length)
        patch.setattr(bytestream, "PIECE_LENGTH", piece)
        patch.setattr(zstd_file, "_FED_LENGTH", piece)
        try:
            expected = copy_out(file.read(Stream(path, data)))
        except CaptureError as error:
            with pytest.raises(CaptureError, match=re.escape(str(error))):
                file.read(path)
        else:
            assert ignoring_windows(copy_out(file.read(path))) == ignoring_windows(expected)
    assert threading.active_count() == 1


@settings(deadline=None)
@given(compressed(), LENGTHS, st.none() | st.integers(1, 20))
def test_reading_ahead_does_not_matter(path: Path, data: bytes, length: int, count: int | None) -> None:
    """The items, all or the first ones, are the same with and without a thread, which is gone then."""
    path.write_bytes(data)
    try:
        plain, ahead = (file._OpenCapture(bytestream.Input(path), lambda _: None) for _ in range(2))
    except CaptureError:
        return
    expected = copy_out(islice(plain.items(length), count))
    assert copy_out(islice(ahead.items(length, ahead=True), count)) == expected
    assert threading.active_count() == 1
