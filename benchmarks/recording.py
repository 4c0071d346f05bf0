"""Measure what recording takes: microseconds a packet of 200 to 1200 bytes, by how many come at a time.

    python benchmarks/recording.py                            to a file in the temporary directory
    python benchmarks/recording.py --file /dev/shm/x.pcapng   in memory: without the disk

Time is that of the processor, the system's writing included. The last column is how much of a core 20 000 packets a
second take.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch, CaptureStarted, Interface
from sigtrace.capture.batch_writer import encode_batch
from sigtrace.recording.recorder import Recorder
from sigtrace.recording.ring import Ring

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = 20_000  # packets a second
PACKETS = 40_000  # a measurement
ROUNDS = 5


def make_batch(packets: int) -> Batch:
    """Make a batch of packets of even lengths between 200 and 1200 bytes."""
    lengths = np.random.default_rng(1).integers(200, 1201, packets)
    return Batch(
        first_number=1,
        buffer=np.zeros(int(lengths.sum()), np.uint8),
        offset=np.cumsum(lengths) - lengths,
        captured=lengths,
        original=lengths,
        at_ns=np.full(packets, 1_700_000_000_000_000_000, np.int64),
        interface=np.zeros(packets, np.int32),
        link_type=np.ones(packets, np.int32),
    )


def encoding_us(batch: Batch) -> float:
    """Return what encoding a packet takes, in the best of some rounds."""
    return min(_time(lambda: encode_batch(batch, batch.interface), len(batch)) for _ in range(ROUNDS))


def recording_us(path: Path, batch: Batch, ring: Ring | None) -> float:
    """Return what recording a packet takes, in the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        recorder = Recorder(str(path), ring)
        recorder.write(
            [CaptureStarted(file="lo", format="live"), Interface(index=0, name="lo", link_type=1, snap_length=0)]
        )
        best = min(best, _time(partial(recorder.write, [batch]), len(batch)))
        recorder.close()
        for name in recorder.files:
            Path(name).unlink()
    return best


def _time(work: Callable[[], object], packets: int) -> float:
    times = max(PACKETS // packets, 1)
    begin = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - begin) / times / packets * 1e6


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path)
    path = parser.parse_args().file
    with tempfile.TemporaryDirectory() as folder:
        path = path or Path(folder) / "run.pcapng"
        print("| At a time | Encoding, µs a packet | Recording | In a ring of 10 MB | Of a core at 20 000/s |")
        print("|---:|---:|---:|---:|---:|")
        for packets in (1, 10, 100, 1000):
            batch = make_batch(packets)
            one = recording_us(path, batch, None)
            ring = recording_us(path, batch, Ring(filesize=10_000_000, files=3))
            print(f"| {packets} | {encoding_us(batch):.2f} | {one:.2f} | {ring:.2f} | {one * RATE / 1e4:.1f} % |")


if __name__ == "__main__":
    main()
