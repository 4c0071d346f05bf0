"""The loop of watching, with a source, an output and a clock that do what the test says."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from sigtrace.capture.batch import Batch, CaptureEnded, CaptureStarted, Interface
from sigtrace.live.watch import BUSY_SHARE, DROPPED, DROPS_S, TICK_S, Watch
from sigtrace.live.watcher import Watcher
from sigtrace.notices import Notice, Severity
from sigtrace.recording.gate import Gate
from sigtrace.recording.limits import Limits
from sigtrace.sources.file import read
from sigtrace.sources.live.source import Counters
from tests.builders.batches import make_batch
from tests.builders.captures import records_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.live.output import Progress
    from sigtrace.trace import Trace

PATH = "captures/basic-call/basic-call.pcapng"
RECORDS = [record for item in read(PATH) if isinstance(item, Batch) for record in records_of(item)]
PIECES = [make_batch(RECORDS[at : at + 10]) for at in range(0, len(RECORDS), 10)]
START = [CaptureStarted(file="here", format="live"), Interface(index=0, name="eth0", link_type=1, snap_length=0)]


class Clock:
    """Seconds that pass when somebody says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return them."""
        return self.now


class Source:
    """Gives what it was given, one piece a poll, and says what it was asked."""

    name = "here"

    def __init__(self, clock: Clock, pieces: list[list[CaptureItem] | Callable[[], object] | None]) -> None:
        self.dropped: int | None = 0
        self.closed = 0
        self.polls = 0
        self._clock = clock
        self._pieces = pieces

    def open(self) -> list[CaptureItem]:
        """Begin."""
        return list(START)

    def poll(self, timeout: float) -> list[CaptureItem] | None:
        """Give the next piece, or let the time pass."""
        self.polls += 1
        piece = self._pieces.pop(0) if self._pieces else None
        if callable(piece):
            piece()
            piece = []
        if piece == []:
            self._clock.now += timeout
        return piece

    def counters(self) -> Counters:
        """Say how many were dropped."""
        return Counters(received=0, dropped=self.dropped)

    def close(self) -> list[CaptureItem]:
        """End."""
        self.closed += 1
        return [CaptureEnded(file="here", packets=0, bytes=0, truncated=False)] if self.closed == 1 else []


class Output:
    """Notes what it is to show; showing may take its time."""

    def __init__(self, clock: Clock, takes_s: float = 0.0) -> None:
        self.told: list[tuple[str, Any]] = []
        self._clock = clock
        self._takes_s = takes_s

    def named(self, name: str) -> list[Any]:
        """Return what was noted of one kind."""
        return [what for kind, what in self.told if kind == name]

    def show(self, trace: Trace) -> None:
        """Note it."""
        self.told.append(("show", len(trace.exchanges)))
        self._clock.now += self._takes_s

    def forget(self, trace: Trace) -> None:
        """Note it."""
        self.told.append(("forget", len(trace.exchanges)))

    def tick(self, progress: Progress) -> None:
        """Note it."""
        self.told.append(("tick", progress))

    def note(self, notice: Notice) -> None:
        """Note it."""
        self.told.append(("note", notice))

    def close(self, trace: Trace, progress: Progress) -> None:
        """Note it."""
        self.told.append(("close", (trace, progress)))


def make(
    *pieces: Any, takes_s: float = 0.0, limits: Limits | None = None, kept: int = 1000
) -> tuple[Watch, Source, Output, Clock]:
    """Make a run of which everything is known."""
    clock = Clock()
    source, output = Source(clock, list(pieces)), Output(clock, takes_s)
    watch = Watch(source, Watcher(kept=kept), output, gate=Gate(limits or Limits()), clock=clock)
    return watch, source, output, clock


def test_what_came_is_told_once_nothing_is_on_its_way() -> None:
    """All packets are told after a poll that brought none, and not again while nothing is new."""
    watch, source, output, _ = make(PIECES[:4], [], [], [])
    watch.run()
    assert len(output.named("show")) <= 2
    trace, progress = output.named("close")[0]
    assert progress.packets == 40
    assert len(trace.exchanges) == output.named("show")[-1] > 0
    assert source.closed == 2


def test_telling_takes_a_share_of_the_time() -> None:
    """While telling takes long, what is new waits, and nothing of it is lost."""
    pieces = [step for piece in PIECES[:30] for step in ([piece], [])]
    watch, _, output, clock = make(*pieces, takes_s=1.0)
    watch.run()
    shown, passed = len(output.named("show")), clock.now - 100.0
    assert 0 < shown <= passed / BUSY_SHARE + 1
    assert output.named("close")[0][1].packets == 300


def test_time_passes_when_nothing_comes() -> None:
    """Every tenth of a second the output is told that time passes, by the clock of the capture too."""
    watch, _, output, _ = make(PIECES[:1], *[[]] * 60)
    watch.run()
    ticks = output.named("tick")
    assert len(ticks) == pytest.approx(60 * 0.02 / TICK_S, abs=2)
    assert ticks[-1].now_ns - ticks[0].now_ns == pytest.approx((ticks[-1].elapsed_s - ticks[0].elapsed_s) * 1e9, abs=10)


def test_drops_are_said_at_once_and_then_now_and_then() -> None:
    """The first dropped packets are said with the next tick, later ones every ten seconds, with how many there were."""
    watch, source, output, clock = make()

    def drop(number: int, wait_s: float) -> Callable[[], None]:
        def act() -> None:
            source.dropped = (source.dropped or 0) + number
            clock.now += wait_s

        return act

    source._pieces = [drop(0, 1), drop(7, 1), drop(5, 1), drop(5, 1), drop(0, DROPS_S), drop(0, DROPS_S)]
    watch.run()
    notes = output.named("note")
    assert [note.code for note in notes] == [DROPPED, DROPPED]
    assert "dropped 7 packets, 7 in all" in notes[0].text
    assert "dropped 10 packets, 17 in all" in notes[1].text
    trace, _ = output.named("close")[0]
    assert [notice.code for notice in trace.notices] == [DROPPED, DROPPED]


def test_source_that_does_not_know_its_drops_is_not_accused() -> None:
    """Where the number is not known, nothing is said of it."""
    watch, source, output, _ = make(*[[]] * 20)
    source.dropped = None
    watch.run()
    assert output.named("note") == []
    assert output.named("tick")[0].dropped is None


def test_who_stops_it_gets_what_was_there_already() -> None:
    """After a stop what had come is taken in, and told; what keeps coming is not waited for."""
    watch, source, output, _ = make()
    source._pieces = [PIECES[:2], watch.stop, PIECES[2:4], PIECES[4:6], []]
    watch.run()
    assert output.named("close")[0][1].packets == 20 + 40
    assert source.polls == 5


def test_limit_ends_it() -> None:
    """Once a limit is reached nothing is asked of the source any more, and no packet behind it is told."""
    watch, source, output, _ = make(PIECES[:2], PIECES[2:], [], limits=Limits(packets=15))
    watch.run()
    assert source.polls == 1
    assert output.named("close")[0][0].packets == 15


def test_notices_of_the_source_are_said_at_once() -> None:
    """What happened to the watching is said, and is in the trace."""
    notice = Notice(code="live.interface-down", severity=Severity.WARNING, text="eth0 went down")
    watch, _, output, _ = make([notice], [])
    watch.run()
    assert output.named("note") == [notice]
    assert notice in output.named("close")[0][0].notices


def test_source_is_closed_when_nobody_can_be_shown_anything() -> None:
    """An output that fails ends the run, and the source is closed all the same."""
    watch, source, output, _ = make(PIECES[:4], [], [])

    def fail(_: Trace) -> None:
        raise BrokenPipeError

    output.show = fail  # type: ignore[method-assign]
    with pytest.raises(BrokenPipeError):
        watch.run()
    assert source.closed == 1


def test_what_is_forgotten_is_told_before() -> None:
    """With little kept, the output hears of each forgetting right after it was shown what there was."""
    pieces = [step for piece in PIECES for step in ([piece], [])]
    watch, _, output, _ = make(*pieces, kept=8)
    watch.run()
    kinds = [kind for kind, _ in output.told if kind in {"show", "forget"}]
    assert "forget" in kinds
    assert all(before == "show" for before, kind in pairwise(kinds) if kind == "forget")
    assert output.named("close")[0][1].forgotten > 0
