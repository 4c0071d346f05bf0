"""Laws of drawing while a capture grows: every row of the chart is drawn, and none twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.batch import Batch
from sigtrace.live.watcher import Watcher
from sigtrace.pipeline import analyze
from sigtrace.sources.file import read
from sigtrace.views.ladder import build_ladder
from sigtrace.views.ladder_news import LadderNews
from sigtrace.views.ladder_rows import Quiet
from tests.builders.live import divide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.trace import Trace
    from sigtrace.views.ladder_rows import Row

CAPTURES = Path("captures")
NEVER = 1 << 63


def draw(path: str, size: int, *, at_rest: bool) -> list[Row]:
    """Return the rows that are drawn when so many packets come at a time."""
    watcher, news = Watcher(), LadderNews()
    rows: list[Row] = []

    def show(trace: Trace, now_ns: int, *, ongoing: bool) -> None:
        ladder = build_ladder(trace, fold=False, ongoing=ongoing)
        rows.extend(row for section in news.of(ladder, now_ns) for row in section.rows)

    for item in divide(read(path), [size]):
        watcher.feed([item])
        if isinstance(item, Batch) and watcher.settle(at_rest=at_rest):
            trace = watcher.tell()
            show(trace, trace.last_ns, ongoing=True)
    show(watcher.close(), NEVER, ongoing=False)
    return rows


def words(rows: Iterable[Row]) -> Counter[tuple[object, ...]]:
    """Count rows by what they say."""
    return Counter(
        (getattr(row, "number", None), row.at_ns, getattr(row, "label", None) or getattr(row, "text", None))
        for row in rows
        if not isinstance(row, Quiet)
    )


def drawn_and_whole(name: str, size: int) -> tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]]:
    """Return the rows that were drawn of a capture, and those of all of it."""
    path = str(CAPTURES / name / f"{name}.pcapng")
    whole = build_ladder(analyze(read(path)), fold=False)
    return words(draw(path, size, at_rest=True)), words(row for section in whole.sections for row in section.rows)


@pytest.mark.parametrize("name", ["basic-call", "long-wait", "skyrtc-mesh"])
@pytest.mark.parametrize("size", [1, 7])
def test_every_row_is_drawn_once(name: str, size: int) -> None:
    """However few packets come at a time, the rows that were drawn are those of the whole."""
    drawn, whole = drawn_and_whole(name, size)
    assert (drawn - whole, whole - drawn) == (Counter(), Counter())


@pytest.mark.parametrize("name", ["chat-rooms", "generic-websocket", "whip"])
def test_no_row_is_left_out(name: str) -> None:
    """Where later packets give earlier ones another meaning, every row of the whole is drawn all the same."""
    drawn, whole = drawn_and_whole(name, 1)
    assert whole - drawn == Counter()
