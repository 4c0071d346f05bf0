"""What live capture costs: packets taken for each second of processor time, by our reading and by scapy's.

`python benchmarks/live_sockets.py` (root, Linux): over a cable in a network namespace of its own, datagrams of 1200
bytes come as fast as asked for, and are taken by one process that does nothing else, or that has something else to do
for 10 ms between two looks, as whoever watches has.
"""

from __future__ import annotations

import multiprocessing
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from sigtrace.capture.batch import Batch
from sigtrace.sources.live.scapy_sockets import ScapySockets
from sigtrace.sources.live.sockets import RawSockets
from sigtrace.sources.live.source import Settings
from tests.builders.cables import cable

if TYPE_CHECKING:
    from sigtrace.sources.live.source import LiveSource

SECONDS = 4.0
PAYLOAD = bytes(1200)
QUIET = 0.5  # seconds without a packet: it is over


def send(rate: int) -> None:
    """Send so many datagrams a second; 0: as many as possible."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("10.9.0.2", 9000))
        start, sent = time.monotonic(), 0
        while (now := time.monotonic() - start) < SECONDS:
            due = sent + 200 if not rate else int(now * rate)
            for _ in range(due - sent):
                sender.send(PAYLOAD)
            sent = due
            if rate:
                time.sleep(0.001)


def measure(source: LiveSource, rate: int, pause: float) -> str:
    """Return a row of figures."""
    source.open()
    sender = multiprocessing.get_context("fork").Process(target=send, args=(rate,))
    sender.start()
    began, last, polls = time.process_time(), time.monotonic(), 0
    while time.monotonic() - last < QUIET:
        items = source.poll(0.1) or []
        polls += 1
        if any(isinstance(item, Batch) for item in items):
            last = time.monotonic()
            time.sleep(pause)
    used = time.process_time() - began
    sender.join()
    counters = source.counters()
    source.close()
    dropped = "not told" if counters.dropped is None else f"{counters.dropped:,}"
    return (
        f"{counters.received:>9,} taken, {dropped:>8} dropped, {counters.received / polls:6.0f} a poll, "
        f"{used / SECONDS:5.0%} of a core, {counters.received / used:>9,.0f} packets for a second of it"
    )


def main() -> None:
    """Print the figures."""
    settings = Settings(interfaces=("vb",))
    for rate in (20_000, 0):
        for pause in (0.0, 0.01):
            for kind in (RawSockets, ScapySockets):
                with cable():
                    row = measure(kind(settings), rate, pause)
                speed = f"{rate:,}/s" if rate else "all"
                print(f"{kind.__name__:12} {speed:>8}, {pause * 1000:2.0f} ms pause: {row}", flush=True)


if __name__ == "__main__":
    main()
