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

PACKETS = 1000  # a call: large enough that a kill finds the process writing


def length_of(number: int) -> int:
    """Return how long a packet is."""
    return 200 + number * 7 % 1000


def batch_from(first: int) -> Batch:
    """Make the batch that begins with this packet."""
    lengths = np.array([length_of(number) for number in range(first, first + PACKETS)], np.int64)
    offsets = np.cumsum(lengths) - lengths
    packets = [number.to_bytes(8, "big") + bytes(length_of(number) - 8) for number in range(first, first + PACKETS)]
    return Batch(
        first_number=first,
        buffer=np.frombuffer(b"".join(packets), np.uint8),
        offset=offsets,
        captured=lengths,
        original=lengths,
        at_ns=np.arange(first, first + PACKETS, dtype=np.int64) * 50_000 + 1_700_000_000 * 10**9,
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
