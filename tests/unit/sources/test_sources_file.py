"""Reading files, streams and standard input."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
from typing import TYPE_CHECKING

import lz4.frame
import pytest
import zstandard

from sigtrace.capture.batch import CaptureEnded, CaptureStarted, Interface
from sigtrace.capture.compression import COMPRESSED_CUT
from sigtrace.capture.pcapng.reader import PcapngReader
from sigtrace.capture.reader import CUT
from sigtrace.capture.writer import encode_pcap, encode_pcapng
from sigtrace.errors import CaptureError, SourceError
from sigtrace.sources import file
from sigtrace.sources.file import read
from tests.builders.captures import ETHERNET, copy_out, make_records

if TYPE_CHECKING:
    from pathlib import Path

    from sigtrace.capture.reader import Reading, Window

RECORDS = make_records(*range(0, 1500, 7))
PCAPNG = encode_pcapng(RECORDS, interfaces=[ETHERNET])
PCAP = encode_pcap(RECORDS, link_type=1)


def write(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(data)
    return path


def test_a_file_is_read_window_by_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records come out the same when the buffer is much shorter than the file, and shorter than some records."""
    for length in (16, 700, 5000, 2**21):
        monkeypatch.setattr(file, "WINDOW_LENGTH", length)
        for data in (PCAP, PCAPNG):
            contents = copy_out(read(write(tmp_path / "capture", data)))
            assert contents.records == RECORDS
            assert contents.codes == []
            assert contents.of(CaptureEnded)[0].bytes == len(data)


def test_an_open_file_is_read_where_it_stands() -> None:
    """A binary file that is open already is read, and left open."""
    stream = io.BytesIO(PCAPNG)
    contents = copy_out(read(stream))
    assert contents.records == RECORDS
    assert contents.of(CaptureStarted)[0].file == "<stream>"
    assert not stream.closed


def finish(writer: io.RawIOBase) -> None:
    """Write the rest of a capture into a pipe, and close it."""
    writer.write(PCAPNG[40_000:])
    writer.close()


def test_standard_input_is_read_as_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` gives packets before the writer of the pipe is done."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
        writer.write(PCAPNG[:40_000])
        items = read("-")
        started = next(items)
        assert isinstance(started, CaptureStarted)
        assert started.file == "-"
        rest = threading.Thread(target=finish, args=(writer,))
        rest.start()
        contents = copy_out(items)
        rest.join()
    assert contents.records == RECORDS


def test_a_long_record_in_small_pieces_is_looked_at_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record much longer than the buffer is looked at as often as its length has doublings, more or less."""

    class Trickle(io.BytesIO):
        def readinto1(self, target: memoryview) -> int:  # type: ignore[override]
            return self.readinto(target[:1000])

    looks = 0
    original = PcapngReader.read

    def count(self: PcapngReader, window: Window, *, final: bool) -> Reading:
        nonlocal looks
        looks += 1
        return original(self, window, final=final)

    monkeypatch.setattr(PcapngReader, "read", count)
    record = make_records(2_000_000)
    assert copy_out(read(Trickle(encode_pcapng(record, interfaces=[ETHERNET])))).records == record
    assert looks < 40


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("gz", gzip.compress(PCAP, mtime=0), "pcap-ns.gz"),
        ("gz members", gzip.compress(PCAPNG[:999], mtime=0) + gzip.compress(PCAPNG[999:], mtime=0), "pcapng.gz"),
        ("zst", zstandard.compress(PCAPNG), "pcapng.zst"),
        ("lz4", lz4.frame.compress(PCAPNG), "pcapng.lz4"),
        ("zst in gz", gzip.compress(zstandard.compress(PCAPNG), mtime=0), "pcapng.zst.gz"),
    ],
)
def test_compressed_captures_are_recognised_by_content(name: str, data: bytes, kind: str, tmp_path: Path) -> None:
    """The name of a file does not matter, and the format says what was undone."""
    contents = copy_out(read(write(tmp_path / name.replace(" ", "."), data)))
    assert contents.records == RECORDS
    assert contents.of(CaptureStarted)[0].format == kind
    assert contents.codes == []


def test_a_cut_compressed_file_gives_what_is_there(tmp_path: Path) -> None:
    """Packets before the cut come out; both the file and the capture in it are told to be cut."""
    data = gzip.compress(PCAPNG, 1)
    contents = copy_out(read(write(tmp_path / "x", data[: len(data) // 2])))
    assert contents.records == RECORDS[: len(contents.records)]
    assert contents.records
    assert contents.codes == [CUT, COMPRESSED_CUT]
    assert contents.of(CaptureEnded)[0].truncated


def test_a_compressed_file_cut_between_records_is_truncated(tmp_path: Path) -> None:
    """A cut in the compressed file counts even where the capture in it seems whole."""
    data = gzip.compress(PCAPNG)
    contents = copy_out(read(write(tmp_path / "x", data[:-6])))
    assert contents.records == RECORDS
    assert contents.of(CaptureEnded)[0].truncated


def test_several_files_are_one_trace(tmp_path: Path) -> None:
    """A ring given in any order is read in time order, and a file without packets is fine."""
    names = []
    for part in (2, 0, 1):
        names.append(tmp_path / f"ring{part}")
        write(names[-1], encode_pcapng(RECORDS[part * 70 : part * 70 + 70], interfaces=[ETHERNET]))
    names.append(write(tmp_path / "empty", encode_pcap([], link_type=1)))
    contents = copy_out(read(*names))
    assert [record.data for record in contents.records] == [record.data for record in RECORDS[:210]]
    assert [record.number for record in contents.records] == list(range(1, 211))
    assert len(contents.of(Interface)) == 4
    assert len(contents.of(CaptureEnded)) == 4


def test_streams_take_part_in_a_merge() -> None:
    """Streams that cannot be opened twice are merged like files."""
    odd, even = (encode_pcapng(RECORDS[start::2], interfaces=[ETHERNET]) for start in (0, 1))
    contents = copy_out(read(io.BytesIO(even), io.BytesIO(odd), io.BytesIO(encode_pcap([], link_type=1))))
    assert [record.data for record in contents.records] == [record.data for record in RECORDS]


def test_progress_counts_the_bytes_on_disk(tmp_path: Path) -> None:
    """Progress rises to the total of all files as they are on disk; a stream has no total."""
    small, large = write(tmp_path / "a", gzip.compress(PCAP, mtime=0)), write(tmp_path / "b", PCAPNG)
    seen: list[tuple[int, int | None]] = []
    copy_out(read(small, large, progress=lambda done, total: seen.append((done, total))))
    total = small.stat().st_size + large.stat().st_size
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)
    seen.clear()
    copy_out(read(io.BytesIO(PCAP), progress=lambda done, total: seen.append((done, total))))
    assert [(len(PCAP), None)] == seen[-1:]


def test_files_are_closed(tmp_path: Path) -> None:
    """A file is closed at the end, and when reading is given up."""
    path = write(tmp_path / "x", PCAPNG)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None  # noqa: PTH112, PTH208
    if before is None:
        pytest.skip("this system does not list open files")
    for _ in read(path):
        break
    copy_out(read(path, path))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.parametrize("several", [False, True])
def test_what_cannot_be_opened_shows_at_once(tmp_path: Path, *, several: bool) -> None:
    """Errors come when `read` is called, before any item, and carry a hint."""
    good = [write(tmp_path / "good", PCAPNG)] if several else []
    with pytest.raises(SourceError, match="no such file") as caught:
        read(*good, tmp_path / "missing")
    assert caught.value.hint
    with pytest.raises(SourceError, match="is a directory"):
        read(*good, tmp_path)
    with pytest.raises(CaptureError, match="is empty"):
        read(*good, write(tmp_path / "empty", b""))
    with pytest.raises(CaptureError, match="looks like text"):
        read(*good, write(tmp_path / "text", b"hello\n"))
    with pytest.raises(CaptureError, match="looks like text"):
        read(*good, write(tmp_path / "text.gz", gzip.compress(b"hello\n")))
    with pytest.raises(CaptureError, match="ends too early"):
        read(*good, write(tmp_path / "cut.gz", gzip.compress(PCAP, mtime=0)[:12]))


def test_no_permission_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is named, with a hint."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "x", PCAPNG)
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(SourceError, match="no permission") as caught:
        read(path)
    assert caught.value.hint


def test_a_terminal_is_no_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` without a pipe says what to do, instead of waiting for keys."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(SourceError, match="terminal"):
        read("-")


def test_nothing_to_read_is_an_error() -> None:
    """A call without inputs says so."""
    with pytest.raises(SourceError, match="no capture"):
        read()


def test_a_reading_error_is_a_source_error() -> None:
    """A disk that fails half-way raises, as what comes behind is unknown."""

    class Failing(io.BytesIO):
        def readinto1(self, target: memoryview) -> int:  # type: ignore[override]
            if self.tell() > 1000:
                raise OSError(5, "Input/output error")
            return self.readinto(target[:600])

    with pytest.raises(SourceError, match="Input/output error"):
        copy_out(read(Failing(PCAPNG)))


def test_what_a_pipe_holds_is_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small pieces in a pipe make one window, as long as none has to be waited for."""
    lengths: list[int] = []
    original = PcapngReader.read

    def note(self: PcapngReader, window: Window, *, final: bool) -> Reading:
        lengths.append(len(window))
        return original(self, window, final=final)

    monkeypatch.setattr(PcapngReader, "read", note)
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb", buffering=0) as writer:
        for at in range(0, 60_000, 1000):
            writer.write(PCAPNG[at : at + 1000])
        items = read(pipe)
        assert isinstance(next(items), CaptureStarted)
        assert lengths == [60_000]
