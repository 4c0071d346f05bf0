"""Measure sigtrace beside the tools a user would pick instead, in one run, and print medians and ratios.

    python benchmarks/compare.py                        all captures, five rounds
    python benchmarks/compare.py --runs 3 --size 60M
    python benchmarks/compare.py --markdown docs/performance.md

Captures are made in a temporary directory, or kept where `--captures` says. Tools take turns, so that a busy moment of
the machine does not fall on one of them alone; tools that are not installed are left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from make_capture import FULL_SIZE, parse_size

CHECKOUT = Path(__file__).resolve().parents[1]  # programs run here, so that `python -m sigtrace` is this one
TSHARK_FIELDS = (
    "frame.number", "frame.time_epoch", "tcp.stream", "http.request.method", "http.request.uri", "http.response.code",
)  # fmt: skip


class Run(NamedTuple):
    """What one run of a program took."""

    seconds: float
    peak: int  # bytes of memory


class Result(NamedTuple):
    """The medians of some runs."""

    tool: str
    seconds: float
    peak: int


class Aim(NamedTuple):
    """One line of what is aimed for."""

    work: str
    against: str
    aim: str
    measured: str
    is_met: bool


class Table(NamedTuple):
    """What was measured on one capture."""

    title: str
    results: list[Result]

    def of(self, tool: str) -> Result | None:
        """Return the result of a tool, None where it is not installed."""
        return next((result for result in self.results if result.tool == tool), None)


FIGURES = ("<!-- figures -->\n", "<!-- end of figures -->")


def insert_figures(page: Path, report: str) -> None:
    """Replace what stands between a page's marks by the tables."""
    before, _, rest = page.read_text(encoding="utf-8").partition(FIGURES[0])
    after = rest.partition(FIGURES[1])[2]
    page.write_text(f"{before}{FIGURES[0]}\n{report.strip()}\n\n{FIGURES[1]}{after}", encoding="utf-8")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=parse_size, default=FULL_SIZE, help="of the media-heavy capture: 600M")
    parser.add_argument("--captures", type=Path, help="keep the captures here, and use those that are there")
    parser.add_argument("--markdown", type=Path, help="also put the tables between this file's marks")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        captures = make_captures(arguments.captures or Path(temporary), arguments.size)
        tables = [measure(name, captures, arguments.runs, Path(temporary)) for name in ("media", "dense", "small")]
        tenth = median("sigtrace export", [run(sigtrace("export", captures["tenth"])) for _ in range(arguments.runs)])
    report = render(tables, aims(tables, tenth))
    print(report)
    if arguments.markdown:
        insert_figures(arguments.markdown, report)


def make_captures(folder: Path, size: int) -> dict[str, Path]:
    """Make the captures that are not there yet."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"media": ("media", size), "tenth": ("media", size // 10), "dense": ("dense", 0), "small": ("small", 0)}
    captures = {}
    for name, (kind, length) in wanted.items():
        captures[name] = folder / (f"{name}-{length}.pcapng" if length else f"{name}.pcapng")
        if not captures[name].exists():
            print(f"making {captures[name].name} …", file=sys.stderr)
            maker = [sys.executable, str(Path(__file__).with_name("make_capture.py")), "--kind", kind]
            # In a process of its own: what this one uses is the least that the peaks of the others can show.
            subprocess.run([*maker, "--size", str(length), str(captures[name])], check=True)
    return captures


def sigtrace(command: str, capture: Path) -> list[str]:
    """Return how to run sigtrace: the command beside this Python, or the module."""
    script = Path(sys.executable).with_name("sigtrace")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "sigtrace"]
    return [*start, command, str(capture), *(("--format", "ndjson") if command == "export" else ())]


def commands(name: str, capture: Path, scratch: Path) -> dict[str, list[str]]:
    """Return the programs to compare on a capture, by the names they have in the tables."""
    fields = [argument for one in TSHARK_FIELDS for argument in ("-e", one)]
    tshark = ["tshark", "-n", "-r", str(capture)]
    http = [*tshark, "-Y", "http", "-T", "fields", *fields]
    everyone = {
        "sigtrace export": sigtrace("export", capture),
        "sigtrace analyze": sigtrace("analyze", capture),
        "cat": ["cat", str(capture)],
        "tcpdump, one port": ["tcpdump", "-n", "-r", str(capture), "-w", os.devnull, "tcp port 8888"],
        "tcpflow": ["tcpflow", "-q", "-r", str(capture), "-o", str(scratch / "flows"), "tcp port 8888"],
        "tshark, HTTP fields": http,
        "tshark, HTTP fields and bodies": [*http, "-e", "http.file_data"],
        "tshark -r": tshark,
    }
    left_out = {
        "media": {"tshark, HTTP fields and bodies", "tshark -r"},
        "dense": {"tshark, HTTP fields", "tshark -r"},
        "small": {"tshark, HTTP fields", "tshark, HTTP fields and bodies", "tcpflow"},
    }[name]
    return {tool: command for tool, command in everyone.items() if tool not in left_out and shutil.which(command[0])}


def measure(name: str, captures: dict[str, Path], runs: int, scratch: Path) -> Table:
    """Run all tools on one capture, by turns."""
    todo = commands(name, captures[name], scratch)
    run(["cat", str(captures[name])])  # so that all find the file in memory
    seen: dict[str, list[Run]] = {tool: [] for tool in todo}
    for turn in range(runs):
        for tool, command in todo.items():
            print(f"{name}: {tool}, {turn + 1} of {runs}", file=sys.stderr)
            seen[tool].append(run(command))
            shutil.rmtree(scratch / "flows", ignore_errors=True)
    length = captures[name].stat().st_size
    return Table(f"{name}, {length / 1e6:,.1f} MB", [median(tool, ran) for tool, ran in seen.items()])


def run(command: list[str]) -> Run:
    """Run a program to its end; exit when it fails, as its time would mean nothing."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{errors.read().decode(errors='replace')}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit)


def median(tool: str, runs: list[Run]) -> Result:
    """Return the medians of a tool's runs."""
    return Result(
        tool, statistics.median(one.seconds for one in runs), int(statistics.median(one.peak for one in runs))
    )


def aims(tables: list[Table], tenth: Result) -> list[Aim]:
    """Return what is aimed for, beside what was measured; without lines whose tool is not installed."""
    media, dense, small = tables
    lines: list[Aim] = []

    def at_least(work: str, table: Table, tool: str, times: float) -> None:
        ours, theirs = table.of("sigtrace export"), table.of(tool)
        if ours and theirs:
            ratio = theirs.seconds / ours.seconds
            lines.append(
                Aim(work, tool, f"at least {times:g} times faster", f"{ratio:.1f} times faster", ratio >= times)
            )

    def at_most(work: str, ours: Result | None, theirs: Result | None, times: float) -> None:
        if ours and theirs:
            ratio = ours.seconds / theirs.seconds
            lines.append(
                Aim(work, theirs.tool, f"at most {times:g} times as long", f"{ratio:.2f} times as long", ratio <= times)
            )

    at_least("media-heavy, whole analysis", media, "tshark, HTTP fields", 30)
    at_most("the same", media.of("sigtrace export"), media.of("cat"), 3)
    at_least("signaling-dense", dense, "tshark, HTTP fields and bodies", 5)
    if whole := media.of("sigtrace export"):
        ratio = whole.peak / tenth.peak
        lines.append(
            Aim(
                "peak memory, media-heavy",
                "own peak on a tenth",
                "at most 1.2 times",
                f"{ratio:.2f} times",
                ratio <= 1.2,
            )
        )
    at_most("small capture, command to prompt", small.of("sigtrace analyze"), small.of("tshark -r"), 1)
    return lines


def render(tables: list[Table], lines: list[Aim]) -> str:
    """Return everything as Markdown."""
    parts = [f"On {machine()}; times are medians.", ""]
    parts += ["| Work | Against | Aim | Measured | |", "|---|---|---|---|---|"]
    parts += [
        f"| {one.work} | {one.against} | {one.aim} | {one.measured} | {'met' if one.is_met else '**missed**'} |"
        for one in lines
    ]
    for table in tables:
        ours = table.of("sigtrace export")
        parts += [
            "",
            f"### {table.title}",
            "",
            "| Tool | Seconds | Beside sigtrace | Peak memory |",
            "|---|--:|--:|--:|",
        ]
        for tool, seconds, peak in table.results:
            beside = f"{seconds / ours.seconds:.2f}" if ours else ""
            parts.append(f"| {tool} | {seconds:.3f} | {beside} | {peak / 2**20:.0f} MiB |")
    return "\n".join(parts) + "\n"


def machine() -> str:
    """Return what this ran on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
