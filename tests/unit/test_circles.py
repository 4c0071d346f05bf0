"""What the stages let go while they are fed goes at once: commands that read files look for no garbage."""

from __future__ import annotations

import gc
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.floods.flood import make
from benchmarks.floods.registry import FLOODS
from sigtrace import CaptureError, read
from sigtrace.pipeline import Analyzer
from sigtrace.streams.reassembly import Reassembler

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CAPTURES = sorted(path for path in ROOT.glob("captures/*/*.pcap*") if path.suffix in {".pcap", ".pcapng"})
SEEDS = sorted(path for path in (ROOT / "tests/fuzz").rglob("*") if path.is_file() and "seeds" in path.parts)


@pytest.fixture(autouse=True)
def _nothing_is_collected() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def circles(capture: bytes) -> int:
    """Return how many objects that nobody can reach are there when the last packet has been fed."""
    analyzer = Analyzer()
    gc.collect()
    try:
        for item in read(io.BytesIO(capture)):
            analyzer.feed(item)
    except CaptureError:
        pass
    return gc.collect()


def lasting_circles(capture: bytes) -> int:
    """Return the same, without what importing leaves, which it does once."""
    return circles(capture) and circles(capture)


@pytest.mark.parametrize("path", [*CAPTURES, *SEEDS], ids=lambda path: path.name)
def test_captures_leave_no_circles(path: Path) -> None:
    """Feeding a capture leaves no objects that hold each other and nobody else."""
    assert lasting_circles(path.read_bytes()) == 0


@pytest.mark.parametrize("name", FLOODS)
def test_floods_leave_no_circles(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does a flood, of which connections are dropped for there being too many."""
    monkeypatch.setitem(Reassembler.__init__.__kwdefaults__, "max_flows", 20)
    flood = FLOODS[name]
    assert lasting_circles(b"".join(make(flood, max(1, flood.size // 1000)))) == 0
