"""What watching for days costs: memory, and time for each telling, while calls come and go.

    python benchmarks/live_soak.py --calls 720            five days with a call every ten minutes

The traffic is made in memory, and its clock is its own. Each call is of two new clients of peerconnection_server; a
third one stays and waits all the time, and is told of everybody who comes and goes; every tenth caller vanishes without
a word; and two WebSockets that are never closed carry a message for each call. All of it goes through the watcher and
both outputs, told after each burst as it is when watching at rest.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from traffic.connection import Burst, Connection, timed
from traffic.peerconnection import Peer, call

from sigtrace.capture.batch import CaptureStarted, Interface, Record
from sigtrace.cli.live_outputs import NdjsonOutput, TextOutput
from sigtrace.live.output import Progress
from sigtrace.live.watcher import KEPT, Watcher
from sigtrace.render.terminal.screen import Screen
from sigtrace.views.times import TimeFormat
from tests.builders.batches import make_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

START_NS = 1_700_000_000_000_000_000
CALL_NS = 600_000_000_000  # from one call to the next
BURST_NS = 2_000_000_000  # from one burst of a call to the next
SERVER = bytes((10, 77, 0, 1))
VANISHING = 10  # every so manieth call ends without a word
UNTIL_VANISHED = 9  # bursts
MEGABYTE = 1 << 20


class Sink:
    """Where outputs write to: it counts."""

    def __init__(self) -> None:
        self.written = 0

    def write(self, text: str) -> None:
        """Count."""
        self.written += len(text)


class Soak:
    """One long run."""

    def __init__(self, kept: int = KEPT) -> None:
        self.sink = Sink()
        self.watcher = Watcher(kept=kept)
        screen = Screen(width=120)
        self.outputs = (
            NdjsonOutput(self.sink.write),
            TextOutput(self.sink.write, lambda: screen, "soak", time_format=TimeFormat.RELATIVE, terminal=None),
        )
        self.telling_s: list[float] = []
        self._packets = 0
        self.watcher.feed([CaptureStarted(file="soak", format="live")])
        self.watcher.feed([Interface(index=0, name="soak", link_type=1, snap_length=0)])

    def feed(self, at_ns: int, burst: Burst) -> None:
        """Let a burst come, and tell what is new."""
        records = [
            Record(self._packets + row, at_ns + at_us * 1000, 0, 1, frame, len(frame))
            for row, (at_us, frame) in enumerate(burst, start=1)
        ]
        self._packets += len(records)
        self.watcher.feed([make_batch(records)])
        began = time.perf_counter()
        if self.watcher.settle(at_rest=True):
            self._tell()
        self.telling_s.append(time.perf_counter() - began)

    def _tell(self) -> None:
        forgotten = self.watcher.forgotten
        trace = self.watcher.tell()
        for output in self.outputs:
            output.show(trace)
        if self.watcher.forgotten != forgotten:
            trace = self.watcher.tell()
            for output in self.outputs:
                output.forget(trace)
        progress = Progress(
            now_ns=self.watcher.newest_ns,
            elapsed_s=0,
            packets=self.watcher.packets,
            dropped=0,
            forgotten=self.watcher.forgotten,
        )
        for output in self.outputs:
            output.tick(progress)


def text_frame(text: str, *, masked: bool) -> bytes:
    """Return a WebSocket frame with a text of less than 126 bytes; the mask is zero."""
    data = text.encode()
    return bytes((0x81, len(data) | masked << 7)) + bytes(4 * masked) + data


def opened(number: int) -> tuple[Connection, list[bytes]]:
    """Return a WebSocket of a chat, and how it was opened."""
    socket = Connection(bytes((10, 99, 0, number)), 50_000 + number, SERVER)
    request = "GET /chat HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    request += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    answer += "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    frames = [*socket.open(), *socket.send(request.encode(), by_client=True)]
    return socket, [*frames, *socket.send(answer.encode(), by_client=False)]


def bursts(calls: int) -> Iterator[tuple[int, int, Burst]]:
    """Yield how many calls there were, the time, and what comes then."""
    resident = Peer(bytes((10, 98, 0, 1)), 1, "resident@host", SERVER)  # the lowest number: it came first
    entry = f"{resident.name},{resident.number},1\n"
    signed_in = resident.ask(f"GET /sign_in?{resident.name} HTTP/1.0\r\n\r\n", "Added", entry, pragma=True)
    (first, one), (second, other) = opened(1), opened(2)
    yield 0, START_NS, timed([*signed_in, *resident.wait(), *one, *other])
    vanished: list[Peer] = []
    for index in range(1, calls + 1):
        at_ns = START_NS + index * CALL_NS
        missed = [frame for peer in vanished for frame in peer.missed(f"user0@host{index},{2 * index + 1},1\n", 1)]
        vanished = []
        if missed:
            yield index, at_ns - BURST_NS, timed(missed)
        until = UNTIL_VANISHED if index % VANISHING == 0 else None
        for place, burst in enumerate(islice(call(index, None if until is None else vanished), until)):
            yield index, at_ns + place * BURST_NS, burst
            if place in {0, 2}:
                name, number = f"user{place // 2}@host{index}", 2 * index + place // 2 + 1
                told = resident.released(f"{name},{number},1\n", resident.number)
                yield index, at_ns + place * BURST_NS + BURST_NS // 2, timed(told)
        text = f'{{"type":"message","from":"a","content":"number {index}"}}'
        said = first.send(text_frame(text, masked=True), by_client=True)
        heard = [socket.send(text_frame(text, masked=False), by_client=False) for socket in (first, second)]
        yield index, at_ns + CALL_NS - BURST_NS, timed([*said, *heard[0], *heard[1]])


def resident_bytes() -> int:
    """Return the memory of this process."""
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=720)
    parser.add_argument("--kept", type=int, default=KEPT, help="exchanges and messages that are not forgotten")
    parser.add_argument("--rows", type=int, default=12, help="of the table")
    arguments = parser.parse_args()
    soak, step = Soak(arguments.kept), max(arguments.calls // arguments.rows, 1)
    print("| Calls | Hours | Packets | Forgotten | Memory, MiB | Python's blocks | A telling, ms | The longest, ms |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    shown = 0
    for index, at_ns, burst in bursts(arguments.calls + 1):
        if index >= shown + step:
            shown = index
            gc.collect()
            times = soak.telling_s
            soak.telling_s = []
            print(
                f"| {index:,} | {(at_ns - START_NS) / 3.6e12:.1f} | {soak.watcher.packets:,} | "
                f"{soak.watcher.forgotten:,} | {resident_bytes() / MEGABYTE:.1f} | {sys.getallocatedblocks():,} | "
                f"{sum(times) / len(times) * 1000:.1f} | {max(times) * 1000:.0f} |",
                flush=True,
            )
        soak.feed(at_ns, burst)


if __name__ == "__main__":
    main()
