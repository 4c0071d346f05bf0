"""Laws of watching: what was told while a capture grew is what the whole says, however its packets came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sigtrace.capture.batch import Batch
from sigtrace.export.records import records
from sigtrace.live.changes import Changes
from sigtrace.live.watcher import Watcher
from sigtrace.pipeline import Analyzer, analyze
from sigtrace.sources.file import read
from tests.builders.live import divide

CAPTURES = Path("captures")
NAMES = (
    "basic-call",
    "browser-call-gap",
    "busy-peers",
    "chat-rooms",
    "errors",
    "generic-http",
    "generic-websocket",
    "long-wait",
    "server-restart",
    "signalmaster-browsers",
    "skyrtc-mesh",
    "skyrtc-mesh-gap",
    "socketio-rooms",
    "websocket-late",
    "whip",
)
GAPS = {"browser-call-gap", "skyrtc-mesh-gap"}
SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=12)
Record = dict[str, Any]


def watch(name: str, sizes: list[int], kept: int) -> tuple[list[Record], list[Record], int]:
    """Return the records told while a capture was watched, those of the end, and how much was forgotten."""
    watcher, changes = Watcher(kept=kept), Changes()
    told: list[Record] = []
    for item in divide(read(str(CAPTURES / name / f"{name}.pcapng")), sizes):
        watcher.feed([item])
        if isinstance(item, Batch) and watcher.settle(at_rest=False):
            forgotten = watcher.forgotten
            told += changes.of(watcher.tell())
            if watcher.forgotten != forgotten:
                changes.forget(watcher.tell())
    told += changes.of(trace := watcher.close(), final=True)
    return told, list(records(trace)), watcher.forgotten


def last_of_each(told: list[Record]) -> dict[str, Record]:
    """Return the last record of each key, without the key, of those that were not withdrawn."""
    last: dict[str, Record] = {}
    for record in told:
        if record["type"] == "withdrawn":
            del last[record["key"]]
        else:
            last[record["key"]] = {name: value for name, value in record.items() if name != "key"}
    return last


def in_order(found: list[Record]) -> list[str]:
    """Return records such that they can be compared in whatever order they came."""
    return sorted(map(repr, found))


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=4)
@given(sizes=SIZES)
@example(sizes=[1])
def test_what_was_told_last_is_what_the_whole_says(name: str, sizes: list[int]) -> None:
    """The last record of each key that was told is a record of the export, and there are no others."""
    told, _, forgotten = watch(name, sizes, kept=10_000)
    whole = list(records(analyze(read(str(CAPTURES / name / f"{name}.pcapng")))))
    assert not forgotten
    assert in_order(list(last_of_each(told).values())) == in_order(whole)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=4)
@given(sizes=SIZES)
def test_telling_so_far_changes_nothing(name: str, sizes: list[int]) -> None:
    """A capture that was told again and again while it was read gives the trace that it gives read at once."""
    path = str(CAPTURES / name / f"{name}.pcapng")
    analyzer = Analyzer()
    for item in divide(read(path), sizes):
        analyzer.feed(item)
        analyzer.so_far()
    assert list(records(analyzer.close())) == list(records(analyze(read(path))))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {*GAPS, "busy-peers"}])
@pytest.mark.parametrize("kept", [40, 80])
def test_what_is_forgotten_was_told_as_the_whole_says_it(name: str, kept: int) -> None:
    """Where old parts are forgotten, what was told of everything is still what the whole says of it.

    But for the numbers of signals that come to light late: what they are counted among is forgotten. And where parts of
    the capture are missing, what is guessed of them by their company may be guessed otherwise; or where there is more
    at once than is kept.
    """
    told, _, _ = watch(name, [10], kept)
    whole = list(records(analyze(read(str(CAPTURES / name / f"{name}.pcapng")))))
    found = last_of_each(told).values()
    assert in_order([unnumbered(one) for one in found]) == in_order([unnumbered(one) for one in whole])


def unnumbered(record: Record) -> Record:
    """Return a record without numbers that count signals."""
    names = {"signal"} if record["type"] != "signal" else {"number"}
    return {name: value for name, value in record.items() if name not in (names | {"signals"})}
