"""Recordings made in tests: a clock that stands, what live sources say, and what is in the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.capture.batch import CaptureStarted
from sigtrace.recording.files import Clock
from sigtrace.sources.file import read
from tests.builders.captures import START_NS, Contents, copy_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LIVE = CaptureStarted(file="eth0", format="live")


class StandingClock:
    """A clock that goes when it is told to; the time of day can also be set."""

    def __init__(self, at_ns: int = START_NS) -> None:
        self.at_ns = at_ns
        self.at_s = 5.0

    def go(self, seconds: float) -> None:
        """Let so much time go by."""
        self.at_ns += int(seconds * 10**9)
        self.at_s += seconds

    @property
    def clock(self) -> Clock:
        """The clock as a recorder takes it."""
        return Clock(lambda: self.at_ns, lambda: self.at_s)


def contents_of(path: Path | str) -> Contents:
    """Read a recording."""
    return copy_out(read(path))


def contents_of_all(paths: Sequence[str]) -> Contents:
    """Read the files of a ring one after the other, and number their packets on."""
    whole = Contents([], [], {})
    for path in paths:
        part = contents_of(path)
        before = len(whole.records)
        whole.records.extend(record._replace(number=record.number + before) for record in part.records)
        whole.comments.update({number + before: texts for number, texts in part.comments.items()})
        whole.items.extend(part.items)
    return whole
