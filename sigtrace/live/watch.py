"""The loop of watching: packets from a source, kept if that is wanted, told as soon as it pays.

What came is told once it has settled. While much is coming, telling takes a fifth of the time at most: it is done less
often, and nothing is lost by that but the moment.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from sigtrace.live.output import Progress
from sigtrace.notices import Notice, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.live.output import Output
    from sigtrace.live.watcher import Watcher
    from sigtrace.recording.gate import Gate
    from sigtrace.sources.live.source import LiveSource

DROPPED: Final = "live.dropped"  # packets came faster than they were taken, and the kernel dropped some

REST_S: Final = 0.02
"""Nothing came for so long: then nothing is on its way. Watching is a fiftieth of a second late at most for that."""

TICK_S: Final = 0.1
"""Between two moves of a running clock."""

LAST_S: Final = 0.2
"""For so long what came before the end is taken in: more than that comes anew all the time."""

DROPS_S: Final = 10.0
"""Between two words of dropped packets: where some are, more are."""

BUSY_SHARE: Final = 5
"""Between two tellings there is so many times as long as one takes."""


class Watch:
    """One run: `run` returns when the source ends, a limit is reached or somebody stops it.

    Args:
        source: where packets come from.
        watcher: what understands them.
        output: where it is shown.
        gate: what keeps the packets if that is wanted, and says when to stop.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        source: LiveSource,
        watcher: Watcher,
        output: Output,
        *,
        gate: Gate,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._watcher = watcher
        self._output = output
        self._gate = gate
        self._clock = clock
        self._began = self._came = self._ticked = self._told = clock()
        self._lost, self._lost_at = 0, clock()  # packets of which was said that they were dropped, and when
        self._took = 0.0  # seconds that the last telling took
        self._stopped = False

    def stop(self) -> None:
        """End after what is being done; may be called at any moment, by a signal too."""
        self._stopped = True

    def run(self) -> None:
        """Watch."""
        try:
            self._run()
        finally:  # also when nobody can be shown anything any more: what keeps the packets notes how many were lost
            self._gate.let_through(self._source.close())

    def _run(self) -> None:
        self._take(self._source.open())
        while not self._stopped:
            left_s = self._gate.seconds_left()
            items = self._source.poll(REST_S if left_s is None else min(REST_S, left_s))
            if items is None:
                break
            self._take(items)
            if self._watcher.settle(at_rest=not items) and self._pays():
                self._tell()
            if self._clock() - self._ticked >= TICK_S:
                self._tick()
            if self._gate.reached():
                break
        self._end()

    def _take(self, items: list[CaptureItem]) -> None:
        if items:
            self._came = self._clock()
        for item in self._gate.let_through(items):
            self._watcher.feed([item])
            if isinstance(item, Notice):
                self._output.note(item)

    def _pays(self) -> bool:
        return self._clock() - self._told >= BUSY_SHARE * self._took

    def _tell(self) -> None:
        began = self._clock()
        forgotten = self._watcher.forgotten
        self._output.show(self._watcher.tell())
        if self._watcher.forgotten != forgotten:
            self._output.forget(self._watcher.tell())
        self._told = self._clock()
        self._took = self._told - began

    def _tick(self) -> None:
        self._ticked = self._clock()
        progress = self._progress()
        self._output.tick(progress)
        self._tell_drops(progress.dropped or 0)

    def _tell_drops(self, dropped: int) -> None:
        """Say that packets are missing, now and then: whoever reads a pipe sees no foot with their number."""
        if dropped == self._lost or (self._lost and self._clock() - self._lost_at < DROPS_S):
            return
        text = f"the kernel dropped {dropped - self._lost:,} packets, {dropped:,} in all: signaling may be missing"
        notice = Notice(code=DROPPED, severity=Severity.WARNING, text=text)
        self._lost, self._lost_at = dropped, self._clock()
        self._watcher.feed([notice])
        self._output.note(notice)

    def _progress(self) -> Progress:
        now = self._clock()
        newest_ns = self._watcher.newest_ns
        return Progress(
            now_ns=newest_ns + int((now - self._came) * 1e9) if newest_ns else 0,
            elapsed_s=now - self._began,
            packets=self._watcher.packets,
            dropped=self._source.counters().dropped,
            forgotten=self._watcher.forgotten,
        )

    def _take_what_is_there(self) -> None:
        """Take what had come before it was to end, as far as it takes no time."""
        until = self._clock() + LAST_S
        while not self._gate.reached() and (items := self._source.poll(0)) and self._clock() < until:
            self._take(items)

    def _end(self) -> None:
        self._take_what_is_there()
        progress = self._progress()
        self._take(self._source.close())
        self._output.close(self._watcher.close(), progress)
