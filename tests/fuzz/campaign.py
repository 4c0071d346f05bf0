"""The campaign of damaged copies: every shipped capture is damaged in every way, and the law of damage is checked."""

from __future__ import annotations

import resource
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from tests.fuzz import shipped
from tests.fuzz.damage_law import broken_promises, explain, flows_touched
from tests.fuzz.mutations import MUTATORS, Mutation
from tests.fuzz.outputs import check_ordinary_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fuzz.damage_law import Explained


class Copy(NamedTuple):
    """Which damaged copy: everything about it follows from this."""

    capture: str
    number: int
    seed: int

    @property
    def kind(self) -> str:
        """The way in which it is damaged: the copies of a capture take all ways in turn, each beginning elsewhere."""
        return list(MUTATORS)[(self.number + crc32(self.capture.encode())) % len(MUTATORS)]

    def mutation(self) -> Mutation:
        """Draw the damage."""
        chance = Random(f"{self.capture}:{self.number}:{self.seed}")
        return MUTATORS[self.kind](chance, shipped.anatomy_of(self.capture))

    def damaged(self) -> bytes:
        """Return the bytes of the copy."""
        return self.mutation().apply(shipped.anatomy_of(self.capture).data)

    def __str__(self) -> str:
        return f"{self.capture}:{self.number}:{self.seed} ({self.kind})"


class Outcome(NamedTuple):
    """What became of one copy."""

    copy: Copy
    seconds: float  # of processor time, for analysing it and writing what is written of it
    verdict: str  # one of the words below
    untouched: int = 0  # exchanges on flows that no damage touched
    problems: tuple[str, ...] = ()


KEPT = "kept"  # untouched flows, all as before
NOTHING_UNTOUCHED = "nothing untouched"
FRAME_TOUCHED = "all touched"  # the file header, a section or an interface, on which every packet hangs
NO_CAPTURE = "no capture"  # said to be none: the first bytes were hit
BROKEN = "broken"  # an exchange of an untouched flow is not as before
RAISED = "raised"


class Tally:
    """Adds up outcomes."""

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()
        self.by_kind: dict[str, Counter[str]] = {kind: Counter() for kind in MUTATORS}
        self.untouched = 0
        self.slowest: list[Outcome] = []
        self.failed = 0

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.verdicts[outcome.verdict] += 1
        self.by_kind[outcome.copy.kind][outcome.verdict] += 1
        self.untouched += outcome.untouched
        self.slowest = sorted((*self.slowest, outcome), key=lambda one: -one.seconds)[:3]
        if outcome.verdict in (BROKEN, RAISED):
            self.failed += 1


def copies(count: int, seed: int, captures: list[str] | None = None) -> list[Copy]:
    """List `count` copies, shared evenly among the captures."""
    names = captures or shipped.names()
    return sorted(Copy(names[at % len(names)], at // len(names), seed) for at in range(count))


def run(chosen: list[Copy], jobs: int) -> Iterator[Outcome]:
    """Try all copies."""
    by_capture: dict[str, list[Copy]] = {}
    for copy in chosen:
        by_capture.setdefault(copy.capture, []).append(copy)
    if jobs == 1:
        for group in by_capture.values():
            yield from try_group(group)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for outcomes in pool.map(try_group, by_capture.values()):
            yield from outcomes


def try_group(group: list[Copy]) -> list[Outcome]:
    """Try some copies of one capture."""
    original = explain(shipped.anatomy_of(group[0].capture).data)
    if original is None:
        raise ValueError(f"{group[0].capture} is no capture")
    return [try_copy(copy, original) for copy in group]


def try_copy(copy: Copy, original: Explained) -> Outcome:
    """Analyse one copy, write what is written of it, and hold what it says against what the original says."""
    anatomy, mutation = shipped.anatomy_of(copy.capture), copy.mutation()
    damaged = mutation.apply(anatomy.data)
    began = time.process_time()
    try:
        explained = explain(damaged)
        if explained is not None:
            check_ordinary_outputs(explained.trace)
    except Exception:  # noqa: BLE001 - whatever it is, it is what the campaign looks for
        return Outcome(copy, time.process_time() - began, RAISED, problems=(traceback.format_exc(),))
    seconds = time.process_time() - began
    if explained is None:
        return Outcome(copy, seconds, NO_CAPTURE)
    touched = flows_touched(anatomy, mutation)
    if touched is None:
        return Outcome(copy, seconds, FRAME_TOUCHED)
    untouched = sum(said.total() for flow, said in original.told.items() if flow not in touched)
    if not untouched:
        return Outcome(copy, seconds, NOTHING_UNTOUCHED)
    problems = broken_promises(original.told, explained.told, touched)
    return Outcome(copy, seconds, BROKEN if problems else KEPT, untouched, tuple(problems))


def peak_memory() -> int:
    """Return the most memory that this process or one of its workers had, in bytes."""
    usages = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(usages) * 1024
