"""What was received and dropped while one file was written: its interface statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.capture.batch import InterfaceStatistics
from sigtrace.capture.writer import encode_statistics

if TYPE_CHECKING:
    from sigtrace.recording.preamble import Preamble


class Drops:
    """Keeps the latest counts of each interface, which count from the beginning of the run.

    A file of a ring says what was lost while it was written: less what was lost before it. So each is true by itself,
    and those of several files can be added up.
    """

    def __init__(self, start_ns: int) -> None:
        self._latest: dict[int, InterfaceStatistics] = {}
        self._before: dict[int, InterfaceStatistics] = {}  # when the file began
        self._start_ns = start_ns

    def keep(self, statistics: InterfaceStatistics) -> None:
        """Take the counts of an interface up to now."""
        self._latest[statistics.interface] = statistics

    def end_file(self, preamble: Preamble, now_ns: int) -> bytes:
        """Return the statistics blocks of a file that ends now; the next one begins."""
        blocks = []
        for index, latest in self._latest.items():
            position = preamble.position_of(index)
            if position is None:
                continue
            before = self._before.get(index)
            counted = InterfaceStatistics(
                interface=position,
                received=_less(latest.received, before.received if before else None),
                dropped=_less(latest.dropped, before.dropped if before else None),
            )
            blocks.append(encode_statistics(counted, start_ns=self._start_ns, end_ns=max(now_ns, self._start_ns)))
        self._before = dict(self._latest)
        self._start_ns = now_ns
        return b"".join(blocks)


def _less(now: int | None, before: int | None) -> int | None:
    """Return how much a count grew; one that is lower than before has begun again."""
    if now is None or before is None:
        return now
    return now - before if now >= before else now
