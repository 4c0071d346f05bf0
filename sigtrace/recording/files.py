"""The files of a recording: one, or a ring; which is being written, and which are there."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable  # noqa: TC003  the fields of a NamedTuple
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.notices import Notice, Severity
from sigtrace.recording.output import explain, open_first, open_output
from sigtrace.recording.ring import MOST_FILES, Fill, Ring, name_file

if TYPE_CHECKING:
    from sigtrace.recording.output import Output

RING_FILE_KEPT = "live.ring-file-kept"  # an old file of a ring cannot be deleted


class Clock(NamedTuple):
    """Where time comes from; tests bring their own."""

    now_ns: Callable[[], int] = time.time_ns  # since 1970: for names of files, and what is written in them
    seconds: Callable[[], float] = time.monotonic  # for durations: it does not jump when the clock is set


class KeptFile(NamedTuple):
    """A file that was finished, and is still there."""

    name: str
    packets: int


class Files:
    """Opens and closes them one after the other.

    Args:
        path: as given to `-w`.
        ring: how it is divided; None: it is one file.
        clock: what time it is.
    """

    def __init__(self, path: str, ring: Ring | None, clock: Clock) -> None:
        self.name = path  # of the one that is being written
        self.number = 0  # of that one, from 1; 0: none was opened yet
        self.kept: deque[KeptFile] = deque(maxlen=MOST_FILES)  # the earlier ones; of a ring that keeps all, the latest
        self.notices: list[Notice] = []
        self._path = path
        self._ring = ring
        self._clock = clock
        self._output: Output | None = None
        self._began_s = 0.0
        self._began_slot = 0

    @property
    def output(self) -> Output | None:
        """The file that is being written."""
        return self._output

    @property
    def fill(self) -> Fill:
        """How full that is."""
        return Fill(self._output.size, self._output.packets) if self._output else Fill(0, 0)

    def is_late(self) -> bool:
        """Tell whether the time of the file is over."""
        if self._output is None or self._ring is None:
            return False
        duration_s = self._ring.duration_s
        is_old = duration_s is not None and self._clock.seconds() - self._began_s >= duration_s
        return is_old or self._slot() != self._began_slot

    def begin(self, preamble: bytes) -> Output:
        """Open the next file and write its beginning; the oldest of a full ring is deleted before.

        Raises:
            OutputError: it is the first, and cannot be opened.
            OSError: another one cannot, or it cannot be written.
        """
        self._make_room()
        name = name_file(self._path, self.number + 1, self._clock.now_ns()) if self._ring else self._path
        self.name = name
        self._output = open_first(name) if self.number == 0 else open_output(name)
        self.number += 1
        self._began_s, self._began_slot = self._clock.seconds(), self._slot()
        self._output.write(preamble)
        return self._output

    def end(self, statistics: bytes) -> None:
        """Write the last blocks of the file, and close it. Raises OSError."""
        output = self._output
        if output is None:
            return
        if statistics:
            output.write(statistics)
        output.close()
        self.kept.append(KeptFile(self.name, output.packets))
        self._output = None

    def abandon(self) -> None:
        """Close the file as it is after an error; one that could not even begin is deleted."""
        output, self._output = self._output, None
        if output is None:
            return
        with suppress(OSError):
            output.close()
        if output.size:
            self.kept.append(KeptFile(self.name, output.packets))
        elif self._ring:
            with suppress(OSError):
                os.unlink(self.name)  # noqa: PTH108 - a name as any

    def _make_room(self) -> None:
        """Delete the oldest files of a ring, so that one more can begin."""
        while self._ring and self._ring.files is not None and len(self.kept) >= self._ring.files:
            oldest = self.kept.popleft()
            try:
                os.unlink(oldest.name)  # noqa: PTH108 - a name as any
            except FileNotFoundError:  # somebody has taken it: that is what it is for
                pass
            except OSError as error:
                text = f"{oldest.name} cannot be deleted: {explain(error)}; it was left, and the ring goes on"
                self.notices.append(Notice(code=RING_FILE_KEPT, severity=Severity.WARNING, text=text))

    def _slot(self) -> int:
        """Return which multiple of the ring's interval it is."""
        interval_s = self._ring.interval_s if self._ring else None
        return 0 if interval_s is None else self._clock.now_ns() // (interval_s * 10**9)
