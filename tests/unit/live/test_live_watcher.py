"""Following a capture for long: what is kept stays little, and what is told of the rest stays the same."""

from __future__ import annotations

from sigtrace.capture.batch import Batch
from sigtrace.live.watcher import Watcher
from sigtrace.pipeline import analyze
from sigtrace.sources.file import read
from tests.builders.live import divide

PATH = "captures/server-restart/server-restart.pcapng"


def test_connections_that_are_over_are_forgotten() -> None:
    """With what was said on them, connections that are over are forgotten too: looking at all takes no longer."""
    watcher = Watcher(kept=10)
    for item in divide(read(PATH), [20]):
        watcher.feed([item])
        if isinstance(item, Batch) and watcher.settle(at_rest=True):
            watcher.tell()
    assert watcher.forgotten > 10
    assert len(watcher._analyzer._reassembler.flows()) < len(analyze(read(PATH)).flows) - 10


def test_nothing_new_is_nothing_to_tell() -> None:
    """After all was told there is nothing more to tell until more comes."""
    watcher = Watcher()
    items = list(divide(read("captures/basic-call/basic-call.pcapng"), [1000]))
    watcher.feed(items[:3])
    assert watcher.settle(at_rest=True)
    watcher.tell()
    assert not watcher.settle(at_rest=True)
