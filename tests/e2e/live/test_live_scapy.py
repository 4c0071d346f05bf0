"""scapy's sockets as they are, which other systems get, give what the raw sockets give."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.batch import CaptureEnded
from sigtrace.errors import SourceError
from sigtrace.sources.live.dumpcap import DumpcapCapture
from sigtrace.sources.live.engines import Engine, source_for
from sigtrace.sources.live.scapy_sockets import ScapySockets
from sigtrace.sources.live.sockets import RawSockets
from sigtrace.sources.live.source import Counters, Settings
from tests.builders.cables import Cable, Seen, cable, needs_root, watch

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def wire() -> Iterator[Cable]:
    """A cable in a namespace, which the test is inside of."""
    with cable() as made:
        yield made


@needs_root
def test_scapy_sees_the_same(wire: Cable) -> None:
    """Packets of two interfaces are the same, in the same order, at the same times; a filter is kept."""
    settings = Settings(interfaces=("va", "vb"), capture_filter="udp port 9000")
    sources: list[tuple[RawSockets | ScapySockets, Seen]] = [
        (RawSockets(settings), Seen()),
        (ScapySockets(settings), Seen()),
    ]
    for source, seen in sources:
        seen.add(source.open())
    wire.send([b"not this"], port=9001)
    wire.send(bytes([number]) * 20 for number in range(100))
    for source, seen in sources:
        watch(source, seen, packets=200)
    (raw, raw_seen), (plain, plain_seen) = sources
    assert plain_seen.packets == raw_seen.packets
    assert plain_seen.interfaces == raw_seen.interfaces
    assert max(abs(one - other) for one, other in zip(plain_seen.times, raw_seen.times, strict=True)) < 10**6
    assert len(plain_seen.packets) == 200
    assert plain_seen.numbers == list(range(1, 201))
    assert plain.counters() == Counters(received=200, dropped=None)
    assert isinstance(plain.close()[-1], CaptureEnded)
    assert plain.close() == []
    assert plain.poll(0) is None
    raw.close()


@needs_root
@pytest.mark.usefixtures("wire")
@pytest.mark.parametrize(("settings", "words"), [(("eth7", ""), "no interface eth7"), (("lo", "udp port"), "syntax")])
def test_refusals(settings: tuple[str, str], words: str) -> None:
    """What scapy refuses is an error that says why."""
    source = ScapySockets(Settings(interfaces=(settings[0],), capture_filter=settings[1]))
    with pytest.raises(SourceError, match=words):
        source.open()


def test_engine_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux has its own sockets, other systems those of scapy, and dumpcap is taken where it is asked for."""
    settings = Settings(interfaces=("lo",))
    assert isinstance(source_for(settings, Engine.DUMPCAP), DumpcapCapture)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert isinstance(source_for(settings), ScapySockets)
    monkeypatch.setattr(sys, "platform", "linux")
    assert isinstance(source_for(settings), RawSockets)
