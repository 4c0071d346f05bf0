"""Each flood of the benchmarks, small, against bounds made small: it reaches its bound, and spoils nothing else."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

import sigtrace
from benchmarks.floods.flood import Flood, make
from benchmarks.floods.registry import FLOODS
from sigtrace import notices
from sigtrace.application import unfinished
from sigtrace.application.http.message import ExchangeState
from sigtrace.packets.net import fragments
from sigtrace.signaling import exchange_log
from sigtrace.streams import outlet
from sigtrace.streams.reassembly import Reassembler

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.trace import Trace

FEW = {  # floods of long things: how many are enough
    "heads-open-long": 5,
    "bodies-open": 5,
    "bodies-unanswered": 5,
    "names-long": 5,
    "sdp-lines": 1,
    "json-deep": 1,
    "json-digits": 1,
    "json-objects": 1,
    "bombs-gzip": 1,
    "bombs-deflate": 1,
    "bombs-br": 1,
    "bombs-zstd": 1,
    "bombs-websocket": 1,
    "homemade-levels": 2,
    "homemade-strings": 1,
    "homemade-wrapped": 2,
    "homemade-batches": 5,
    "homemade-lists": 1,
    "pipelined": 1_500,
    "pipelined-answered": 500,
}
# Where the bounds are this small, these codes are due besides those that the floods name.
ALSO = {
    "heads-pipelined": "http.flows-let-go",
    "heads-open-long": "http.flows-let-go",
    "bodies-open": "http.bodies-shed",
    "messages": "trace.signaling-dropped",
    "json-deep": "signaling.malformed-message",
    "json-objects": "signaling.malformed-message",
    "syns-and-data": "trace.exchanges-dropped",
}


def size_of(name: str, flood: Flood) -> int:
    """Return a size at which a flood takes a fraction of a second."""
    return FEW.get(name, 1_200_000 if flood.unit == "bytes" else 300)


@pytest.fixture
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make bounds small enough for small floods."""
    monkeypatch.setitem(Reassembler.__init__.__kwdefaults__, "max_flows", 50)
    monkeypatch.setattr(outlet, "WAITING_PIECES", 100)
    monkeypatch.setattr(fragments, "MAX_PACKETS", 2)
    monkeypatch.setattr(notices, "KEPT_PER_CODE", 100)
    monkeypatch.setattr(exchange_log, "KEPT_OTHER", 100)
    monkeypatch.setattr(exchange_log, "KEPT_SIGNALING", 250)
    monkeypatch.setattr(unfinished, "MAX_UNFINISHED", 100_000)


def analyzed(name: str) -> Trace:
    """Analyze a small flood, fed in pieces small enough for bounds over all flows to be looked at."""
    flood = FLOODS[name]
    return sigtrace.analyze(sigtrace.read(io.BytesIO(b"".join(make(flood, size_of(name, flood))))))


def asked(trace: Trace, target: bytes) -> list[Exchange]:
    """Return the exchanges of a target."""
    return [one for one in trace.exchanges if one.request is not None and one.request.target == target]


@pytest.mark.usefixtures("_small_bounds")
@pytest.mark.parametrize("name", [name for name in FLOODS if name not in {"body-long", "chunks-tiny"}])
def test_a_flood_reaches_its_bound_and_spoils_nothing_else(name: str) -> None:
    """The notice of its bound is there, and the exchange before the flood on another flow is whole."""
    trace = analyzed(name)
    codes = {notice.code for notice in trace.notices}
    assert {FLOODS[name].shows, ALSO.get(name)} - {None} <= codes
    (before,) = asked(trace, b"/sign_in?before")
    assert before.state is ExchangeState.COMPLETE


@pytest.mark.parametrize("name", ["syns", "fragments-ipv4", "bytes-with-holes", "damaged", "pipelined", "head-endless"])
def test_what_goes_on_besides_is_whole(name: str) -> None:
    """With the bounds as they are, a wait that hung during the flood is answered, and who comes after it is heard."""
    trace = analyzed(name)
    (waited,), (after,) = asked(trace, b"/wait?peer_id=1"), asked(trace, b"/sign_in?after")
    assert waited.state is after.state is ExchangeState.COMPLETE
    assert waited.response is not None
    assert waited.response.body.data == b"after,2,1\n"


@pytest.mark.usefixtures("_small_bounds")
@pytest.mark.parametrize("name", ["syns", "syns-answered", "syn-acks", "resets"])
def test_who_says_nothing_leaves_first(name: str) -> None:
    """Connections that carry nothing, in any number, do not take the place of a wait that hangs."""
    (waited,) = asked(analyzed(name), b"/wait?peer_id=1")
    assert waited.state is ExchangeState.COMPLETE


@pytest.mark.usefixtures("_small_bounds")
def test_what_is_known_of_flows_is_bounded() -> None:
    """Of flows that nothing is kept of, nothing is listed."""
    trace = analyzed("syns-and-data")
    assert len(trace.flows) <= len(trace.exchanges) <= 104
