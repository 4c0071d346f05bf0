"""One file: what is written, when, and what is said of it."""

from __future__ import annotations

import platform
import stat
from typing import TYPE_CHECKING

import pytest

from sigtrace import __version__
from sigtrace.capture.batch import (
    CaptureEnded,
    CaptureStarted,
    DecryptionSecrets,
    Interface,
    InterfaceStatistics,
    NameResolution,
)
from sigtrace.errors import OutputError
from sigtrace.notices import Notice, Severity
from sigtrace.recording.recorder import Recorder
from tests.builders.batches import make_batch
from tests.builders.captures import ETHERNET, RAW_IP, make_records
from tests.builders.recordings import LIVE, contents_of

if TYPE_CHECKING:
    from pathlib import Path


def test_file_is_whole_after_every_call(tmp_path: Path) -> None:
    """What was written can be read at once, before anything is closed, and says who wrote it."""
    path = tmp_path / "run.pcapng"
    recorder = Recorder(str(path))
    records = make_records(*range(60, 90))
    recorder.write([LIVE, ETHERNET])
    assert contents_of(path).of(Interface) == [ETHERNET]
    for start in range(0, 30, 10):
        assert recorder.write([make_batch(records[start : start + 10])]) == []
        contents = contents_of(path)
        assert contents.records == records[: start + 10]
        assert contents.of(CaptureEnded)[0].truncated is False
        assert (recorder.packets, recorder.size) == (start + 10, path.stat().st_size)
    (started,) = contents.of(CaptureStarted)
    assert started.application == f"sigtrace {__version__}"
    assert started.operating_system == f"{platform.system()} {platform.release()}"
    assert recorder.close() == []
    assert recorder.files == [str(path)]


def test_source_that_knows_its_machine_is_believed(tmp_path: Path) -> None:
    """Hardware, system and comments of a capture that comes over a pipe are those of the recording."""
    path = tmp_path / "run.pcapng"
    recorder = Recorder(str(path))
    recorder.write(
        [CaptureStarted(file="-", format="pcapng", hardware="toaster", operating_system="TOS", comments=("a", "b"))]
    )
    recorder.close()
    (started,) = contents_of(path).of(CaptureStarted)
    assert (started.hardware, started.operating_system, started.comments) == ("toaster", "TOS", ("a", "b"))


def test_names_secrets_and_later_interfaces_are_kept(tmp_path: Path) -> None:
    """What comes between the packets is written where it comes."""
    path = tmp_path / "run.pcapng"
    recorder = Recorder(str(path))
    name = NameResolution(address=bytes(4), names=("nowhere",))
    secrets = DecryptionSecrets(kind=0x544C534B, data=b"CLIENT_RANDOM 1 2\n")
    first, second = make_records(70, 71)
    recorder.write([LIVE, ETHERNET, name, make_batch([first])])
    recorder.write([secrets, RAW_IP, make_batch([second._replace(interface=1, link_type=101)])])
    contents = contents_of(path)
    assert contents.records == [first, second._replace(interface=1, link_type=101)]
    assert contents.of(NameResolution) == [name]
    assert contents.of(DecryptionSecrets) == [secrets]
    assert contents.of(Interface) == [ETHERNET, RAW_IP]


def test_interface_that_nobody_announced_is_described(tmp_path: Path) -> None:
    """Packets of an unknown interface get one of their link type; numbers with gaps become positions."""
    path = tmp_path / "run.pcapng"
    recorder = Recorder(str(path))
    first, second = make_records(70, 71)
    announced = Interface(index=5, name="late", link_type=1, snap_length=0)
    batch = make_batch([first._replace(interface=5), second._replace(interface=2, link_type=113)])
    recorder.write([LIVE, announced, batch])
    contents = contents_of(path)
    assert [(one.name, one.link_type) for one in contents.of(Interface)] == [("late", 1), (None, 113)]
    assert [(one.interface, one.link_type) for one in contents.records] == [(0, 1), (1, 113)]


def test_statistics_end_the_file(tmp_path: Path) -> None:
    """The latest counts of each described interface are the last blocks; those of others are left out."""
    path = tmp_path / "run.pcapng"
    recorder = Recorder(str(path))
    recorder.write([LIVE, ETHERNET, RAW_IP, InterfaceStatistics(interface=0, received=1, dropped=0)])
    recorder.write([InterfaceStatistics(interface=1, received=None, dropped=None)])
    recorder.write([InterfaceStatistics(interface=9, received=9, dropped=9)])
    recorder.write([InterfaceStatistics(interface=0, received=10, dropped=4), make_batch(make_records(60))])
    assert contents_of(path).of(InterfaceStatistics) == []
    recorder.close()
    assert contents_of(path).of(InterfaceStatistics) == [
        InterfaceStatistics(interface=0, received=10, dropped=4),
        InterfaceStatistics(interface=1, received=None, dropped=None),
    ]


def test_notices_and_ends_are_not_recorded(tmp_path: Path) -> None:
    """What is said of the run changes nothing in the file, and a second start neither."""
    path = tmp_path / "run.pcapng"
    recorder = Recorder(str(path))
    recorder.write([LIVE, ETHERNET])
    before = path.read_bytes()
    recorder.write([Notice(code="live.x", severity=Severity.INFO, text="x")])
    recorder.write([CaptureEnded(file="eth0", packets=0, bytes=0, truncated=False), LIVE])
    recorder.close()
    assert path.read_bytes() == before


def test_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """A file that was not there can be read by nobody else, one that was keeps its permissions and nothing more."""
    new, old = tmp_path / "new.pcapng", tmp_path / "old.pcapng"
    old.write_bytes(bytes(5000))
    old.chmod(0o644)
    for path in (new, old):
        recorder = Recorder(str(path))
        recorder.write([LIVE, ETHERNET])
        recorder.close()
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert stat.S_IMODE(old.stat().st_mode) == 0o644
    assert old.read_bytes() == new.read_bytes()


def test_nothing_is_opened_before_something_came(tmp_path: Path) -> None:
    """A source that cannot be opened leaves an older file as it was."""
    path = tmp_path / "run.pcapng"
    path.write_bytes(b"older")
    recorder = Recorder(str(path))
    assert recorder.write([]) == []
    assert recorder.close() == []
    assert path.read_bytes() == b"older"
    assert recorder.files == []


def test_closed_recorder_does_nothing(tmp_path: Path) -> None:
    """After the end nothing is written, and closing again is allowed."""
    path = tmp_path / "run.pcapng"
    recorder = Recorder(str(path))
    recorder.write([LIVE, ETHERNET])
    recorder.close()
    before = path.read_bytes()
    assert recorder.write([make_batch(make_records(60))]) == []
    assert recorder.close() == []
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "problem", "hint"),
    [
        ("missing/run.pcapng", "no such file or directory", "mkdir -p"),
        ("file/run.pcapng", "not a directory", "mkdir -p"),
        ("folder", "is a directory", "name of a file"),
    ],
)
def test_file_that_cannot_be_opened_is_an_error(tmp_path: Path, name: str, problem: str, hint: str) -> None:
    """At the start, what cannot be written is said with what to do, instead of watching without recording."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=problem) as caught:
        Recorder(str(tmp_path / name)).write([LIVE])
    assert hint in caught.value.hint


def test_what_is_read_is_not_overwritten(tmp_path: Path) -> None:
    """A file that is being followed cannot be where it is recorded, by whatever name."""
    path = tmp_path / "run.pcapng"
    path.write_bytes(b"packets")
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OutputError, match="is being read"):
        Recorder(str(tmp_path / "link")).write([CaptureStarted(file=str(path), format="pcapng")])
    assert path.read_bytes() == b"packets"
