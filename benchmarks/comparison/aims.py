"""What is aimed for, beside what was measured: one line each.

Ratios are medians of the ratios of turns: in each turn both programs ran within the same minute, on the same machine.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from .growth import deviations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .running import Run

MEGABYTE = 1e6


class Aim(NamedTuple):
    """One line of what is aimed for."""

    work: str
    against: str
    aim: str
    measured: str
    is_met: bool | None  # None where a tool is missing


class Results:
    """What was measured: runs of programs, by contest.

    Args:
        runs: of each contest, of each program.
    """

    def __init__(self, runs: Mapping[str, Mapping[str, Sequence[Run]]]) -> None:
        self._runs = runs

    def runs(self, contest: str, program: str) -> Sequence[Run]:
        """Return the runs of a program; none where it is not installed."""
        return self._runs.get(contest, {}).get(program, ())

    def seconds(self, contest: str, program: str) -> float | None:
        """Return the median of its times."""
        runs = self.runs(contest, program)
        return median(run.seconds for run in runs) if runs else None

    def peak(self, contest: str, program: str) -> float | None:
        """Return the median of its peaks, in bytes."""
        runs = self.runs(contest, program)
        return median(run.peak for run in runs) if runs else None

    def ratio(self, contest: str, program: str, beside: str) -> float | None:
        """Return how many times as long a program takes as another of the same contest."""
        pairs = list(zip(self.runs(contest, program), self.runs(contest, beside), strict=False))
        return median(one.seconds / other.seconds for one, other in pairs) if pairs else None


def missing(work: str, against: str, aim: str) -> Aim:
    """Return the line of what could not be measured."""
    return Aim(work, against, aim, "not installed", None)


def faster(results: Results, work: str, contest: str, pair: tuple[str, str], times: float) -> Aim:
    """Tell whether the first of two programs is some times faster than the other."""
    ratio = results.ratio(contest, pair[1], pair[0])
    aim = f"at least {times:g} times faster"
    if ratio is None:
        return missing(work, pair[1], aim)
    return Aim(work, pair[1], aim, f"{ratio:.1f} times faster", ratio >= times)


def as_long(results: Results, work: str, contest: str, pair: tuple[str, str], times: float) -> Aim:
    """Tell whether the first of two programs takes at most some times as long as the other."""
    ratio = results.ratio(contest, *pair)
    aim = f"at most {times:g} times as long" if times != 1 else "not slower"
    if ratio is None:
        return missing(work, pair[1], aim)
    return Aim(work, pair[1], aim, f"{ratio:.2f} times as long", ratio <= times)


def peak_below(results: Results, work: str, place: tuple[str, str], megabytes: float) -> Aim:
    """Tell whether a peak of memory is below some megabytes."""
    aim = f"below {megabytes:g} MB"
    peak = results.peak(*place)
    if peak is None:
        return missing(work, "", aim)
    return Aim(work, "", aim, f"{peak / MEGABYTE:.0f} MB", peak < megabytes * MEGABYTE)


class Bound(NamedTuple):
    """How high a peak may be."""

    times: float  # the other's
    megabytes: float


def peak_beside(results: Results, work: str, place: tuple[str, str], other: tuple[str, str], bound: Bound) -> Aim:
    """Tell whether a peak is at most some times another, and below some megabytes."""
    aim = f"at most {bound.times:g} times, below {bound.megabytes:g} MB"
    peak, beside = results.peak(*place), results.peak(*other)
    if peak is None or beside is None:
        return missing(work, "own peak on A", aim)
    is_met = peak <= bound.times * beside and peak < bound.megabytes * MEGABYTE
    return Aim(work, "own peak on A", aim, f"{peak / beside:.2f} times, {peak / MEGABYTE:.0f} MB", is_met)


class Series(NamedTuple):
    """A capture at growing sizes."""

    contest: str
    programs: dict[int, str]  # by size


def grows_straight(results: Results, work: str, series: Series, within: float) -> Aim:
    """Tell whether time grows in a straight line."""
    points = [
        (size, seconds) for size, name in series.programs.items() if (seconds := results.seconds(series.contest, name))
    ]
    aim = f"within {within * 100:.0f} %"
    if len(points) < len(series.programs):
        return missing(work, "straight line", aim)
    apart = deviations(points)
    told = ", ".join(f"{part * 100:+.0f} %" for part in apart)
    return Aim(work, "straight line through the others", aim, told, max(map(abs, apart)) <= within)


def grows_with_what_is_kept(results: Results, work: str, series: Series, within: float) -> Aim:
    """Tell whether what is kept of a further part takes the same memory, however many parts there are."""
    points = [(size, peak) for size, name in series.programs.items() if (peak := results.peak(series.contest, name))]
    aim = "each further part takes the same"
    if len(points) < len(series.programs):
        return missing(work, "own size", aim)
    slopes = [(after[1] - before[1]) / (after[0] - before[0]) for before, after in pairwise(points)]
    measured = f"{', '.join(f'{peak / MEGABYTE:.0f}' for _, peak in points)} MB"
    return Aim(work, "own size", aim, measured, slopes[-1] <= slopes[0] * (1 + within))
