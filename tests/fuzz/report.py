"""What fuzzing and the campaign print: plain tables, for a terminal and for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.fuzz.campaign import Outcome, Tally
    from tests.fuzz.guided import Finding

LAST_WORDS = 40  # lines of a target's log
RAISED = "=== Uncaught Python exception: ==="  # what atheris says before a traceback
SHOWN_PROBLEMS = 3  # of one copy: the others are as a rule the same


def table(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a Markdown table; the first row is its head, the first column its words."""
    texts = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for number, row in enumerate(texts):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield f"|{'|'.join('-' * (width + 2 - bool(at)) + ':' * bool(at) for at, width in enumerate(widths))}|"


def tell_findings(findings: list[Finding]) -> Iterator[str]:
    """Yield what came of fuzzing."""
    head = ("target", "inputs tried", "a second", "crashes", "hangs", "slowest, s", "peak, MiB", "edges", "features")
    rows: list[Sequence[object]] = [head]
    for one in findings:
        counts = (one.executions, one.per_second, len(one.crashes), len(one.hangs), one.slowest_s, one.peak_mib)
        rows.append((one.target, *counts, one.edges, one.features))
    totals = (sum(one.executions for one in findings), "", sum(len(one.crashes) for one in findings))
    rows.append(("all", *totals, sum(len(one.hangs) for one in findings), "", "", "", ""))
    yield from table(rows)
    for one in findings:
        for path in (*one.crashes, *one.hangs):
            yield f"{one.target}: {path}"
        if not one.ended_well:
            yield f"{one.target} ended with an error:"
            yield from one.log.partition(RAISED)[2].splitlines()[:LAST_WORDS] or one.log.splitlines()[-LAST_WORDS:]


def tell_outcome(outcome: Outcome) -> Iterator[str]:
    """Yield what went wrong with one copy."""
    yield f"{outcome.copy}: {outcome.verdict}, {len(outcome.problems)} problems"
    for problem in outcome.problems[:SHOWN_PROBLEMS]:
        yield f"  {problem.rstrip()}"


def tell_tally(tally: Tally, peak_memory: int) -> Iterator[str]:
    """Yield what came of the campaign."""
    verdicts = list(tally.verdicts)
    rows: list[Sequence[object]] = [("damage", "copies", *verdicts)]
    for kind, counts in tally.by_kind.items():
        rows.append((kind, counts.total(), *(counts[verdict] for verdict in verdicts)))
    rows.append(("all", tally.verdicts.total(), *(tally.verdicts[verdict] for verdict in verdicts)))
    yield from table(rows)
    yield f"{tally.untouched:,} exchanges on untouched flows were compared with the originals'"
    for outcome in tally.slowest:
        yield f"slowest: {outcome.seconds:.2f} s of processor time, {outcome.copy}"
    yield f"peak memory: {peak_memory >> 20} MiB"
