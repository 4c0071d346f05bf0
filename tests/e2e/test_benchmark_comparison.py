"""How sigtrace is compared with other tools: what is asked of whom, and what becomes of the figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.comparison.aims import (
    Aim,
    Bound,
    Results,
    Series,
    as_long,
    faster,
    grows_straight,
    grows_with_what_is_kept,
    peak_below,
    peak_beside,
)
from benchmarks.comparison.captures import Capture, Captures
from benchmarks.comparison.contests import EXPORT, Contest, contests, other
from benchmarks.comparison.growth import deviations, fit
from benchmarks.comparison.programs import Caller, Place, Program
from benchmarks.comparison.running import Command, Run, rotated, run, run_in_turn
from benchmarks.comparison.tables import aims_table, contest_table, insert
from benchmarks.comparison.works import WORKS, choose
from benchmarks.stages.names import ORDER, STARTING
from benchmarks.traffic.formats import write
from benchmarks.traffic.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]


def of_seconds(**programs: Iterable[float]) -> Results:
    """Return what was measured of some programs of one contest."""
    return Results({"A": {name: [Run(one, 0) for one in seconds] for name, seconds in programs.items()}})


def of_peaks(**programs: int) -> Results:
    """Return the same of one run each: its peak in megabytes."""
    return Results({"A": {name: [Run(1.0, peak * 10**6)] for name, peak in programs.items()}})


# What is asked


def test_works_name_what_there_is() -> None:
    """Every contest and program that a work needs exists, and every contest is needed by some work."""
    known = contests(1)
    for work in WORKS.values():
        assert all(set(programs) <= set(known[key].programs) for key, programs in work.needs.items())
    assert set(choose(list(WORKS), 1)) == set(known)


@pytest.mark.parametrize("letter", WORKS)
def test_aims_look_where_programs_run(letter: str) -> None:
    """Once all programs that a work asks for have run, each of its aims was measured."""
    once = (Run(1.0, 10**6),)
    seen = {key: dict.fromkeys(contest.programs, once) for key, contest in choose([letter], 1).items()}
    assert all(aim.is_met is not None for aim in WORKS[letter].aims(Results(seen)))


@pytest.mark.parametrize("letter", WORKS)
def test_aims_without_tools_are_told(letter: str) -> None:
    """Where nothing is installed, each aim is still told, and is neither met nor missed."""
    aims = WORKS[letter].aims(Results({}))
    assert {(aim.measured, aim.is_met) for aim in aims} == {("not installed", None)}


def test_memory_alone_asks_for_exports_alone() -> None:
    """For peaks of memory no other tool runs, unless another work asks for it."""
    alone = choose(["F"], 1)
    assert {name for key in "ACD" for name in alone[key].programs} == {EXPORT}
    assert len(choose(["A", "F"], 1)["A"].programs) > 1


# How it runs


def test_words_become_a_command(tmp_path: Path) -> None:
    """A capture is made where it is needed and stands as its path; a stream is made by its reader's source."""
    captures = Captures(tmp_path, 0.001, 1)
    small = Capture("media", calls=1)
    caller = Caller(captures, tmp_path)
    command = caller.command(Program(("cat", small)))
    assert command.words == ["cat", str(captures.path(small))]
    assert captures.path(small).stat().st_size > 0
    stream = caller.command(Program((Place.SIGTRACE, "export", "-o", Place.OUTPUT, "-"), source=small))
    assert stream.words[-3:] == ["-o", str(tmp_path / "export.ndjson"), "-"]
    assert run(stream).seconds > 0
    assert (tmp_path / "export.ndjson").read_bytes().count(b'"type":"exchange"') == 34


def test_captures_have_names_of_their_own(tmp_path: Path) -> None:
    """Kind, size, calls, format and seed of a capture all are in its name."""
    media = Capture("media")
    some = [media, Capture("dense"), Capture("media", times=2), Capture("media", calls=3), other(media, ".pcap")]
    folders = [Captures(tmp_path, scale, seed) for scale in (1, 0.1) for seed in (1, 2)]
    assert len({folder.path(one) for folder in folders for one in some}) == len(some) * len(folders)


def test_turns_begin_with_another() -> None:
    """All programs run in each turn, and each is the first as often as the others."""
    turns = [rotated(["a", "b", "c"], turn) for turn in range(3)]
    assert turns == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]]


def test_runs_are_counted(tmp_path: Path) -> None:
    """Each program runs as often as it should, in a folder that is empty before each run."""
    words = [sys.executable, "-c", "import os; assert not os.listdir(); open('left', 'w')"]
    command = Command(words, folder=tmp_path / "files", is_emptied=True)
    runs = run_in_turn("one", {"maker": command}, 3)["maker"]
    assert len(runs) == 3
    assert all(one.peak > 10**6 and one.seconds > 0 for one in runs)


def test_modules_may_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs run without PYTHONDONTWRITEBYTECODE, whoever measures has it or not."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    run(Command([sys.executable, "-c", "import sys; sys.exit(sys.dont_write_bytecode)"]))


def test_failure_ends_it() -> None:
    """A program that fails is an error with what it said, as its time would mean nothing; a good exit code is none."""
    words = [sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(4)"]
    with pytest.raises(SystemExit, match="no such thing"):
        run(Command(words))
    run(Command(words, good=frozenset({0, 4})))


# What becomes of the figures


def test_ratio_is_of_turns() -> None:
    """A ratio is the median of the turns' own: a turn in which the machine had more to do changes nothing."""
    results = of_seconds(ours=[1, 10, 1], theirs=[40, 400, 39])
    assert results.ratio("A", "theirs", "ours") == 40
    assert results.seconds("A", "ours") == 1


@pytest.mark.parametrize(("seconds", "is_met"), [(40, True), (39.9, False)])
def test_faster(seconds: float, is_met: bool) -> None:  # noqa: FBT001
    """An aim of being some times faster is met from there on."""
    aim = faster(of_seconds(ours=[1], theirs=[seconds]), "A", "A", ("ours", "theirs"), 40)
    assert aim.is_met is is_met
    assert (aim.aim, aim.against) == ("at least 40 times faster", "theirs")


@pytest.mark.parametrize(("seconds", "is_met"), [(2.5, True), (2.51, False)])
def test_as_long(seconds: float, is_met: bool) -> None:  # noqa: FBT001
    """An aim of taking some times as long is met up to there."""
    aim = as_long(of_seconds(ours=[seconds], theirs=[1]), "A", "A", ("ours", "theirs"), 2.5)
    assert aim == Aim("A", "theirs", "at most 2.5 times as long", f"{seconds:.2f} times as long", is_met)


@pytest.mark.parametrize(("peak", "is_met"), [(60, True), (61, False), (149, False)])
def test_peak_beside(peak: int, is_met: bool) -> None:  # noqa: FBT001
    """A peak is bounded by another."""
    aim = peak_beside(of_peaks(ours=peak, own=50), "F", ("A", "ours"), ("A", "own"), Bound(1.2, 150))
    assert aim.is_met is is_met


def test_peak_below() -> None:
    """A peak is bounded by a number, whatever it stands beside."""
    results = of_peaks(ours=150, own=140)
    assert peak_below(results, "F", ("A", "own"), 150).is_met
    assert not peak_below(results, "F", ("A", "ours"), 150).is_met
    assert not peak_beside(results, "F", ("A", "ours"), ("A", "own"), Bound(1.2, 150)).is_met


def test_line_goes_through_its_points() -> None:
    """Points on a straight line have no deviation, and the line is theirs."""
    points = [(size, 0.2 + 0.3 * size) for size in (1, 2, 4, 8)]
    line = fit(points)
    assert (line.start, line.slope) == (pytest.approx(0.2), pytest.approx(0.3))
    assert deviations(points) == pytest.approx([0, 0, 0, 0], abs=1e-9)


@pytest.mark.parametrize(("square", "is_met"), [(0, True), (0.001, True), (0.02, False)])
def test_growth(square: float, is_met: bool) -> None:  # noqa: FBT001
    """Time that grows with the square of the size is found, though starting takes its time too."""
    sizes = (1, 2, 4, 8)
    results = of_seconds(**{str(size): [0.2 + 0.3 * size + square * size**2] for size in sizes})
    series = Series("A", {size: str(size) for size in sizes})
    assert grows_straight(results, "I", series, 0.1).is_met is is_met


@pytest.mark.parametrize(("peaks", "is_met"), [((60, 70, 90), True), ((60, 70, 95), False), ((60, 70, 80), True)])
def test_kept(peaks: tuple[int, int, int], is_met: bool) -> None:  # noqa: FBT001
    """Memory may grow as what is kept does, and no faster."""
    results = of_peaks(one=peaks[0], two=peaks[1], four=peaks[2])
    series = Series("A", {1: "one", 2: "two", 4: "four"})
    assert grows_with_what_is_kept(results, "F", series, 0.1).is_met is is_met


def test_tables() -> None:
    """Aims stand beside what was measured, and programs beside the first of their contest."""
    aims = [Aim("A", "cat", "fast", "quick", is_met=is_met) for is_met in (True, False, None)]
    judged = aims_table(aims, is_judged=True).splitlines()
    assert judged[2:] == [f"| A | cat | fast | quick | {verdict} |" for verdict in ("met", "**missed**", "")]
    assert not any(word in aims_table(aims, is_judged=False) for word in ("met", "missed"))
    contest = Contest("A: all", {name: Program((name,)) for name in ("ours", "theirs", "absent")})
    table = contest_table("A", contest, of_seconds(ours=[2], theirs=[1])).splitlines()
    assert table[0] == "### A: all"
    assert table[4:] == ["| ours | 2.000 | 1.00 | 0 |", "| theirs | 1.000 | 0.50 | 0 |"]


def test_figures_go_between_marks(tmp_path: Path) -> None:
    """A report replaces what stood between the marks, again and again; a page without them is an error."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n", encoding="utf-8")
    for report in ("first\n", "second\n"):
        insert(page, "figures", report)
    assert page.read_text() == "before\n<!-- figures -->\n\nsecond\n\n<!-- end of figures -->\nafter\n"
    with pytest.raises(SystemExit, match="no place for the stages"):
        insert(page, "stages", "third")


def test_page_has_its_marks(tmp_path: Path) -> None:
    """docs/performance.md has a place for both reports."""
    page = tmp_path / "performance.md"
    page.write_text((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), encoding="utf-8")
    for mark in ("figures", "stages"):
        insert(page, mark, f"these are {mark}")
        assert f"these are {mark}" in page.read_text(encoding="utf-8")


# The whole way


def test_command_runs() -> None:
    """The command makes its captures, runs what is asked for and prints aims and times."""
    command = [sys.executable, "benchmarks/compare.py", "--small", "--only", "H"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "| H C as classic pcap | export of pcapng | at most 1.2 times as long |" in done.stdout
    assert "### H: A as classic pcap" in done.stdout
    assert "missed" not in done.stdout


def test_stages_are_told(tmp_path: Path) -> None:
    """Looking at an export tells stages that there are, starting among them, and leaves the export as it is."""
    capture, told, records = (tmp_path / name for name in ("made.pcapng", "stages.json", "records.ndjson"))
    write(capture, KINDS["dense"].make(1, 3, 1))
    words = ["export", "--format", "ndjson", "-o", str(records), str(capture)]
    command = [sys.executable, "-m", "benchmarks.stages.sampler", str(told), *words]
    subprocess.run(command, cwd=ROOT, check=True)
    stages = json.loads(told.read_text())
    assert set(stages) <= set(ORDER)
    assert stages[STARTING] > 0
    looked_at = records.read_bytes()
    subprocess.run([sys.executable, "-m", "sigtrace", *words], cwd=ROOT, check=True)
    assert records.read_bytes() == looked_at
