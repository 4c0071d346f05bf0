"""A ring of files: when each begins, what it says by itself, and which are deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sigtrace.capture.batch import DecryptionSecrets, Interface, InterfaceStatistics
from sigtrace.notices import Severity
from sigtrace.recording import files as files_module
from sigtrace.recording import preamble
from sigtrace.recording.files import RING_FILE_KEPT
from sigtrace.recording.recorder import RECORDING_STOPPED, Recorder
from sigtrace.recording.ring import Ring
from tests.builders.batches import make_batch
from tests.builders.captures import ETHERNET, RAW_IP, START_NS, make_records
from tests.builders.recordings import LIVE, StandingClock, contents_of, contents_of_all

if TYPE_CHECKING:
    import pytest


def record(tmp_path: Path, ring: Ring, clock: StandingClock | None = None) -> Recorder:
    """Begin a recording."""
    recorder = Recorder(str(tmp_path / "run.pcapng"), ring, clock=(clock or StandingClock()).clock)
    assert recorder.write([LIVE, ETHERNET]) == []
    return recorder


def counts(recorder: Recorder) -> list[int]:
    """The packets in each file that the recorder says is there."""
    return [len(contents_of(name).records) for name in recorder.files]


def test_files_by_packets(tmp_path: Path) -> None:
    """A batch is spread over as many files as it fills, and the last goes on with the next batch."""
    recorder = record(tmp_path, Ring(packets=4))
    records = make_records(*[60] * 20)
    recorder.write([make_batch(records[:10])])
    assert counts(recorder) == [4, 4, 2]
    recorder.write([make_batch(records[10:12])])
    assert counts(recorder) == [4, 4, 4]  # none is begun before there is something to be in it
    recorder.write([make_batch(records[12:])])
    recorder.close()
    assert counts(recorder) == [4] * 5
    assert contents_of_all(recorder.files).records == records
    assert [Path(name).name[:10] for name in recorder.files] == [f"run_{number:05}_" for number in range(1, 6)]
    assert sorted(recorder.files) == sorted(map(str, tmp_path.iterdir()))


def test_files_by_size(tmp_path: Path) -> None:
    """Each file but the last has reached the size, and had not before its last packet."""
    recorder = record(tmp_path, Ring(filesize=1000))
    records = make_records(*range(60, 360, 3))
    recorder.write([make_batch(records)])
    recorder.close()
    *full, last = recorder.files
    assert all(1000 <= Path(name).stat().st_size < 1000 + 400 for name in full)
    assert Path(last).stat().st_size < 1000 + 400
    assert contents_of_all(recorder.files).records == records


def test_files_by_duration(tmp_path: Path) -> None:
    """A file's time is over also when nothing comes, and however the clock is set."""
    clock = StandingClock()
    recorder = record(tmp_path, Ring(duration_s=10), clock)
    first, second = make_records(60, 61)
    clock.go(9.5)
    clock.at_ns -= 3600 * 10**9
    recorder.write([make_batch([first])])
    assert counts(recorder) == [1]
    clock.go(0.5)
    recorder.write([])
    clock.go(10)
    recorder.write([make_batch([second])])
    assert counts(recorder) == [1, 0, 1]


def test_files_by_interval(tmp_path: Path) -> None:
    """A file begins when the time of day is a multiple, not so long after the one before."""
    clock = StandingClock(START_NS // (3600 * 10**9) * 3600 * 10**9 + 3599 * 10**9)
    recorder = record(tmp_path, Ring(interval_s=3600), clock)
    for seconds in (0.5, 0.5, 3599.5, 0.5):
        clock.go(seconds)
        recorder.write([])
    assert len(recorder.files) == 3


def test_oldest_are_deleted(tmp_path: Path) -> None:
    """No more files than asked for are there at any time, the latest of them, and others are not touched."""
    strange = tmp_path / "run_00001_20200101000000.pcapng"
    strange.touch()
    recorder = record(tmp_path, Ring(packets=1, files=3))
    records = make_records(*[60] * 8)
    for one in records:
        recorder.write([make_batch([one])])
        assert sorted(map(str, tmp_path.iterdir())) == sorted([str(strange), *recorder.files])
        assert len(recorder.files) <= 3
    recorder.close()
    assert [one.data for one in contents_of_all(recorder.files).records] == [one.data for one in records[-3:]]
    assert recorder.packets == 3


def test_ring_of_one_file(tmp_path: Path) -> None:
    """A ring may consist of the latest file alone."""
    recorder = record(tmp_path, Ring(packets=2, files=1))
    recorder.write([make_batch(make_records(*[60] * 5))])
    recorder.close()
    assert counts(recorder) == [1]
    assert len(list(tmp_path.iterdir())) == 1


def test_old_file_that_was_taken_is_not_missed(tmp_path: Path) -> None:
    """Who moves a finished file elsewhere changes nothing."""
    recorder = record(tmp_path, Ring(packets=1, files=2))
    recorder.write([make_batch(make_records(60, 60))])
    Path(recorder.files[0]).unlink()
    assert recorder.write([make_batch(make_records(60))]) == []
    assert counts(recorder) == [1, 1]


def test_old_file_that_cannot_be_deleted_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice says that the ring keeps more than it was to, and the ring goes on."""

    def refuse(name: str) -> None:
        raise PermissionError(13, "Permission denied", name)

    recorder = record(tmp_path, Ring(packets=1, files=1))
    monkeypatch.setattr(files_module.os, "unlink", refuse)
    notices = recorder.write([make_batch(make_records(60, 60))])
    assert [(notice.code, notice.severity) for notice in notices] == [(RING_FILE_KEPT, Severity.WARNING)]
    assert "permission denied" in notices[0].text
    assert len(list(tmp_path.iterdir())) == 2
    assert counts(recorder) == [1]


def test_each_file_stands_by_itself(tmp_path: Path) -> None:
    """Every file describes all interfaces known when it began or described later, and repeats the secrets."""
    recorder = record(tmp_path, Ring(packets=1))
    secrets = DecryptionSecrets(kind=1, data=b"abc")
    first, second, third = (one._replace(interface=1, link_type=101) for one in make_records(60, 61, 62))
    recorder.write([RAW_IP, make_batch([first]), secrets, make_batch([second, third])])
    recorder.close()
    for name in recorder.files:
        contents = contents_of(name)
        assert contents.of(Interface) == [ETHERNET, RAW_IP]
        assert contents.of(DecryptionSecrets) == [secrets]
        assert contents.records[0].link_type == 101


def test_repeated_secrets_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Further files repeat the latest secrets up to the bound; each stands in the file it came with."""
    monkeypatch.setattr(preamble, "REPEATED_BYTES", 60)
    recorder = record(tmp_path, Ring(packets=1))
    secrets = [DecryptionSecrets(kind=1, data=bytes([number]) * 4) for number in range(5)]  # 24 bytes each
    recorder.write([*secrets, make_batch(make_records(60, 61))])
    recorder.close()
    first, second = (contents_of(name).of(DecryptionSecrets) for name in recorder.files)
    assert first == secrets
    assert second == secrets[-2:]


def test_each_file_says_what_was_lost_while_it_was_written(tmp_path: Path) -> None:
    """Counts go on over the run and begin again in each file, so that those of all files add up."""
    recorder = record(tmp_path, Ring(packets=1))
    for received, dropped in ((5, 0), (9, 2), (9, 2), (3, 1)):  # the last: the interface was opened anew
        statistics = InterfaceStatistics(interface=0, received=received, dropped=dropped)
        recorder.write([make_batch(make_records(60)), statistics])
    recorder.close()
    found = [contents_of(name).of(InterfaceStatistics)[0] for name in recorder.files]
    assert [(one.received, one.dropped) for one in found] == [(5, 0), (4, 2), (0, 0), (3, 1)]


def test_ring_that_cannot_go_on_is_told(tmp_path: Path) -> None:
    """A directory that is gone when the next file begins ends the recording with one notice."""
    folder = tmp_path / "folder"
    folder.mkdir()
    recorder = record(folder, Ring(packets=1))
    recorder.write([make_batch(make_records(60))])
    folder.rename(tmp_path / "elsewhere")
    (notice,) = recorder.write([make_batch(make_records(60))])
    assert notice.code == RECORDING_STOPPED
    assert "00002_" in notice.text
    assert "no such file or directory" in notice.text
    assert "; 1 packet is in " in notice.text
    assert recorder.write([make_batch(make_records(60))]) == recorder.close() == []
