"""Records packets until it is killed: `python -m tests.builders.endless_recording PATH [PACKETS A FILE]`.

Each packet begins with its number, from 1, and is as long as `length_of` says. After each call of the recorder, how
many packets that makes is written to standard output.
"""

from __future__ import annotations

import os
import sys

import numpy as np

from sigtrace.capture.batch import Batch, CaptureStarted, Interface
from sigtrace.recording.recorder import Recorder
from sigtrace.recording.ring import Ring

PACKETS = 10_000  # a call: large enough that most of the time goes by in the system's writing, where a kill finds it


def length_of(number: int) -> int:
    """Return how long a packet is."""
    return 200 + number * 7 % 1000


LENGTHS = np.array([length_of(number) for number in range(1, PACKETS + 1)], np.int64)  # in every batch: 1000 fits
OFFSETS = np.cumsum(LENGTHS) - LENGTHS
BUFFER = np.zeros(int(LENGTHS.sum()), np.uint8)


def batch_from(first: int) -> Batch:
    """Make the batch that begins with this packet; it lasts until the next is made."""
    numbers = np.arange(first, first + PACKETS, dtype=np.int64)
    BUFFER[OFFSETS[:, None] + np.arange(8)] = numbers.astype(">i8").view(np.uint8).reshape(-1, 8)
    return Batch(
        first_number=first,
        buffer=BUFFER,
        offset=OFFSETS,
        captured=LENGTHS,
        original=LENGTHS,
        at_ns=numbers * 50_000 + 1_700_000_000 * 10**9,
        interface=np.zeros(PACKETS, np.int32),
        link_type=np.ones(PACKETS, np.int32),
    )


def main() -> None:
    """Record for ever."""
    path, *packets = sys.argv[1:]
    recorder = Recorder(path, Ring(packets=int(packets[0])) if packets else None)
    recorder.write(
        [CaptureStarted(file="lo", format="live"), Interface(index=0, name="lo", link_type=1, snap_length=0)]
    )
    first = 1
    while True:
        recorder.write([batch_from(first)])
        first += PACKETS
        os.write(1, f"{first - 1}\n".encode())


if __name__ == "__main__":
    main()
