"""Coverage-guided fuzzing by atheris: processes of one target, as libFuzzer ends its process; and what came of each.

`python -m tests.fuzz.guided TARGET [libFuzzer options]` is that process; `python -m tests.fuzz run` starts it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from tests.fuzz.inputs import DICTIONARY, folders_of

if TYPE_CHECKING:
    from pathlib import Path

SLOWEST_S = 10  # an input that takes longer is a hang: none shipped takes a tenth of a second
MOST_MEMORY_MIB = 2048  # what a machine for looking at captures can spare
STRETCH_S = 60  # atheris keeps some kilobytes for each input that compares columns: its process is started anew
GRACE_S = 600  # to start, to read the seeds, and to end: minutes where other work has the processors
INSTALL = "atheris is not installed: pip install -e '.[fuzz]' (wheels: Linux on x86-64, Python 3.11 to 3.14)"

_STATISTIC = re.compile(r"^stat::(\w+):\s+(\d+)", re.MULTILINE)
_PROGRESS = re.compile(r"^#\d+\s.*\bcov: (\d+) ft: (\d+)", re.MULTILINE)


class Finding(NamedTuple):
    """What came of fuzzing one target."""

    target: str
    executions: int
    per_second: int
    slowest_s: int
    peak_mib: int
    edges: int  # of our code, reached
    features: int  # edges with how often they were taken
    crashes: tuple[Path, ...]
    hangs: tuple[Path, ...]
    ended_well: bool
    log: str


def installed() -> bool:
    """Tell whether atheris can be imported."""
    from importlib.util import find_spec  # only asked once

    return find_spec("atheris") is not None


def fuzz(target: str, seconds: int, artifacts: Path, *, seed: int = 0, longest: int = 4096) -> Finding:
    """Fuzz one target for so many seconds, from its seeds and the crashes known of it, a process each minute.

    What a process finds interesting is where the next one begins; one that crashes costs the rest of its minute.
    """
    with tempfile.TemporaryDirectory() as corpus:
        options = [
            f"-timeout={SLOWEST_S}",
            f"-rss_limit_mb={MOST_MEMORY_MIB}",
            f"-max_len={longest}",
            f"-dict={DICTIONARY}",
            "-print_final_stats=1",
            *([f"-seed={seed}"] if seed else []),
            corpus,
            *map(str, folders_of(target)),
        ]
        spans = [min(STRETCH_S, seconds - begun) for begun in range(0, seconds, STRETCH_S)]
        return _join([_stretch(target, span, artifacts / target, options) for span in spans], seconds)


def _stretch(target: str, seconds: int, place: Path, options: list[str]) -> Finding:
    """Run one process."""
    place.mkdir(parents=True, exist_ok=True)
    before = set(place.iterdir())
    command = [sys.executable, "-m", "tests.fuzz.guided", target, f"-max_total_time={seconds}"]
    command += [f"-artifact_prefix={place}{os.sep}", *options]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds + GRACE_S + SLOWEST_S, check=False)
    except subprocess.TimeoutExpired as late:
        done = subprocess.CompletedProcess(command, 1, late.stdout or b"", (late.stderr or b"") + b"it did not end")
    return _read(target, done, sorted(set(place.iterdir()) - before))


def _join(stretches: list[Finding], seconds: int) -> Finding:
    """Add up what the processes of one target found."""
    executions = sum(one.executions for one in stretches)
    return Finding(
        target=stretches[0].target,
        executions=executions,
        per_second=executions // seconds,
        slowest_s=max(one.slowest_s for one in stretches),
        peak_mib=max(one.peak_mib for one in stretches),
        edges=max(one.edges for one in stretches),
        features=max(one.features for one in stretches),
        crashes=tuple(path for one in stretches for path in one.crashes),
        hangs=tuple(path for one in stretches for path in one.hangs),
        ended_well=all(one.ended_well for one in stretches),
        log=next((one.log for one in stretches if not one.ended_well), ""),
    )


def _read(target: str, done: subprocess.CompletedProcess[bytes], found: list[Path]) -> Finding:
    log = done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace")
    statistics = {name: int(value) for name, value in _STATISTIC.findall(log)}
    edges, features = map(int, (_PROGRESS.findall(log) or [(0, 0)])[-1])
    return Finding(
        target=target,
        executions=statistics.get("number_of_executed_units", 0),
        per_second=statistics.get("average_exec_per_sec", 0),
        slowest_s=statistics.get("slowest_unit_time_sec", 0),
        peak_mib=statistics.get("peak_rss_mb", 0),
        edges=edges,
        features=features,
        crashes=tuple(path for path in found if path.name.startswith(("crash-", "oom-"))),
        hangs=tuple(path for path in found if path.name.startswith("timeout-")),
        ended_well=done.returncode == 0,
        log=log,
    )


def _main() -> None:
    """Be the process of one target."""
    import atheris  # an optional extra

    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["sigtrace"]):
        from tests.fuzz.targets import TARGETS  # instrumented while it is imported

    atheris.Setup([sys.argv[0], *options], TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    _main()
