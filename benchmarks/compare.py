"""Measure sigtrace beside the tools a user would pick instead: aims and what was measured, side by side.

    python benchmarks/compare.py                               everything, five turns: half an hour, 15 GB of captures
    python benchmarks/compare.py --only A,C --runs 3           some works
    python benchmarks/compare.py --small                       all works on captures a hundredth as large, one turn
    python benchmarks/compare.py --markdown docs/performance.md

Captures are made from a seed in a temporary directory, or kept where `--captures` says. The programs of a contest run
one after another, in several turns. Each is a whole process, from its start to its end, with its output thrown away
(records: written to a file). Python's modules are compiled, as in an installed program, and captures lie in memory:
before what is counted every program ran once on a short capture, and each capture was read once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from comparison.aims import Results
from comparison.captures import Captures
from comparison.contests import SHORT, contests
from comparison.programs import Caller, export, is_installed, tcpdump, tshark_http, versions
from comparison.running import Command, run, run_in_turn
from comparison.tables import aims_table, contest_table, insert, machine
from comparison.works import WORKS, choose

if TYPE_CHECKING:
    from comparison.contests import Contest
    from comparison.running import Run

SMALL = 0.01
TOOLS = ["tshark", "tcpdump", "tcpflow", "cat", "zcat", "zstdcat"]


def main() -> None:
    """Measure, and print."""
    arguments = parse()
    with tempfile.TemporaryDirectory() as temporary:
        captures = Captures(arguments.captures or Path(temporary), arguments.scale, arguments.seed)
        report = compare(arguments, captures, Path(temporary))
    print(report)
    if arguments.markdown:
        insert(arguments.markdown, "figures", report)


def parse() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=letters, default=list(WORKS), metavar="A,C", help=f"of {', '.join(WORKS)}")
    parser.add_argument("--runs", type=int, default=5, help="turns")
    parser.add_argument("--scale", type=float, default=1.0, help="of all captures; another than 1 judges nothing")
    parser.add_argument("--small", action="store_true", help=f"the same as --scale {SMALL} --runs 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--captures", type=Path, help="keep the captures here, and use those that are there")
    parser.add_argument("--markdown", type=Path, help="also put the tables between this page's marks")
    arguments = parser.parse_args()
    if arguments.small:
        arguments.scale, arguments.runs = SMALL, 1
    return arguments


def letters(text: str) -> list[str]:
    """Return the works that are named."""
    chosen = text.upper().split(",")
    if unknown := set(chosen) - set(WORKS):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}")
    return [letter for letter in WORKS if letter in chosen]


def compare(arguments: argparse.Namespace, captures: Captures, scratch: Path) -> str:
    """Run all that is needed, and return the report."""
    caller = Caller(captures, scratch)
    chosen = choose(arguments.only, arguments.scale)
    is_whole = arguments.scale == 1
    warm_up(caller)
    results = Results({key: hold(contest, caller, arguments.runs) for key, contest in chosen.items()})
    aims = [aim for letter in arguments.only for aim in WORKS[letter].aims(results)]
    parts = [
        f"On {machine()}; {', '.join(versions(TOOLS))}. Medians of {arguments.runs}.",
        *(
            []
            if is_whole
            else [f"Captures are {arguments.scale:g} times as large as the aims are about: nothing is judged."]
        ),
        *left_out(),
        aims_table(aims, is_judged=is_whole),
        *(contest_table(key, contest, results) for key, contest in chosen.items()),
    ]
    return "\n\n".join(parts) + "\n"


def warm_up(caller: Caller) -> None:
    """Run everything once on a short capture, uncounted: modules are compiled and programs lie in memory afterwards."""
    short = contests(1)
    programs = [export(SHORT), tshark_http(SHORT), tcpdump(SHORT)]
    programs += [*short["E"].programs.values(), *short["help"].programs.values()]
    for program in filter(is_installed, programs):
        run(caller.command(program))


def hold(contest: Contest, caller: Caller, runs: int) -> dict[str, list[Run]]:
    """Run the programs of a contest in turn."""
    commands = {name: caller.command(program) for name, program in contest.programs.items() if is_installed(program)}
    for path in caller.files(contest.programs.values()):
        run(Command(["cat", str(path)]))  # so that all find the file in memory
    return run_in_turn(contest.title, commands, runs)


def left_out() -> list[str]:
    """Return which tools could not be measured."""
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent and os.environ.get("SIGTRACE_ALL_TOOLS"):
        sys.exit(f"not installed: {', '.join(absent)}")
    return [f"Left out, as they are not installed: {', '.join(absent)}."] if absent else []


if __name__ == "__main__":
    main()
