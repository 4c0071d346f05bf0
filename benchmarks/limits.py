"""Measure what stands below every export: the least that Python, the disk's bytes and the results themselves take.

    python benchmarks/limits.py                                A to D of the comparison, five runs of each part
    python benchmarks/limits.py --markdown docs/performance.md

Each figure is the least of its runs, in seconds. Nothing here looks for anything: a part is what would be left if all
else took no time.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from comparison.captures import Capture, Captures
from comparison.tables import insert, machine

import sigtrace
from sigtrace.export import render_records
from sigtrace.export.records import records
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.trace import Trace

WINDOW = 2**22  # bytes, as sigtrace reads
PACKET_BLOCK = 6  # what each word is compared with to find where blocks may begin
HEADERS = 54  # bytes of Ethernet, IPv4 and TCP
SMALL_BLOCK = 112  # bytes of a packet of C in the file, on average
LIBRARIES = "import numpy, msgspec, typer"
SHARE = 0.05  # of B, whose results are made again; the figure is for all of it


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--captures", type=Path, help="keep the captures here, and use those that are there")
    parser.add_argument("--markdown", type=Path, help="also put the table between this page's marks")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        captures = Captures(arguments.captures or Path(temporary), arguments.scale, arguments.seed)
        media, small, downloads = (captures.make(Capture(kind)) for kind in ("media", "small-packets", "downloads"))
        trace = sigtrace.analyze(sigtrace.read(captures.make(Capture("dense", times=SHARE))))
        parts: list[tuple[str, Callable[[], object], float]] = [
            ("every run: Python and three libraries start", start, 1),
            ("A: its bytes are read", lambda: look(media), 1),
            ("A: and each word is looked at once", lambda: look(media, compare), 1),
            ("C: its bytes are read", lambda: look(small), 1),
            ("C: and the headers of each packet are gathered once", lambda: look(small, gather), 1),
            ("D: its bytes are read, and hashed once", lambda: look(downloads, hashlib.sha256().update), 1),
            ("B: its bodies are hashed once", lambda: hash_bodies(trace), 1 / SHARE),
            ("B: its exchanges are made, from parts that are there", lambda: make_exchanges(trace), 1 / SHARE),
            ("B: its records are made and encoded", lambda: encode(trace), 1 / SHARE),
        ]
        lines = [f"| {name} | {least(part, arguments.runs) * times:.3f} |" for name, part, times in parts]
    report = "\n".join([f"On {machine()}; least of {arguments.runs}.", "", "| Part | Seconds |", "|---|--:|", *lines])
    print(report)
    if arguments.markdown:
        insert(arguments.markdown, "limits", report)


def least(part: Callable[[], object], runs: int) -> float:
    """Return the least time of some runs, seconds; one more goes before, which nobody counts."""
    seen = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        part()
        seen.append(time.perf_counter() - started)
    return min(seen[1:])


def start() -> None:
    """Start Python with what sigtrace cannot do without."""
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)


def compare(window: memoryview) -> None:
    """Look at each word of a window once."""
    words = np.frombuffer(window[: len(window) & ~3], np.uint32)
    np.flatnonzero(words == PACKET_BLOCK)


def gather(window: memoryview) -> None:
    """Copy as many headers as there are packets of C in a window."""
    starts = max(len(window) - HEADERS + 1, 0)
    header: np.dtype[np.void] = np.dtype(f"V{HEADERS}")
    np.ndarray((starts,), header, window, strides=(1,))[::SMALL_BLOCK].copy()


def look(path: Path, use: Callable[[memoryview], object] = len) -> None:
    """Read a file window by window, and do something with each."""
    buffer = memoryview(bytearray(WINDOW))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            use(buffer[:count])


def hash_bodies(trace: Trace) -> None:
    """Hash the bodies that a trace keeps."""
    for exchange in trace.exchanges:
        for message in (exchange.request, exchange.response):
            if message is not None and message.body.data:
                hashlib.sha256(message.body.data).hexdigest()


def make_exchanges(trace: Trace) -> None:
    """Make each exchange of a trace once more: the exchange, its two messages and their bodies."""
    for exchange in trace.exchanges:
        request, response = exchange.request, exchange.response
        replace(
            exchange,
            request=request and replace(request, body=replace(request.body)),
            response=response and replace(response, body=replace(response.body)),
        )


def encode(trace: Trace) -> None:
    """Write the records of a trace, to nowhere."""
    for _ in render_records(records(trace), "ndjson", kind=None):
        pass


if __name__ == "__main__":
    main()
