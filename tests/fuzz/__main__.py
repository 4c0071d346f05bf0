"""`python -m tests.fuzz`: fuzz the decoders, play inputs again, damage the shipped captures."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz import campaign, guided, report
from tests.fuzz.inputs import inputs_of
from tests.fuzz.make_seeds import write_seeds
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

ARTIFACTS = Path("fuzz-artifacts")


def main(words: Sequence[str] | None = None) -> int:
    """Do what is asked; return the exit code, 1 when something was found."""
    arguments = _parser().parse_args(words)
    result: int = arguments.command(arguments)
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    commands = parser.add_subparsers(required=True)

    listing = commands.add_parser("list", help="name all targets and the laws they hold")
    listing.set_defaults(command=_list)

    run = commands.add_parser("run", help="fuzz targets with atheris")
    run.add_argument("targets", nargs="*", metavar="TARGET", help="all when none is named")
    run.add_argument("--seconds", type=int, default=60, help="for each target")
    run.add_argument("--seed", type=int, default=0, help="of chance; 0: another each time")
    run.add_argument("--artifacts", type=Path, default=ARTIFACTS, help="where inputs that crash or hang are put")
    run.set_defaults(command=_run)

    replay = commands.add_parser("replay", help="try inputs again")
    replay.add_argument("files", nargs="*", type=Path, metavar="FILE", help="in a folder named for its target")
    replay.add_argument("--target", choices=TARGETS, help="what to try them with, where the folder does not say it")
    replay.set_defaults(command=_replay)

    mutate = commands.add_parser("mutate", help="damage copies of the shipped captures and hold the law of damage")
    mutate.add_argument("--copies", type=int, default=10_000)
    mutate.add_argument("--seed", type=int, default=1)
    mutate.add_argument("--jobs", type=int, default=1)
    mutate.add_argument("--only", metavar="CAPTURE:NUMBER:SEED", help="one copy, as a report names it")
    mutate.add_argument("--save", type=Path, help="with --only: where to write the damaged copy")
    mutate.set_defaults(command=_mutate)

    seeds = commands.add_parser("seeds", help="write the seed corpus again")
    seeds.set_defaults(command=_write_seeds)
    return parser


def _list(_: argparse.Namespace) -> int:
    for name, target in TARGETS.items():
        print(f"{name:12} {target.law} ({len(inputs_of(name))} inputs)")
    return 0


def _run(arguments: argparse.Namespace) -> int:
    names = arguments.targets or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown or not guided.installed():
        print(f"no target {unknown[0]}: see python -m tests.fuzz list" if unknown else guided.INSTALL, file=sys.stderr)
        return 2
    findings = []
    for name in names:
        longest = TARGETS[name].longest
        findings.append(guided.fuzz(name, arguments.seconds, arguments.artifacts, seed=arguments.seed, longest=longest))
    print("\n".join(report.tell_findings(findings)))
    return int(any(not one.ended_well for one in findings))


def _replay(arguments: argparse.Namespace) -> int:
    paths = arguments.files or [path for name in TARGETS for path in inputs_of(name)]
    failed = 0
    for path in paths:
        name = arguments.target or path.resolve().parent.name
        if name not in TARGETS:
            print(f"{path}: its folder is named for no target; name one with --target", file=sys.stderr)
            return 2
        try:
            TARGETS[name].run(path.read_bytes())
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            failed += 1
            print(f"{path}: {traceback.format_exc()}")
    print(f"{len(paths)} inputs tried, {failed} failed")
    return int(failed > 0)


def _mutate(arguments: argparse.Namespace) -> int:
    if arguments.only:
        capture, number, seed = arguments.only.split(":")
        chosen = [campaign.Copy(capture, int(number), int(seed))]
        if arguments.save:
            arguments.save.write_bytes(chosen[0].damaged())
    else:
        chosen = campaign.copies(arguments.copies, arguments.seed)
    tally = campaign.Tally()
    for outcome in campaign.run(chosen, arguments.jobs):
        tally.add(outcome)
        if outcome.problems:
            print("\n".join(report.tell_outcome(outcome)), flush=True)
    print("\n".join(report.tell_tally(tally, campaign.peak_memory())))
    return int(bool(tally.failed))


def _write_seeds(_: argparse.Namespace) -> int:
    write_seeds()
    return 0


if __name__ == "__main__":
    sys.exit(main())
