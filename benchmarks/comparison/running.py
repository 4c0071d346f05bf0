"""Running programs: how long each takes from its start to its end, and its greatest memory.

Children run as an installed program does: Python may keep what it compiled (PYTHONDONTWRITEBYTECODE is taken away), and
a run that is not counted lets it do so. A child is a fork of this process before it becomes its program, and the kernel
counts that: a peak below this process's own cannot be told.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHECKOUT = Path(__file__).resolve().parents[2]  # programs run here, so that `python -m sigtrace` is this one
MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


class Command(NamedTuple):
    """A program with its arguments, ready to run."""

    words: list[str]
    source: list[str] | None = None  # whose output is its input
    folder: Path = CHECKOUT
    is_emptied: bool = False  # the folder, before each run
    good: frozenset[int] = frozenset({0})  # exit codes that mean that it did its work


class Run(NamedTuple):
    """What one run took."""

    seconds: float
    peak: int  # bytes of memory
    processor: float = 0.0  # seconds of all its threads, the system's work for it included


def run(command: Command) -> Run:
    """Run a program to its end; exit when it fails, as its time would mean nothing."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if command.is_emptied:
        shutil.rmtree(command.folder, ignore_errors=True)
        command.folder.mkdir()
    source = subprocess.Popen(command.source, stdout=subprocess.PIPE) if command.source else None
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=command.folder,
            env=environment,
            stdin=source.stdout if source else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        if source and source.stdout:
            source.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in command.good or (source and source.wait()):
            errors.seek(0)
            sys.exit(f"{' '.join(command.words)} failed:\n{errors.read().decode(errors='replace')}")
    return Run(seconds, usage.ru_maxrss * MEMORY_UNIT, usage.ru_utime + usage.ru_stime)


def run_in_turn(title: str, commands: Mapping[str, Command], runs: int) -> dict[str, list[Run]]:
    """Run programs one after another, again and again, so that a busy moment does not fall on one of them alone.

    Each turn begins with another of them, as what ran before leaves its traces in the machine.
    """
    names = list(commands)
    seen: dict[str, list[Run]] = {name: [] for name in names}
    for turn in range(runs):
        for name in rotated(names, turn):
            print(f"{title}: {name}, {turn + 1} of {runs}", file=sys.stderr)
            seen[name].append(run(commands[name]))
    return seen


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """Return names in the order of a turn."""
    first = turn % max(len(names), 1)
    return [*names[first:], *names[:first]]
