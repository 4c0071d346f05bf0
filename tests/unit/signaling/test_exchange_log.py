"""ExchangeLog: bodies within a bound, above it their measure and digest; what is no signaling within another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sigtrace
from sigtrace.signaling import PROTOCOLS, exchange_log
from tests.builders.exchanges import ALICE, Wire

if TYPE_CHECKING:
    import pytest

CAPTURE = Path(__file__).parents[3] / "captures" / "basic-call" / "basic-call.pcapng"


def _total(trace: sigtrace.Trace) -> int:
    """Return the bytes of all bodies."""
    heads = [head for one in trace.exchanges for head in (one.request, one.response) if head]
    return sum(head.body.length or 0 for head in heads)


def test_bodies_within_the_bound_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every body counts once against the bound, which is reached when there is more and not before."""
    monkeypatch.setattr(exchange_log, "KEPT_BODIES", _total(sigtrace.analyze(sigtrace.read(CAPTURE))))
    trace = sigtrace.analyze(sigtrace.read(CAPTURE))
    assert exchange_log.BODIES_DROPPED not in {notice.code for notice in trace.notices}


def test_bodies_above_the_bound_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the bound a notice says so, once, and bodies have their length and digest still."""
    whole = sigtrace.analyze(sigtrace.read(CAPTURE))
    monkeypatch.setattr(exchange_log, "KEPT_BODIES", _total(whole) - 1)
    trace = sigtrace.analyze(sigtrace.read(CAPTURE))
    assert [notice.code for notice in trace.notices].count(exchange_log.BODIES_DROPPED) == 1
    for before, after in zip(whole.exchanges, trace.exchanges, strict=True):
        assert before.request
        assert after.request
        assert (before.request.body.length, before.request.body.sha256) == (
            after.request.body.length,
            after.request.body.sha256,
        )


def test_other_exchanges_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of exchanges that are no signaling the first ones are kept, without bodies; signaling is kept in any case."""
    monkeypatch.setattr(exchange_log, "KEPT_OTHER", 2)
    wire = Wire()
    for at in range(4):
        wire.add(ALICE, f"/page{at}", at, at + 0.1, answer=(b"<html>", None))
    wire.wait(ALICE, 1, 9.0, None)
    log = exchange_log.ExchangeLog(PROTOCOLS)
    for exchange in wire.exchanges:
        log.add(exchange)
    kept = log.finished()
    assert [one.request.target for one in kept if one.request] == [b"/page0", b"/page1", b"/wait?peer_id=1"]
    assert kept[0].response
    assert kept[0].response.body.data is None
    assert [notice.code for notice in log.notices()] == [exchange_log.EXCHANGES_DROPPED]


def test_what_bears_something_else_is_kept_whole() -> None:
    """Exchanges that bear what protocols decode are signaling, whatever they look like themselves."""
    wire = Wire()
    for path in ("/socket.io/", "/page"):
        wire.add(ALICE, path, 1.0, 1.1, answer=(b"2:40", None))
    log = exchange_log.ExchangeLog(PROTOCOLS, bears=lambda one: one.request is not None and b"io" in one.request.target)
    for exchange in wire.exchanges:
        log.add(exchange)
    assert [one.response.body.data for one in log.finished() if one.response] == [b"2:40", None]


def test_signaling_is_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of signaling the first exchanges are kept as far as the bound goes, in order; a notice counts the others."""
    monkeypatch.setattr(exchange_log, "KEPT_SIGNALING", 2)
    wire = Wire()
    for at in range(5):
        wire.wait(ALICE, 1, float(at), None)
    log = exchange_log.ExchangeLog(PROTOCOLS)
    assert [log.add(exchange) for exchange in wire.exchanges] == [True, True, False, False, False]
    assert [one.at_ns for one in log.finished()] == [one.at_ns for one in wire.exchanges[:2]]
    (notice,) = log.notices()
    assert notice.code == exchange_log.SIGNALING_DROPPED
    assert notice.text.startswith("3 ")


def test_long_heads_have_a_bound_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of exchanges with long heads some are kept; those with heads as heads are do not count."""
    monkeypatch.setattr(exchange_log, "KEPT_HEADS", 10_000)
    wire = Wire()
    for at in range(4):
        wire.add(ALICE, f"/{at}" + "x" * 8000, at, at + 0.1, answer=(b"", None))
    wire.add(ALICE, "/short", 5, 5.1, answer=(b"", None))
    log = exchange_log.ExchangeLog(PROTOCOLS)
    kept = [log.add(exchange) for exchange in wire.exchanges]
    assert (kept[0], kept[3], kept[4]) == (True, False, True)
    assert [notice.code for notice in log.notices()] == [exchange_log.EXCHANGES_DROPPED]
