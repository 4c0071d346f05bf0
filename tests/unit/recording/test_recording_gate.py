"""What comes through up to a limit, and that it is what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.batch import Batch, CaptureItem, InterfaceStatistics
from sigtrace.recording.gate import Gate
from sigtrace.recording.limits import Limits
from sigtrace.recording.output import Output
from sigtrace.recording.recorder import RECORDING_STOPPED, Recorder
from sigtrace.recording.ring import Ring
from tests.builders.batches import make_batch
from tests.builders.captures import ETHERNET, copy_out, make_records
from tests.builders.recordings import LIVE, StandingClock, contents_of_all

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = make_records(*range(60, 160, 2))
COMMENTS = {number: (f"packet {number}",) for number in (1, 13, 14, 40)}


def poll(size: int) -> list[list[CaptureItem]]:
    """What a source gives: its start, and batches of so many packets."""
    batches: list[list[CaptureItem]] = [
        [make_batch(RECORDS[at : at + size], COMMENTS)] for at in range(0, len(RECORDS), size)
    ]
    return [[LIVE, ETHERNET], *batches, [InterfaceStatistics(interface=0, received=50, dropped=0)]]


def run(gate: Gate, size: int) -> list[CaptureItem]:
    """Let through what a source gives until the gate says that a limit is reached, and what comes at the end."""
    *polls, end = poll(size)
    through: list[CaptureItem] = []
    for items in polls:
        through += gate.let_through(items)
        if gate.reached():
            break
    return through + gate.let_through(end)


@pytest.mark.parametrize("size", [1, 7, 13, 50])
@pytest.mark.parametrize(
    ("ring", "limits", "reached"),
    [
        (None, Limits(packets=13), "13 packets"),
        (None, Limits(packets=1), "1 packet"),
        (None, Limits(filesize=2000), "2000 bytes"),
        (None, Limits(filesize=1), "1 byte"),
        (Ring(packets=6), Limits(files=3), "3 files"),
        (Ring(packets=6), Limits(files=1), "1 file"),
        (Ring(filesize=700), Limits(files=4), "4 files"),
        (Ring(filesize=700), Limits(files=4, packets=9), "9 packets"),
    ],
)
def test_what_comes_through_is_what_was_recorded(
    tmp_path: Path, size: int, ring: Ring | None, limits: Limits, reached: str
) -> None:
    """However packets come in batches, the same are let through, and these are in the files, with their comments."""
    recorder = Recorder(str(tmp_path / "run.pcapng"), ring)
    gate = Gate(limits, recorder)
    through = copy_out(run(gate, size))
    assert gate.reached() == reached
    size_reached = recorder.size
    recorder.close()
    recorded = contents_of_all(recorder.files)
    assert through.records == recorded.records == RECORDS[: len(through.records)]
    assert through.comments == recorded.comments
    assert gate.packets == recorder.packets == len(through.records)
    assert len(through.of(InterfaceStatistics)) == 1
    if limits.packets is not None:
        assert len(through.records) == limits.packets
    if ring and ring.packets and limits.files:
        assert len(through.records) == ring.packets * limits.files
    if limits.files and limits.packets is None:
        assert len(recorder.files) == limits.files
    if limits.filesize and limits.filesize > 1:
        *_, last = through.records
        block = 32 + len(last.data) + -len(last.data) % 4 + (24 if last.number in COMMENTS else 0)
        assert limits.filesize <= size_reached < limits.filesize + block


def test_without_limits_everything_comes_through() -> None:
    """A gate without limits and recorder is open."""
    gate = Gate(Limits())
    assert copy_out(run(gate, 7)).records == RECORDS
    assert gate.reached() is None
    assert gate.seconds_left() is None


def test_duration() -> None:
    """After so many seconds the gate is closed, and says before how long that will be."""
    clock = StandingClock()
    gate = Gate(Limits(duration_s=10), clock=clock.clock)
    clock.go(7.5)
    assert gate.seconds_left() == 2.5
    assert gate.reached() is None
    assert copy_out(gate.let_through([make_batch(RECORDS)])).records == RECORDS
    clock.go(3)
    assert gate.seconds_left() == 0
    assert gate.reached() == "10 seconds"
    assert gate.let_through([make_batch(RECORDS)]) == []


def test_time_of_the_last_file_ends_the_run(tmp_path: Path) -> None:
    """With `-a files:` the last file of a ring is over when its time is, and no other begins."""
    clock = StandingClock()
    recorder = Recorder(str(tmp_path / "run.pcapng"), Ring(duration_s=10), clock=clock.clock)
    gate = Gate(Limits(files=2), recorder, clock=clock.clock)
    gate.let_through([LIVE, ETHERNET])
    clock.go(10)
    gate.let_through([])
    assert gate.reached() is None
    clock.go(10)
    assert gate.reached() == "2 files"
    gate.let_through([make_batch(RECORDS)])
    recorder.close()
    assert len(recorder.files) == len(list(tmp_path.iterdir())) == 2
    assert recorder.packets == 0


def test_watching_goes_on_without_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it cannot be written any more, its notice comes behind the packets, and size and files end nothing."""

    def fail(_descriptor: int, _data: memoryview) -> int:
        raise OSError(28, "No space left on device")

    recorder = Recorder(str(tmp_path / "run.pcapng"), Ring(packets=1))
    gate = Gate(Limits(files=30, packets=40), recorder)
    gate.let_through([LIVE, ETHERNET])
    monkeypatch.setattr(Output, "_put", staticmethod(fail))
    first, second = gate.let_through([make_batch(RECORDS[:20])])
    assert isinstance(first, Batch)
    assert getattr(second, "code", None) == RECORDING_STOPPED
    assert gate.reached() is None
    (rest,) = gate.let_through([make_batch(RECORDS[20:])])
    assert copy_out([rest]).records == RECORDS[20:40]
    assert gate.reached() == "40 packets"
