"""How long after its last packet an event is shown, at rest and beside 20,000 media packets a second.

    python benchmarks/live_latency.py      (root, Linux)

Over a cable in a network namespace: calls of peerconnection_server's kind are played burst by burst, while
`sigtrace live -i vb` writes rows, or records, into a pipe. The time of an event is the kernel's time of its packets, as
the row or the record of the exchange says it; the time at which it was shown is when its line could be read. Rows about
waits alone are left out: they are drawn once it has hung for half a second. Beside it, if that is asked for, datagrams
of 1200 bytes come on the same cable.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from live_sockets import PAYLOAD
from traffic.peerconnection import call

from tests.builders.cables import cable
from tests.builders.live_runs import LiveRun

if TYPE_CHECKING:
    from tests.builders.cables import Cable

ROW = re.compile(r" *(\d+) +(\d{10}\.\d+) ")
RATE = 20_000
PAUSE_S = 0.12  # between two bursts: then it is at rest again
SETTLED_S = 1.0


class Result(NamedTuple):
    """What was measured in one run."""

    milliseconds: list[float]
    dropped: int
    share: float  # of a core


def send_media(rate: int) -> None:
    """Send so many datagrams a second until it is ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("10.9.0.2", 9000))
        start, sent = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - start) * rate)
            for _ in range(due - sent):
                sender.send(PAYLOAD)
            sent = due
            time.sleep(0.001)


def play(wire: Cable, calls: int) -> None:
    """Send the bursts of some calls."""
    for index in range(calls):
        for burst in call(index):
            wire.send_frames(frame for _, frame in burst)
            time.sleep(PAUSE_S)


def measure(form: str, rate: int, calls: int) -> Result:
    """Return how it went with so many datagrams a second beside the calls."""
    with cable() as wire, LiveRun("-i", "vb", "--format", form, "-t", "e", "-w", os.devnull) as live:
        time.sleep(SETTLED_S)
        sender = multiprocessing.get_context("fork").Process(target=send_media, args=(rate,))
        if rate:
            sender.start()
            time.sleep(SETTLED_S)
        began = time.time()
        play(wire, calls)
        time.sleep(SETTLED_S)
        if rate:
            sender.terminate()
            sender.join()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        took_s = time.time() - began
        live.end(signal.SIGINT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        lines = live.out.lines if live.out is not None else []
    late: dict[
        tuple[str, float], float
    ] = {}  # by what was shown, and its time: rows come again when something is wrong
    for at, line in lines:
        event = event_of_record(line) if form == "ndjson" else event_of_row(line)
        if event is not None:
            late.setdefault(event, (at - event[1]) * 1000)
    return Result(list(late.values()), dropped_by_kernel(live, form), used_s / took_s)


def event_of_record(line: str) -> tuple[str, float] | None:
    """Return the half of an exchange that a record is the first to tell of, and when its last packet came."""
    record = json.loads(line)
    if record["type"] != "exchange" or record["state"] not in {"open", "complete"}:
        return None
    last_ns = record["response_end_ns"] if record["state"] == "complete" else record["request_end_ns"]
    return f"{record['number']} {record['state']}", last_ns / 1e9


def event_of_row(line: str) -> tuple[str, float] | None:
    """Return what a row of the chart is of, and when its first packet came; None for other lines."""
    row = ROW.match(line)
    return None if row is None or " wait " in line else (row[1], float(row[2]))


def dropped_by_kernel(live: LiveRun, form: str) -> int:
    """Return how many packets the kernel dropped, as far as it was said."""
    if form == "ndjson":
        records = [json.loads(line) for _, line in (live.out.lines if live.out else ())]
        texts = [one["text"] for one in records if one["type"] == "notice" and "drop" in one["code"]]
    else:
        texts = [line for line in live.text.splitlines() if "dropped" in line]
    return sum(int(number.replace(",", "")) for text in texts for number in re.findall(r"([\d,]+) packets?", text)[:1])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20)
    calls = parser.parse_args().calls
    print("| Beside it | Form | Events | Median, ms | 99 % within, ms | Longest, ms | Dropped | Of a core |")
    print("|---|---|--:|--:|--:|--:|--:|--:|", flush=True)
    for rate in (0, RATE):
        for form in ("text", "ndjson"):
            result = measure(form, rate, calls)
            middle, most, longest = np.percentile(result.milliseconds, (50, 99, 100))
            beside = f"{rate:,} datagrams a second".replace(",", " ") if rate else "nothing"
            print(
                f"| {beside} | {form} | {len(result.milliseconds)} | {middle:.0f} | {most:.0f} | {longest:.0f} | "
                f"{result.dropped} | {result.share:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
