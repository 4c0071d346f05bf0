"""Capture items → a file, or a ring of files, that is whole after every call."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import (
    Batch,
    CaptureStarted,
    DecryptionSecrets,
    Interface,
    InterfaceStatistics,
    NameResolution,
)
from sigtrace.capture.batch_writer import block_lengths, encode_batch
from sigtrace.errors import OutputError
from sigtrace.notices import Notice, Severity
from sigtrace.recording.drops import Drops
from sigtrace.recording.files import Clock, Files
from sigtrace.recording.output import STANDARD_OUTPUT, explain
from sigtrace.recording.preamble import Preamble
from sigtrace.recording.ring import Fill, Ring, find_switches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.recording.output import Output

RECORDING_STOPPED = "live.recording-stopped"  # packets cannot be written any more; watching goes on

_UNDIVIDED = Ring()


class Recorder:
    """Writes what a live source hands on.

    The file is opened, and overwritten, by the first item that is written: a source that cannot be opened costs nobody
    an older recording. Once it is open nothing raises: what goes wrong is one notice, and `write` does nothing any
    more. Only what a signal handler raises while it writes comes out, and ends the recording whole.

    Args:
        path: where to, `-` for standard output; a ring makes its names out of it.
        ring: how to divide it.
        clock: what time it is.
    """

    def __init__(self, path: str, ring: Ring | None = None, *, clock: Clock | None = None) -> None:
        self.is_over = False  # closed, or stopped by an error
        self.last_number: int | None = None  # no file of the ring begins behind the one with this number
        self._path = path
        self._ring = ring or _UNDIVIDED
        self._clock = clock or Clock()
        self._files = Files(path, ring, self._clock)
        self._preamble = Preamble()
        self._drops = Drops(self._clock.now_ns())

    # --- how far it is

    @property
    def files(self) -> list[str]:
        """The files that are there, the oldest first; the last is being written until the recording is over."""
        return [*(kept.name for kept in self._files.kept), *([self._files.name] if self._files.output else [])]

    @property
    def packets(self) -> int:
        """Packets in these files."""
        return sum(kept.packets for kept in self._files.kept) + self._files.fill.packets

    @property
    def size(self) -> int:
        """Bytes of the file that is being written."""
        return self._files.fill.size

    def has_filled(self, files: int) -> bool:
        """Tell whether so many files of the ring are full, by size, packets or time."""
        is_full = self._files.fill.is_full(self._ring) or self._files.is_late()
        return self._files.number > files or (self._files.number == files and is_full)

    def rows_until(self, batch: Batch, *, filesize: int | None, files: int | None) -> int:
        """Return how many packets of a batch there are until the file has so many bytes, or so many files are full."""
        if self.is_over or (filesize is None and files is None):
            return len(batch)
        fresh = Fill(self._preamble.size, 0)
        fill = self._files.fill if self._files.output else fresh
        ends = np.cumsum(block_lengths(batch))
        rows = [len(batch)]
        if filesize is not None:
            rows.append(int(np.searchsorted(ends, filesize - fill.size)) + 1 if fill.size < filesize else 0)
        if files is not None:
            switches = find_switches(ends, self._ring, fill, fresh_size=fresh.size)
            rows += switches[max(files - max(self._files.number, 1), 0) :][:1]
        return min(rows)

    # --- writing

    def write(self, items: Iterable[CaptureItem]) -> list[Notice]:
        """Write what came. Also when nothing did, the next file of the ring begins if its time has come.

        Raises: OutputError: the first file cannot be opened.
        """
        if self.is_over:
            return []
        try:
            if self._files.is_late():
                self._switch()
            for item in items:
                self._take(item)
                self._output()
        except OSError as error:
            return [*self._take_notices(), self._stop(error)]
        except BaseException:  # what a signal raises may have come between any two blocks: nothing fits behind them
            self._end()
            raise
        return self._take_notices()

    def close(self) -> list[Notice]:
        """Write what was dropped, and close the file; again, and after an error, nothing is done."""
        if self.is_over:
            return []
        try:
            self._files.end(self._drops.end_file(self._preamble, self._clock.now_ns()))
        except OSError as error:
            return [*self._take_notices(), self._stop(error)]
        self.is_over = True
        return self._take_notices()

    def _take(self, item: CaptureItem) -> None:
        match item:
            case Batch():
                self._write_batch(item)
            case Interface():
                self._write_if_open(self._preamble.add_interface(item))
            case NameResolution() | DecryptionSecrets():
                self._write_if_open(self._preamble.add_fact(item))
            case InterfaceStatistics():
                self._drops.keep(item)
            case CaptureStarted() if self._files.output is None:
                _check_it_is_not_read(self._path, item)
                self._preamble.begin(item)
            case _:  # notices and the end are said of the run, not of what is kept of it
                pass

    def _write_batch(self, batch: Batch) -> None:
        """Write packets, into as many files as the ring says."""
        for interface in self._preamble.undescribed(batch):
            self._write_if_open(self._preamble.add_interface(interface))
        output = self._output()
        encoded = encode_batch(batch, self._preamble.positions(batch))
        data = memoryview(encoded.data)
        at = 0
        for part, (start, stop) in enumerate(pairwise([0, *self._switches(encoded.ends), len(batch)])):
            if part:
                output = self._switch()
            if start < stop:
                end = int(encoded.ends[stop - 1])
                output.write(data[at:end], encoded.ends[start:stop] - at)
                at = end

    def _switches(self, ends: NDArray[np.int64]) -> list[int]:
        return find_switches(ends, self._ring, self._files.fill, fresh_size=self._preamble.size)

    def _write_if_open(self, block: bytes) -> None:
        """Write a block that every file has; one that is not open yet will begin with it."""
        if self._files.output is not None:
            self._files.output.write(block)

    def _output(self) -> Output:
        """Return the file that is being written; the first is opened now."""
        return self._files.output or self._files.begin(self._preamble.encode())

    def _switch(self) -> Output:
        """End one file of the ring and begin the next."""
        if self._files.number == self.last_number:
            return self._output()
        self._files.end(self._drops.end_file(self._preamble, self._clock.now_ns()))
        return self._files.begin(self._preamble.encode())

    # --- what goes wrong

    def _stop(self, error: OSError) -> Notice:
        """End the recording where it is, and say why."""
        self._end()
        files = self.files
        packets = "1 packet is" if self.packets == 1 else f"{self.packets} packets are"
        kept = f"{packets} in {files[0] if len(files) == 1 else f'{len(files)} files'}"
        text = f"{self._files.name} cannot be written: {explain(error)}; {kept if files else 'nothing is kept'}"
        text += ", and watching goes on"
        return Notice(code=RECORDING_STOPPED, severity=Severity.ERROR, text=text)

    def _end(self) -> None:
        self.is_over = True
        self._files.abandon()

    def _take_notices(self) -> list[Notice]:
        notices, self._files.notices = self._files.notices, []
        return notices


def _check_it_is_not_read(path: str, started: CaptureStarted) -> None:
    """Raise OutputError if a recording would overwrite what it is made of."""
    if path == STANDARD_OUTPUT or started.format == "live" or not os.path.exists(path):  # noqa: PTH110 - as it was typed
        return
    if os.path.exists(started.file) and os.path.samefile(path, started.file):  # noqa: PTH110, PTH121 - the same
        raise OutputError(f"{path} is what is being read", hint="give -w another name")
