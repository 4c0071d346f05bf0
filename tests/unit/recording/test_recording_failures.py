"""What goes wrong while a recording is written: the file ends with its last whole packet, and one notice says so."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.batch import CaptureEnded, InterfaceStatistics
from sigtrace.errors import OutputError
from sigtrace.notices import Severity
from sigtrace.recording.output import Output
from sigtrace.recording.recorder import RECORDING_STOPPED, Recorder
from sigtrace.recording.ring import Ring
from tests.builders.batches import make_batch
from tests.builders.captures import ETHERNET, make_records, read_bytes
from tests.builders.recordings import LIVE, contents_of, contents_of_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sigtrace.notices import Notice

RECORDS = make_records(*[100, 101, 102, 103] * 5)


def limit_room(monkeypatch: pytest.MonkeyPatch, room: int, error: BaseException) -> None:
    """Let so many more bytes be written, and fail then."""
    left = [room]

    def put(descriptor: int, data: memoryview) -> int:
        if not left[0]:
            raise error
        count = os.write(descriptor, data[: min(left[0], 70)])  # in small pieces, as any call may end early
        left[0] -= count
        return count

    monkeypatch.setattr(Output, "_put", staticmethod(put))


def record(path: Path | str, ring: Ring | None = None) -> Recorder:
    """Begin a recording with five packets."""
    recorder = Recorder(str(path), ring)
    assert recorder.write([LIVE, ETHERNET, make_batch(RECORDS[:5])]) == []
    return recorder


def check_stopped(recorder: Recorder, notices: list[Notice], why: str) -> None:
    """One notice says why the recording ended, and nothing is written any more."""
    (notice,) = notices
    assert (notice.code, notice.severity) == (RECORDING_STOPPED, Severity.ERROR)
    assert why in notice.text
    assert notice.text.endswith("and watching goes on")
    assert recorder.is_over
    assert recorder.write([make_batch(RECORDS[:1])]) == recorder.close() == []


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EFBIG, "as large as a file may be"),
        (errno.EIO, "input/output error"),
    ],
)
@pytest.mark.parametrize("room", [0, 1, 131, 132, 133, 500, 1000])
def test_file_ends_with_its_last_whole_packet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, why: str, room: int
) -> None:
    """Whatever fails, and after however many bytes, what is in the file is whole, and as many as the notice says."""
    path = tmp_path / "run.pcapng"
    recorder = record(path)
    limit_room(monkeypatch, room, OSError(code, os.strerror(code)))
    notices = recorder.write([make_batch(RECORDS[5:])])
    check_stopped(recorder, notices, why)
    contents = contents_of(path)
    assert contents.of(CaptureEnded)[0].truncated is False
    # Blocks of these packets have 132, 136, 136 and 136 bytes.
    whole = {0: 0, 1: 0, 131: 0, 132: 0, 133: 0, 500: 3, 1000: 7}[room]
    assert contents.records == RECORDS[: 5 + whole]
    assert f"{5 + whole} packets are in {path}" in notices[0].text
    assert recorder.packets == 5 + whole


def test_statistics_for_which_there_is_no_room_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full at the very end costs the counts, not a packet."""
    path = tmp_path / "run.pcapng"
    recorder = record(path)
    recorder.write([InterfaceStatistics(interface=0, received=5, dropped=0)])
    limit_room(monkeypatch, 20, OSError(errno.ENOSPC, "full"))
    check_stopped(recorder, recorder.close(), "the disk is full")
    assert contents_of(path).records == RECORDS[:5]
    assert contents_of(path).of(CaptureEnded)[0].truncated is False


def test_ring_file_that_cannot_begin_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No half a header stays behind as a file of its own."""
    recorder = record(tmp_path / "run.pcapng", Ring(packets=5))
    limit_room(monkeypatch, 10, OSError(errno.ENOSPC, "full"))
    notices = recorder.write([make_batch(RECORDS[5:])])
    check_stopped(recorder, notices, "the disk is full")
    assert [str(path) for path in tmp_path.iterdir()] == recorder.files
    assert contents_of_all(recorder.files).records == RECORDS[:5]


def test_first_file_that_has_no_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full from the beginning is a notice too: the source is open already, and can be watched."""
    limit_room(monkeypatch, 10, OSError(errno.ENOSPC, "full"))
    recorder = Recorder(str(tmp_path / "run.pcapng"))
    check_stopped(recorder, recorder.write([LIVE, ETHERNET]), "the disk is full; nothing is kept")


def test_deleted_file_is_told(tmp_path: Path) -> None:
    """Packets written to a file that nobody can find any more are not taken for kept."""
    path = tmp_path / "run.pcapng"
    recorder = record(path)
    path.unlink()
    tmp_path.rmdir()
    check_stopped(recorder, recorder.write([make_batch(RECORDS[5:])]), "it was deleted; nothing is kept")


def test_renamed_file_goes_on(tmp_path: Path) -> None:
    """A file that was moved elsewhere is still written."""
    recorder = record(tmp_path / "run.pcapng")
    moved = (tmp_path / "run.pcapng").rename(tmp_path / "moved.pcapng")
    assert recorder.write([make_batch(RECORDS[5:])]) == []
    assert contents_of(moved).records == RECORDS


def test_interrupted_write_ends_the_recording_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a signal raises in the middle of a write reaches the caller, and nothing follows the last whole packet."""
    path = tmp_path / "run.pcapng"
    recorder = record(path)
    with monkeypatch.context() as patched:
        limit_room(patched, 300, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            recorder.write([make_batch(RECORDS[5:])])
    assert recorder.is_over
    assert recorder.write([make_batch(RECORDS)]) == recorder.close() == []
    contents = contents_of(path)
    assert contents.records == RECORDS[:7]
    assert contents.of(CaptureEnded)[0].truncated is False
    assert recorder.packets == 7


@contextmanager
def pipe_as_output(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make standard output a pipe, and give the end that is read."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stdout, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stdout)
        yield reading
    with suppress(OSError):  # a test may have closed it
        os.close(reading)


def test_standard_output_is_written_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-w -` gives the same bytes as a file, and others may still write to standard output."""
    with pipe_as_output(monkeypatch) as pipe:
        recorder = record("-")
        recorder.close()
        os.fstat(sys.stdout.fileno())
        assert read_bytes(os.read(pipe, 65536)).records == RECORDS[:5]


def test_reader_that_has_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that nobody reads any more ends the recording, not the watching."""
    with pipe_as_output(monkeypatch) as pipe:
        recorder = record("-")
        os.close(pipe)
        check_stopped(recorder, recorder.write([make_batch(RECORDS[5:])]), "whoever read it has gone")


def test_pipe_that_takes_its_time_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that somebody made non-blocking is waited for."""
    with pipe_as_output(monkeypatch) as pipe:
        descriptor = sys.stdout.fileno()
        fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_NONBLOCK)
        records = make_records(*[1000] * 200)  # more than a pipe holds
        taken = bytearray()

        def drain() -> None:
            while len(read_bytes(bytes(taken)).records if taken else []) < len(records):
                taken.extend(os.read(pipe, 65536))

        reader = threading.Thread(target=drain)
        reader.start()
        recorder = Recorder("-")
        assert recorder.write([LIVE, ETHERNET, make_batch(records)]) == []
        reader.join(30)
        assert read_bytes(bytes(taken)).records == records


def test_interrupted_pipe_is_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind half a block, which cannot be had back from a pipe, comes nothing that would be read as its end."""
    with pipe_as_output(monkeypatch) as pipe:
        recorder = record("-")
        with monkeypatch.context() as patched:
            limit_room(patched, 300, KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                recorder.write([make_batch(RECORDS[5:])])
        assert recorder.write([make_batch(RECORDS)]) == recorder.close() == []
        assert read_bytes(os.read(pipe, 65536)).records == RECORDS[:7]


def test_terminal_gets_no_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-w -` without a pipe is an error that says what to do."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(OutputError, match="terminal") as caught:
        Recorder("-").write([LIVE])
    assert "-w FILE" in caught.value.hint


def test_file_that_may_not_grow_ends_whole(tmp_path: Path) -> None:
    """Where the system itself ends a write within a block (`ulimit -f`), the file is cut back to the last whole one."""
    path = tmp_path / "run.pcapng"
    recorder = record(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (recorder.size + 300, hard))
    try:
        notices = recorder.write([make_batch(RECORDS[5:])])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    check_stopped(recorder, notices, "as large as a file may be")
    assert contents_of(path).records == RECORDS[:7]
    assert contents_of(path).of(CaptureEnded)[0].truncated is False


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """Mount a file system in memory, or skip the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"this root may not mount: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk_ends_the_recording_whole(tmp_path: Path) -> None:
    """On a disk that is really full the file holds all packets up to its last whole one, and one notice counts them."""
    with small_disk(tmp_path, "size=64k") as folder:
        recorder = record(folder / "run.pcapng")
        notices: list[Notice] = []
        written = 5
        while not notices:
            notices = recorder.write([make_batch(RECORDS)])
            written += len(RECORDS)
        check_stopped(recorder, notices, "the disk is full")
        contents = contents_of(folder / "run.pcapng")
        assert contents.of(CaptureEnded)[0].truncated is False
        assert f"{len(contents.records)} packets are in" in notices[0].text
        assert written - len(RECORDS) <= len(contents.records) < written
        assert os.stat(folder / "run.pcapng").st_size > 65536 - 4096 - 136  # noqa: PTH116 - the last page but a block


def test_ring_on_a_full_disk(tmp_path: Path) -> None:
    """A ring that is larger than the disk ends whole as well, and one that fits goes on for ever."""
    with small_disk(tmp_path, "size=64k") as folder:
        fitting = Recorder(str(folder / "a.pcapng"), Ring(filesize=8000, files=3))
        for _ in range(30):
            assert fitting.write([LIVE, ETHERNET, make_batch(RECORDS)]) == []
        fitting.close()
        assert len(contents_of_all(fitting.files).records) == fitting.packets > len(RECORDS)
        too_large = Recorder(str(folder / "b.pcapng"), Ring(filesize=8000, files=30))
        notices: list[Notice] = []
        while not notices:
            notices = too_large.write([LIVE, ETHERNET, make_batch(RECORDS)])
        check_stopped(too_large, notices, "the disk is full")
        assert len(contents_of_all(too_large.files).records) == too_large.packets


def test_read_only_disk_is_an_error(tmp_path: Path) -> None:
    """A file system that cannot be written is told at the start, with a hint."""
    with small_disk(tmp_path, "size=64k,ro") as folder:
        with pytest.raises(OutputError, match="read-only") as caught:
            record(folder / "run.pcapng")
        assert caught.value.hint
