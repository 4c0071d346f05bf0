"""What the pipeline keeps of bodies: all within a bound, and above it their measure and digest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sigtrace
from sigtrace import pipeline

if TYPE_CHECKING:
    import pytest

CAPTURE = Path(__file__).parents[2] / "captures" / "basic-call" / "basic-call.pcapng"


def _total(trace: sigtrace.Trace) -> int:
    """Return the bytes of all bodies."""
    heads = [head for one in trace.exchanges for head in (one.request, one.response) if head]
    return sum(head.body.length or 0 for head in heads)


def test_bodies_within_the_bound_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every body counts once against the bound, which is reached when there is more and not before."""
    monkeypatch.setattr(pipeline, "KEPT_BODIES", _total(sigtrace.analyze(sigtrace.read(CAPTURE))))
    trace = sigtrace.analyze(sigtrace.read(CAPTURE))
    assert pipeline.BODIES_DROPPED not in {notice.code for notice in trace.notices}


def test_bodies_above_the_bound_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the bound a notice says so, once, and bodies have their length and digest still."""
    whole = sigtrace.analyze(sigtrace.read(CAPTURE))
    monkeypatch.setattr(pipeline, "KEPT_BODIES", _total(whole) - 1)
    trace = sigtrace.analyze(sigtrace.read(CAPTURE))
    assert [notice.code for notice in trace.notices].count(pipeline.BODIES_DROPPED) == 1
    for before, after in zip(whole.exchanges, trace.exchanges, strict=True):
        assert before.request
        assert after.request
        assert (before.request.body.length, before.request.body.sha256) == (
            after.request.body.length,
            after.request.body.sha256,
        )
