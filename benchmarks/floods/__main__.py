"""Measure what floods cost: the time of sigtrace alone at one, two and four times a size, and its greatest memory.

    python -m benchmarks.floods                          every flood
    python -m benchmarks.floods syns fragments-ipv4      some
    python -m benchmarks.floods --scale 0.01 --times 1   small
    python -m benchmarks.floods --whole-way rooms-churn  with every view, all records and selections of each kind

A flood is made while it is read and never lies on a disk. It is made by a process of its own; the times are those of
the process that reads, user and system together, without what starting takes, and its greatest resident memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
DAMAGE = 4  # the exit code of sigtrace for a capture with damage in it
UNIT = 1 if sys.platform == "darwin" else 1024


class Cost(NamedTuple):
    """What one run took."""

    seconds: float
    peak: int  # bytes


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.floods", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="floods; all when none is named")
    parser.add_argument("--times", default="1,2,4", help="sizes, as factors: 1,2,4")
    parser.add_argument("--scale", type=float, default=1.0, help="of all sizes")
    parser.add_argument("--command", default="analyze -", help="of sigtrace: 'export -', 'chart -'")
    parser.add_argument("--whole-way", action="store_true", help="every view and all records in place of a command")
    parser.add_argument("--make", action="store_true", help="write the capture of one flood to standard output")
    arguments = parser.parse_args()
    factors = [float(factor) for factor in arguments.times.split(",")]
    if arguments.make:
        write(arguments.names[0], arguments.scale * factors[0])
        return
    floods = known()
    whole_way = ["benchmarks.floods.whole_way"]
    command = whole_way if arguments.whole_way else ["sigtrace", *arguments.command.split()]
    idle = cost(command, "pings", 0.0).seconds
    headings = [f"at {factor:g}" for factor in factors]
    print(f"| Flood | Largest | {' | '.join(headings)} | Last ratio | Memory |")
    print(f"|---|--:|{'--:|' * len(factors)}--:|--:|", flush=True)
    for name in arguments.names or floods:
        runs = [cost(command, name, arguments.scale * factor) for factor in factors]
        size, unit = floods[name]
        largest = f"{round(size * arguments.scale * factors[-1]):,} {unit}"
        print(row(name, largest, runs, idle), flush=True)


def known() -> dict[str, tuple[int, str]]:
    """Return the sizes and units of all floods; without NumPy here, as this process's memory would count as theirs."""
    listing = (
        "from benchmarks.floods.registry import FLOODS as f; "
        "print(*(f'{n} {f[n].size} {f[n].unit}' for n in f), sep=';')"
    )
    asked = subprocess.run([sys.executable, "-c", listing], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    lines = [line.split() for line in asked.stdout.strip().split(";")]
    return {name: (int(size), unit) for name, size, unit in lines}


def write(name: str, scale: float) -> None:
    """Write one flood's capture to standard output."""
    from benchmarks.floods.flood import make  # only the process that makes needs NumPy
    from benchmarks.floods.registry import FLOODS

    flood = FLOODS[name]
    size = round(flood.size * scale)
    print(f"{size:,} {flood.unit}", file=sys.stderr)
    try:
        for piece in make(flood, size):
            sys.stdout.buffer.write(piece)
    except BrokenPipeError:
        os._exit(1)


def cost(command: list[str], name: str, scale: float) -> Cost:
    """Run a module, sigtrace mostly, with its arguments on one flood."""
    maker = [sys.executable, "-m", "benchmarks.floods", "--make", name, "--scale", str(scale), "--times", "1"]
    with subprocess.Popen(maker, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as source:
        reader = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=CHECKOUT,
            stdin=source.stdout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if source.stdout is not None:
            source.stdout.close()
        _, status, usage = os.wait4(reader.pid, 0)
        reader.returncode = os.waitstatus_to_exitcode(status)
    if reader.returncode not in (0, DAMAGE) or source.returncode:
        print(f"{name}: sigtrace ended with {reader.returncode}, its source with {source.returncode}", file=sys.stderr)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * UNIT)


def row(name: str, largest: str, runs: list[Cost], idle: float) -> str:
    """Return one line of the table."""
    seconds = [max(one.seconds - idle, 0.0) for one in runs]
    ratio = f"{seconds[-1] / seconds[-2]:.2f}" if len(seconds) > 1 and seconds[-2] > 0 else ""
    times = " | ".join(f"{one:.2f} s" for one in seconds)
    return f"| {name} | {largest} | {times} | {ratio} | {max(one.peak for one in runs) / 1e6:.0f} MB |"


if __name__ == "__main__":
    main()
