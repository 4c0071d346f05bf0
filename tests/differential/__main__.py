"""Runs the differential tests over as many inputs as wanted: `python -m tests.differential --count 20000 --seed 1`.

Prints what was tried, every class of difference with how often it occurred, and what nothing explains, which ends the
run with a failure. The test suite runs the same comparisons over a small fixed set.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from tests.builders.conversations import START_NS
from tests.builders.rough import make_rough
from tests.differential.messages import MessageComparison, compare_messages
from tests.differential.reassembly import Comparison, compare_captured

if TYPE_CHECKING:
    from collections import Counter

TOGETHER: Final = 100  # conversations of one capture: tshark looks at each packet once for each of them
SHOWN: Final = 20  # unexplained differences that are printed


def main() -> int:
    """Compare, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="?", choices=["tcp", "http"], help="one of the two; both by default")
    parser.add_argument("--count", type=int, default=1000, help="conversations of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    arguments = parser.parse_args()
    seeds = range(arguments.seed, arguments.seed + arguments.count)
    unexplained: list[str] = []
    if arguments.what != "http":
        unexplained += _compare_tcp(seeds)
    if arguments.what != "tcp":
        unexplained += _compare_http(seeds)
    for line in unexplained[:SHOWN]:
        print(line)
    return bool(unexplained)


def _compare_tcp(seeds: range) -> list[str]:
    result = Comparison()
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        for first in range(0, len(seeds), TOGETHER):
            roughs = [
                make_rough(Random(seed), place=place, start_ns=START_NS + place * 977)
                for place, seed in enumerate(seeds[first : first + TOGETHER])
            ]
            compare_captured(roughs, Path(folder) / "rough.pcap", result)
    print(f"TCP reassembly: {result.conversations} conversations, {result.flows} flows, {result.packets} packets")
    print(f"  {result.bytes} bytes delivered, {result.gap_bytes} missing; {result.alike} of them the same in tshark")
    _table("conversations with", result.features)
    _table("bytes where sigtrace is not what the segments say", result.from_segments)
    _table("bytes where tshark is not what sigtrace says", result.from_tshark)
    _end(started, len(result.unexplained))
    return result.unexplained


def _compare_http(seeds: range) -> list[str]:
    result = MessageComparison()
    started = time.monotonic()
    for seed in seeds:
        compare_messages(Random(seed), result)
    print(f"HTTP: {result.conversations} connections, {result.messages} messages read the same by h11")
    _table("connections with", result.features)
    _table("connections where h11 reads on and sigtrace differs, or the other way round", result.differences)
    _end(started, len(result.unexplained))
    return result.unexplained


def _table(title: str, counts: Counter[str]) -> None:
    print(f"  {title}:")
    for name, count in counts.most_common():
        print(f"    {count:>9}  {name}")


def _end(started: float, unexplained: int) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  unexplained: {unexplained}   time: {time.monotonic() - started:.0f} s   peak memory: {peak} MiB\n")


if __name__ == "__main__":
    sys.exit(main())
