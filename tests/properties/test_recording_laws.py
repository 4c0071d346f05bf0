"""What holds for every recording, whatever comes and however it comes."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.capture.batch import Interface, Record
from sigtrace.capture.writer import encode_packet
from sigtrace.recording.gate import Gate
from sigtrace.recording.limits import Limits
from sigtrace.recording.recorder import Recorder
from sigtrace.recording.ring import Ring
from tests.builders.batches import make_batch
from tests.builders.captures import Contents, copy_out, read_bytes
from tests.builders.recordings import LIVE, StandingClock, contents_of_all

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)
INTERFACES = st.lists(
    st.builds(
        Interface,
        index=st.just(0),
        name=st.none() | TEXT,
        link_type=st.sampled_from([0, 1, 101, 113, 228, 276]),
        snap_length=st.integers(0, 2**32 - 1),
    ),
    min_size=1,
    max_size=4,
).map(lambda made: [Interface(index=at, name=one.name, link_type=one.link_type, snap_length=one.snap_length)
                    for at, one in enumerate(made)])  # fmt: skip


class Run:
    """What a source gave, and into which calls it was divided."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.interfaces = draw(INTERFACES)
        self.records: list[Record] = []
        for number in range(1, draw(st.integers(0, 25)) + 1):
            interface = draw(st.integers(0, len(self.interfaces) - 1))
            data, original = draw(st.binary(max_size=90)), draw(st.integers(0, 2**32 - 1))
            at_ns = draw(st.integers(1000, 2**63 - 1))
            link_type = self.interfaces[interface].link_type
            self.records.append(Record(number, at_ns, interface, link_type, data, original))
        numbers = st.integers(1, max(len(self.records), 1))
        made = draw(st.dictionaries(numbers, st.lists(TEXT, min_size=1).map(tuple), max_size=len(self.records)))
        self.comments: dict[int, tuple[str, ...]] = made
        self.calls = sorted(draw(st.sets(st.integers(0, len(self.records)), max_size=6)))
        self.gap = draw(st.integers(0, 3))

    def record(self, path: Path, ring: Ring | None = None) -> Recorder:
        """Record it all."""
        recorder = Recorder(str(path), ring, clock=StandingClock().clock)
        assert recorder.write([LIVE, *self.interfaces]) == []
        for start, stop in pairwise([0, *self.calls, len(self.records)]):
            batch = make_batch(self.records[start:stop], self.comments, gap=self.gap)
            assert recorder.write([batch]) == []
        assert recorder.close() == []
        return recorder

    def through_gate(self, path: Path, ring: Ring, limits: Limits, calls: list[int]) -> Contents:
        """Record it up to a limit, in these calls, and return what came through: the same as was recorded."""
        recorder = Recorder(str(path), ring, clock=StandingClock().clock)
        gate = Gate(limits, recorder)
        shown = copy_out(gate.let_through([LIVE, *self.interfaces]))
        for start, stop in pairwise([0, *calls, len(self.records)]):
            part = copy_out(gate.let_through([make_batch(self.records[start:stop], self.comments, gap=self.gap)]))
            shown.records.extend(part.records)
            shown.comments.update(part.comments)
        recorder.close()
        recorded = contents_of_all(recorder.files)
        assert recorded.records == shown.records
        assert recorded.comments == shown.comments
        assert len(shown.records) == len(self.records) or gate.reached()
        assert limits.files is None or len(recorder.files) <= limits.files
        return shown

    def check(self, contents: Contents, count: int | None = None) -> None:
        """Compare the first so many records, or all, with what is in a file."""
        records = self.records[:count]
        assert contents.records == records
        assert contents.comments == {
            one.number: self.comments[one.number] for one in records if one.number in self.comments
        }


RUNS = st.composite(Run)()


@settings(max_examples=60, deadline=None)
@given(RUNS)
def test_what_is_recorded_comes_back(run: Run) -> None:
    """Bytes, times, original lengths, interfaces and comments are read as they came."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pcapng"
        run.record(path)
        contents = read_bytes(path.read_bytes())
    run.check(contents)
    assert contents.of(Interface) == run.interfaces
    assert contents.codes == []


COUNTS = st.none() | st.integers(1, 9)
RINGS = st.builds(Ring, packets=COUNTS, filesize=st.none() | st.integers(1, 1500))


@settings(max_examples=60, deadline=None)
@given(RUNS, RINGS)
def test_files_of_a_ring_are_the_whole(run: Run, ring: Ring) -> None:
    """One after the other they hold every packet once and in order, and each describes its interfaces itself."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = run.record(Path(folder) / "run.pcapng", ring)
        contents = contents_of_all(recorder.files)
        assert sorted(recorder.files) == sorted(map(str, Path(folder).iterdir()))
        assert contents.of(Interface) == run.interfaces * len(recorder.files)
    run.check(contents)


@settings(max_examples=60, deadline=None)
@given(RUNS, RINGS, st.integers(1, 4))
def test_ring_keeps_the_latest(run: Run, ring: Ring, files: int) -> None:
    """A ring that deletes has the last files of one that does not."""
    with tempfile.TemporaryDirectory() as folder:
        everything = run.record(Path(folder) / "all.pcapng", ring).files
        bounded = Ring(packets=ring.packets, filesize=ring.filesize, files=files)
        kept = run.record(Path(folder) / "run.pcapng", bounded).files
        assert [Path(name).read_bytes() for name in kept] == [Path(name).read_bytes() for name in everything[-files:]]


LIMITS = st.builds(Limits, packets=COUNTS, filesize=st.none() | st.integers(1, 2500))


@settings(max_examples=80, deadline=None)
@given(RUNS, RINGS, LIMITS, COUNTS)
def test_what_comes_through_a_gate_is_what_is_recorded(run: Run, ring: Ring, limits: Limits, files: int | None) -> None:
    """With any limits, what is shown and what is kept are the same packets, and as many however they come."""
    if files is not None and (ring.packets or ring.filesize):
        limits = Limits(packets=limits.packets, files=files)
    else:
        ring = Ring()
    with tempfile.TemporaryDirectory() as folder:
        at_once, shown = (run.through_gate(Path(folder) / name, ring, limits, calls)
                          for name, calls in (("a", []), ("b", run.calls)))  # fmt: skip
    run.check(shown, len(shown.records))
    run.check(at_once, len(shown.records))
    if limits.packets is not None:
        assert len(shown.records) <= limits.packets


@settings(max_examples=60, deadline=None)
@given(RUNS, st.data())
def test_cut_recording_keeps_its_whole_packets(run: Run, data: st.DataObject) -> None:
    """Wherever a recording ends, all packets before are read, and nothing else is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pcapng"
        run.record(path)
        whole = path.read_bytes()
    blocks = [len(encode_packet(one, comments=run.comments.get(one.number, ()))) for one in run.records]
    head = len(whole) - sum(blocks)
    cut = data.draw(st.integers(head, len(whole)))
    ends = [head + sum(blocks[: count + 1]) for count in range(len(blocks))]
    run.check(read_bytes(whole[:cut]), sum(end <= cut for end in ends))
