"""Run sigtrace with the arguments behind the first, and write to the file that is the first where its time went.

    python -m benchmarks.stages.sampler FILE export --format ndjson -o OUT capture.pcapng

Theory of operation. A timer interrupts the main thread every millisecond. What it finds at work there is charged with
the processor time since the last interrupt: the innermost function of a stage, or starting where anything is being
imported. Python handles the interrupt when the work of a compiled library (NumPy's, most of all) is over, still inside
the function which called that, so that this is charged in full as well. A profiler that counts calls would slow down
what makes many of them, twofold here, and show stages in wrong proportion.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .names import GARBAGE, OTHER_THREADS, PACKAGES, STARTING, WIRING

if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

INTERVAL = 0.001  # seconds
CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = f"{CHECKOUT / 'sigtrace'}{os.sep}"
IMPORTING = "<frozen importlib._bootstrap>"


class Sampler:
    """Charges stages with the time of the main thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seconds = {STARTING: time.process_time()}  # until now
        self._before = time.thread_time()
        self._garbage_from = self._garbage = 0.0
        self._stages: dict[str, str | None] = {}  # of files

    def start(self) -> None:
        """Begin to look."""
        gc.callbacks.append(self._collect)
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)

    def finish(self) -> None:
        """Stop, and write what was seen."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._charge(WIRING)
        self._seconds[OTHER_THREADS] = max(time.process_time() - sum(self._seconds.values()), 0.0)
        self._path.write_text(json.dumps(self._seconds), encoding="utf-8")

    def _look(self, _: int, frame: FrameType | None) -> None:
        self._charge(self._stage(frame))

    def _charge(self, stage: str) -> None:
        now = time.thread_time()
        for name, seconds in ((stage, now - self._before - self._garbage), (GARBAGE, self._garbage)):
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds
        self._before, self._garbage = now, 0.0

    def _collect(self, phase: str, _: dict[str, int]) -> None:
        """Measure the collection of garbage by itself: it falls on whoever makes one object too many."""
        if phase == "start":
            self._garbage_from = time.thread_time()
        else:
            self._garbage += time.thread_time() - self._garbage_from

    def _stage(self, frame: FrameType | None) -> str:
        """Return the stage that is at work: that of the innermost function which belongs to one."""
        found = None
        while frame is not None:
            name = frame.f_code.co_filename
            if name == IMPORTING:
                return STARTING
            if found is None:
                if name not in self._stages:
                    package = name.removeprefix(PACKAGE).partition(os.sep)[0] if name.startswith(PACKAGE) else ""
                    self._stages[name] = PACKAGES.get(package)
                found = self._stages[name]
            frame = frame.f_back
        return found or WIRING


def main() -> None:
    """Run sigtrace, and look."""
    sampler = Sampler(Path(sys.argv[1]))
    sys.argv = ["sigtrace", *sys.argv[2:]]
    leave = os._exit

    def leave_at_once(status: int) -> NoReturn:
        sampler.finish()
        leave(status)

    os._exit = leave_at_once
    sampler.start()
    try:
        from sigtrace.cli import main as sigtrace

        sigtrace()
    finally:
        sampler.finish()


if __name__ == "__main__":
    main()
