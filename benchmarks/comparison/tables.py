"""The report: aims beside measurements, then each contest, as Markdown; and how it gets into a page."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from .aims import MEGABYTE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .aims import Aim, Results
    from .contests import Contest

VERDICTS = {True: "met", False: "**missed**", None: ""}


def aims_table(aims: Iterable[Aim], *, is_judged: bool) -> str:
    """Return the table of aims; without judgement where the captures are not those that the aims are about."""
    lines = ["| Work | Against | Aim | Measured | |", "|---|---|---|---|---|"]
    for work, against, aim, measured, is_met in aims:
        verdict = VERDICTS[is_met] if is_judged else ""
        lines.append(f"| {work} | {against} | {aim} | {measured} | {verdict} |")
    return "\n".join(lines)


def contest_table(key: str, contest: Contest, results: Results) -> str:
    """Return what each program of a contest took."""
    first = contest.first
    lines = [f"### {contest.title}", "", "| Program | Seconds | Beside the first | Peak, MB |", "|---|--:|--:|--:|"]
    for name in contest.programs:
        seconds, peak = results.seconds(key, name), results.peak(key, name)
        if seconds is None or peak is None:
            continue
        ratio = results.ratio(key, name, first)
        beside = "" if ratio is None else f"{ratio:.2f}"
        lines.append(f"| {name} | {seconds:.3f} | {beside} | {peak / MEGABYTE:.0f} |")
    return "\n".join(lines)


def insert(page: Path, mark: str, report: str) -> None:
    """Replace what stands between a page's marks `<!-- mark -->` and `<!-- end of mark -->`."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
    text = page.read_text(encoding="utf-8")
    before, opening, rest = text.partition(begin)
    _, closing, after = rest.partition(end)
    if not opening or not closing:
        raise SystemExit(f"{page} has no place for the {mark}: {begin.strip()} … {end}")
    page.write_text(f"{before}{begin}\n{report.strip()}\n\n{end}{after}", encoding="utf-8")


def machine() -> str:
    """Return what this ran on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} processors, {platform.system()}"
