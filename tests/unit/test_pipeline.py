"""The wiring, where it decides something itself: flows that end early, and what is let go while others come."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from benchmarks.floods.clock import Clock
from benchmarks.floods.frames import ACK, FILE_HEADER, FIN
from benchmarks.floods.handshakes import syns_and_data
from benchmarks.floods.talk import SERVER, Talk
from sigtrace import pipeline, read
from sigtrace.application.http.message import ExchangeEnd
from sigtrace.pipeline import Analyzer
from sigtrace.signaling import exchange_log
from sigtrace.streams.reassembly import Reassembler
from tests.builders.conversations import Conversation

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from benchmarks.floods.frames import Rows


def fed(rows: Iterable[Rows]) -> Analyzer:
    """Return an analyzer that was fed these packets."""
    analyzer = Analyzer()
    for item in read(io.BytesIO(b"".join([FILE_HEADER, *(row.tobytes() for row in rows)]))):
        analyzer.feed(item)
    return analyzer


def test_an_end_before_anything_was_said_counts() -> None:
    """Who closed before the other side spoke has closed: what the other asks then was ended by that."""
    talk = Talk((0x0A000001, 40_000), SERVER, Clock())
    rows = [*talk.open(), talk.segment(FIN | ACK), *talk.answer(b"GET / HTTP/1.1\r\n\r\n")]
    rows += [talk.segment(FIN | ACK, by_client=False), talk.segment(ACK)]
    (exchange,) = fed(rows).close().exchanges
    assert exchange.end is ExchangeEnd.SERVER_CLOSED


def test_connections_that_say_nothing_have_no_decoder() -> None:
    """Opened and closed, in whatever number, they leave nothing behind."""
    clock = Clock()
    talks = [Talk((0x0A000001, 40_000 + number), SERVER, clock) for number in range(5)]
    analyzer = fed(row for talk in talks for row in (*talk.open(), *talk.close()))
    analyzer._reassemble(analyzer._order.flush())
    assert not analyzer._decoders
    assert not analyzer._early_ends


def test_facts_of_flows_that_said_nothing_kept_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many connections come and go, only those of kept exchanges stay known, while the capture is read."""
    monkeypatch.setitem(Reassembler.__init__.__kwdefaults__, "max_flows", 20)
    monkeypatch.setattr(exchange_log, "KEPT_OTHER", 10)
    monkeypatch.setattr(pipeline, "FACTS_UNTIDIED", 5)
    clock = Clock()
    analyzer = Analyzer()
    for item in read(io.BytesIO(FILE_HEADER + b"".join(rows.tobytes() for rows in syns_and_data(60_000, clock)))):
        analyzer.feed(item)
        assert analyzer._reassembler.kept < 20_000  # those of one batch, and twice the ten that are kept
    trace = analyzer.close()
    assert len(trace.flows) == len(trace.exchanges) == 10


def test_a_flow_is_dropped_once() -> None:
    """Of chunks that one segment sets free, those behind what shows a flow is no HTTP are not decoded any more."""
    talk = Conversation()
    talk.handshake()
    talk.client.send(b"\0\1\2 strange")
    talk.client.send(b"GET / HTTP/1.1\r\n\r\n")
    *opened, strange, asked = talk.segments
    analyzer = Analyzer()
    analyzer._reassemble([*opened, asked, strange])
    assert not analyzer._decoders
    assert analyzer._reassembler.idlest([1]) == []
    assert analyzer.close().exchanges == ()


def test_empty_lines_are_not_kept() -> None:
    """However many empty lines come before a message, nothing is held of them."""
    talk = Talk((0x0A000001, 40_000), SERVER, Clock())
    rows = [*talk.open(), *(talk.segment(ACK, b"\r\n") for _ in range(500))]
    analyzer = fed(rows)
    analyzer._reassemble(analyzer._order.flush())
    (decoder,) = analyzer._decoders.values()
    assert decoder is not None
    assert decoder.memory < 1000
