"""Live packets by Wireshark's dumpcap, which may listen where we may not: `--engine dumpcap`.

dumpcap listens, and writes pcapng into a pipe to us. It is a process of its own session, so that Ctrl-C reaches us
alone and it is ended in order, with its counts behind the last packet. It dies by itself when nobody reads it any more.
It gives packets up to a quarter of a second late, and says nothing of interfaces that go down.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch, InterfaceStatistics
from sigtrace.errors import CaptureError, SourceError
from sigtrace.notices import Notice, Severity
from sigtrace.sources.live.refusals import unknown_interface
from sigtrace.sources.live.source import DEFAULT_SNAP_LENGTH, Counters
from sigtrace.sources.live.stream import PipedCapture
from sigtrace.value import replace

if TYPE_CHECKING:
    from sigtrace.capture.batch import CaptureItem
    from sigtrace.sources.live.source import Settings

PROGRAM_ENDED = "live.dumpcap-ended"  # dumpcap ended though nobody told it to

START_PATIENCE = 15.0  # seconds until dumpcap has said that it listens: it takes a tenth of one
LATENESS = 0.4  # seconds that it may keep a packet; what it has not given, it forgets when it is told to end
END_PATIENCE = 5.0  # seconds until it has written the rest after it was told to end; then it is killed
SAID_LENGTH = 65536  # bytes of what dumpcap says that are looked at, from the last: it says a line for each interface
_KIB_IN_MIB = 1024

_NO_DEVICE = re.compile(r'There is no device named "(.*)"')
_WRONG_FILTER = re.compile(r'Invalid capture filter "(.*)" for interface .*?valid capture filter \((.*)\)\.', re.DOTALL)
_RIGHTS = "sudo dpkg-reconfigure wireshark-common, sudo usermod -aG wireshark $USER, and log in again; or use sudo"


class DumpcapCapture:
    """A `LiveSource` of what dumpcap gives."""

    def __init__(self, settings: Settings) -> None:
        self.name = ", ".join(settings.interfaces)
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._dropped: int | None = None

    def open(self) -> list[CaptureItem]:
        """Start dumpcap. Raises SourceError: it is not installed, or what it says."""
        program = shutil.which("dumpcap")
        if program is None:
            hint = "it is part of Wireshark: apt install wireshark-common; or leave --engine out"
            raise SourceError("dumpcap is not installed", hint=hint)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `_end`
        self._process = subprocess.Popen(  # noqa: S603 - arguments are passed on as they are, to no shell
            [program, *_arguments(self._settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - for mypy: it was asked for
        self._pipe = PipedCapture(self._process.stdout.fileno(), name=self.name)
        try:
            return self._start()
        except BaseException:
            self._end()
            raise

    def poll(self, timeout: float) -> list[CaptureItem] | None:
        """Return what came; None at the end."""
        if self._process is None:
            return None
        items = self._pipe.poll(timeout)
        if items is None or self._pipe.ended:
            items = [*(items or []), *self._explain_end()]
        return self._sorted(items)

    def counters(self) -> Counters:
        """Return how many packets there were; what was dropped dumpcap tells at its end."""
        return Counters(received=self._pipe.counters().received, dropped=self._dropped)

    def close(self) -> list[CaptureItem]:
        """End dumpcap, and return what it still had."""
        if self._process is None:
            return []
        items = self._take_up_to(time.time_ns())
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        items += self._take_all(END_PATIENCE)
        items += self._pipe.close()
        self._end()
        return self._sorted(items)

    def _take_up_to(self, at_ns: int) -> list[CaptureItem]:
        """Take what came before this time: until a later packet comes, or none for as long as dumpcap may be late."""
        items: list[CaptureItem] = []
        until = time.monotonic() + END_PATIENCE
        while time.monotonic() < until and (more := self._pipe.poll(LATENESS)):
            items += map(_copy, more)
            if any(isinstance(item, Batch) and len(item) and item.at_ns.max() > at_ns for item in more):
                break
        return items

    def _take_all(self, seconds: float) -> list[CaptureItem]:
        """Take what comes to the end, within so many seconds."""
        items: list[CaptureItem] = []
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._pipe.ended:
            items += map(_copy, self._pipe.poll(left) or [])
        return items

    def _start(self) -> list[CaptureItem]:
        """Wait until dumpcap listens."""
        until = time.monotonic() + START_PATIENCE
        while time.monotonic() < until:
            try:
                items = self._pipe.poll(0.1)
            except CaptureError:
                items = None
            if items is None or self._pipe.ended:
                raise self._refusal()
            if items:
                return self._sorted(items)
        raise SourceError("dumpcap does not begin", hint="leave --engine out to listen without it")

    def _explain_end(self) -> list[CaptureItem]:
        """Say why dumpcap ended by itself."""
        said = self._end()
        text = f"dumpcap ended: {said}" if said else "dumpcap ended"
        return [Notice(code=PROGRAM_ENDED, severity=Severity.ERROR, text=text)]

    def _end(self) -> str:
        """See to it that dumpcap is gone; return what it complained of."""
        process, self._process = self._process, None
        if process is None:
            return ""
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        length = self._said.seek(0, 2)
        self._said.seek(max(length - SAID_LENGTH, 0))
        said = self._said.read().decode("utf-8", "replace")
        self._said.close()
        return _complaint(said)

    def _refusal(self) -> SourceError:
        """Return the error for what dumpcap said when it did not begin."""
        said = self._end()
        if found := _NO_DEVICE.search(said):
            return unknown_interface(found[1])
        if found := _WRONG_FILTER.search(said):
            return SourceError(f"the capture filter {found[1]!r}: {found[2]}", hint="man pcap-filter has its language")
        first = " ".join(said.partition("\n\n")[0].split()) or "it says nothing"
        return SourceError(f"dumpcap: {first}", hint=_RIGHTS if "permission" in first else "")

    def _sorted(self, items: list[CaptureItem]) -> list[CaptureItem]:
        """Put what came of several interfaces in order of time, and note the drops."""
        for item in items:
            if isinstance(item, InterfaceStatistics) and item.dropped is not None:
                self._dropped = (self._dropped or 0) + item.dropped
        if len(self._settings.interfaces) == 1:
            return items
        return [_in_order(item) if isinstance(item, Batch) else item for item in items]


def _copy(item: CaptureItem) -> CaptureItem:
    """Return an item that lasts: a batch with bytes of its own."""
    return replace(item, buffer=item.buffer.copy()) if isinstance(item, Batch) else item


def _in_order(batch: Batch) -> Batch:
    """Return a batch in order of time; its packets have no comments."""
    order = np.argsort(batch.at_ns, kind="stable")
    return replace(
        batch,
        offset=batch.offset[order],
        captured=batch.captured[order],
        original=batch.original[order],
        at_ns=batch.at_ns[order],
        interface=batch.interface[order],
        link_type=batch.link_type[order],
    )


def _arguments(settings: Settings) -> list[str]:
    """Return dumpcap's options; those before the first interface are for all."""
    options = ["-q", "-B", str(max(-(-settings.buffer_kib // _KIB_IN_MIB), 1))]
    if settings.longest < DEFAULT_SNAP_LENGTH:
        options += ["-s", str(settings.longest)]
    if not settings.promiscuous:
        options.append("-p")
    if settings.capture_filter.strip():
        options += ["-f", settings.capture_filter]
    for name in dict.fromkeys(settings.interfaces):
        options += ["-i", name]
    return [*options, "-n", "-w", "-"]


def _complaint(said: str) -> str:
    """Return the part of what dumpcap said that is a complaint, the last one and what belongs to it."""
    lines = [line for line in said.splitlines() if "cap_set_proc" not in line]
    starts = [number for number, line in enumerate(lines) if line.startswith("dumpcap: ")]
    return "\n".join(lines[starts[-1] :]).removeprefix("dumpcap: ").strip() if starts else ""
