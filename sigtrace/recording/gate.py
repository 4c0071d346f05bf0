"""What stands between a live source and all who are given its packets: it keeps them, and says when to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.capture.batch import Batch
from sigtrace.recording.files import Clock
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.recording.limits import Limits
    from sigtrace.recording.recorder import Recorder


class Gate:
    """Lets items through up to the first limit, and records what it lets through, no more and no less.

    Args:
        limits: when to stop.
        recorder: where to record it; None: nowhere. The gate does not close it.
        clock: what time it is; durations begin when the gate is made.
    """

    def __init__(self, limits: Limits, recorder: Recorder | None = None, *, clock: Clock | None = None) -> None:
        self.packets = 0  # let through
        self._limits = limits
        self._recorder = recorder
        self._seconds = (clock or Clock()).seconds
        self._start_s = self._seconds()
        self._reached: str | None = None
        if recorder is not None:
            recorder.last_number = limits.files

    def let_through(self, items: Iterable[CaptureItem]) -> list[CaptureItem]:
        """Return the items up to the limit, each followed by the notices of recording it.

        Give it also what `poll` gave when nothing came: then it is time for the next file of a ring, perhaps. Behind
        the limit no packets come through any more, but what the source says at its end does.

        Raises: OutputError: the first file cannot be opened.
        """
        through: list[CaptureItem] = []
        if self._recorder is not None and self.reached() is None:
            through += self._recorder.write(())
        for item in items:
            if isinstance(item, Batch):
                allowed = self._cut(item)
                if not len(allowed):
                    continue
                self.packets += len(allowed)
                through += self._keep(allowed)
            else:
                through += self._keep(item)
        self.reached()  # said while the recorder still knows: it may be closed before anybody asks
        return through

    def reached(self) -> str | None:
        """Say which limit is reached: "60 seconds", "100 packets"; None: none yet, go on."""
        self._reached = self._reached or self._find_reached()
        return self._reached

    def seconds_left(self) -> float | None:
        """Return how long it is until the duration is over; None: it has no end."""
        if self._limits.duration_s is None:
            return None
        return max(self._limits.duration_s - (self._seconds() - self._start_s), 0.0)

    def _keep(self, item: CaptureItem) -> list[CaptureItem]:
        return [item, *(self._recorder.write((item,)) if self._recorder is not None else ())]

    def _cut(self, batch: Batch) -> Batch:
        """Return the packets of a batch that come before the limit."""
        if self.reached():
            return _first_rows(batch, 0)
        rows = len(batch)
        if self._limits.packets is not None:
            rows = min(rows, self._limits.packets - self.packets)
        if self._recorder is not None:
            limits = self._limits
            rows = min(rows, self._recorder.rows_until(batch, filesize=limits.filesize, files=limits.files))
        return batch if rows == len(batch) else _first_rows(batch, rows)

    def _find_reached(self) -> str | None:
        limits, recorder = self._limits, self._recorder
        if self.seconds_left() == 0:
            return _count(limits.duration_s or 0, "second")
        if limits.packets is not None and self.packets >= limits.packets:
            return _count(limits.packets, "packet")
        if recorder is None or recorder.is_over:
            return None
        if limits.filesize is not None and recorder.size >= limits.filesize:
            return _count(limits.filesize, "byte")
        if limits.files is not None and recorder.has_filled(limits.files):
            return _count(limits.files, "file")
        return None


def _count(number: float, thing: str) -> str:
    return f"{number:.12g} {thing}{'' if number == 1 else 's'}"


def _first_rows(batch: Batch, rows: int) -> Batch:
    """Return a batch of the first rows of another, on the same buffer."""
    end = batch.first_number + rows
    return replace(
        batch,
        offset=batch.offset[:rows],
        captured=batch.captured[:rows],
        original=batch.original[:rows],
        at_ns=batch.at_ns[:rows],
        interface=batch.interface[:rows],
        link_type=batch.link_type[:rows],
        comments={number: texts for number, texts in batch.comments.items() if number < end},
    )
