"""Tell where the time of `sigtrace export --format ndjson` goes, stage by stage, in processor seconds.

    python benchmarks/profile_stages.py                                A and B of the comparison, five runs each
    python benchmarks/profile_stages.py --kinds downloads --scale 0.1
    python benchmarks/profile_stages.py --markdown docs/performance.md

A stage's time is the median of its runs, so that the parts need not add up to the whole exactly.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from comparison.captures import Capture, Captures
from comparison.programs import DAMAGE
from comparison.running import Command, run
from comparison.tables import insert, machine
from stages.names import ENDING, ORDER

TITLES = {"media": "A", "dense": "B", "small-packets": "C", "downloads": "D"}
SHOWN = 0.005  # seconds: a stage that takes less everywhere is left out


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default="media,dense", help=f"of {', '.join(TITLES)}")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--captures", type=Path, help="keep the captures here, and use those that are there")
    parser.add_argument("--markdown", type=Path, help="also put the table between this page's marks")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        captures = Captures(arguments.captures or Path(temporary), arguments.scale, arguments.seed)
        columns = {
            TITLES[kind]: profile(captures.make(Capture(kind)), arguments.runs, Path(temporary))
            for kind in arguments.kinds.split(",")
        }
    report = f"On {machine()}; medians of {arguments.runs}.\n\n{table(columns)}\n"
    print(report)
    if arguments.markdown:
        insert(arguments.markdown, "stages", report)


def profile(capture: Path, runs: int, scratch: Path) -> dict[str, float]:
    """Return the processor seconds of each stage."""
    seen: dict[str, list[float]] = defaultdict(list)
    told = scratch / "stages.json"
    output = scratch / "out.ndjson"
    words = [sys.executable, "-m", "benchmarks.stages.sampler", str(told)]
    words += ["export", "--format", "ndjson", "-o", str(output), str(capture)]
    command = Command(words, good=frozenset({0, DAMAGE}))  # in the checkout, so that its own sigtrace is found
    run(command)  # so that modules are compiled, and the file lies in memory
    for turn in range(runs):
        print(f"{capture.name}, {turn + 1} of {runs}", file=sys.stderr)
        whole = run(command).processor
        seconds = json.loads(told.read_text(encoding="utf-8"))
        seconds[ENDING] = max(whole - sum(seconds.values()), 0.0)
        for stage in ORDER:
            seen[stage].append(seconds.get(stage, 0.0))
    return {stage: median(values) for stage, values in seen.items()}


def table(columns: dict[str, dict[str, float]]) -> str:
    """Return the stages of each capture as Markdown."""
    lines = [
        f"| Stage | {' | '.join(f'{title}, seconds | of {title}' for title in columns)} |",
        f"|---|{'--:|--:|' * len(columns)}",
    ]
    wholes = [sum(seconds.values()) for seconds in columns.values()]
    for stage in ORDER:
        parts = [seconds[stage] for seconds in columns.values()]
        if max(parts) >= SHOWN:
            cells = [f"{part:.2f} | {part / whole * 100:.0f} %" for part, whole in zip(parts, wholes, strict=True)]
            lines.append(f"| {stage} | {' | '.join(cells)} |")
    lines.append(f"| **all** | {' | '.join(f'**{whole:.2f}** |' for whole in wholes)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
