"""dumpcap as an engine: it gives what the raw sockets give, and what it complains of is told."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.batch import CaptureEnded, CaptureStarted, InterfaceStatistics
from sigtrace.errors import SourceError
from sigtrace.sources.live.dumpcap import PROGRAM_ENDED, DumpcapCapture
from sigtrace.sources.live.sockets import RawSockets
from sigtrace.sources.live.source import Counters, Settings
from tests.builders.cables import Cable, Seen, cable, needs_root, talk_to_self, watch

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [needs_root, pytest.mark.skipif(shutil.which("dumpcap") is None, reason="dumpcap is not installed")]
TEXTS = [f"datagram {number}".encode() * (1 + number % 50) for number in range(300)]


@pytest.fixture
def wire() -> Iterator[Cable]:
    """A cable in a namespace, which the test is inside of."""
    with cable() as made:
        yield made


def listen(*interfaces: str, **settings: object) -> tuple[DumpcapCapture, Seen]:
    """Return an opened source, and what it said at once."""
    source = DumpcapCapture(Settings(interfaces=interfaces, **settings))  # type: ignore[arg-type]
    seen = Seen()
    seen.add(source.open())
    return source, seen


@pytest.mark.parametrize("interfaces", [("vb",), ("lo",), ("va", "vb", "lo")])
def test_engines_see_the_same(wire: Cable, interfaces: tuple[str, ...]) -> None:
    """Both engines give the same packets in the same order, at the same times."""
    raw, raw_seen = RawSockets(Settings(interfaces=interfaces)), Seen()
    raw_seen.add(raw.open())
    source, seen = listen(*interfaces)
    for text in TEXTS:
        wire.send([text])
        talk_to_self([text])
    packets = len(TEXTS) * len(interfaces)
    watch(source, seen, packets=packets)
    watch(raw, raw_seen, packets=packets)
    assert len(seen.packets) == packets
    assert sorted(seen.rows()) == sorted(raw_seen.rows())
    if len(interfaces) == 1:
        assert seen.rows() == raw_seen.rows()
    assert source.counters() == Counters(received=packets, dropped=None)
    seen.add(source.close())
    assert seen.numbers == list(range(1, packets + 1))
    assert isinstance(seen.items[-1], CaptureEnded)
    assert source.counters() == Counters(received=packets, dropped=0)
    assert source.close() == []
    assert source.poll(0) is None
    raw.close()


def test_what_comes_last_is_kept(wire: Cable) -> None:
    """What dumpcap had not yet given when it was told to end is given at the end, with its counts."""
    source, seen = listen("vb")
    wire.send([b"x" * 1000] * 2000)
    seen.add(source.close())
    assert len(seen.packets) == 2000
    assert [item for item in seen.items if isinstance(item, InterfaceStatistics)] == [
        InterfaceStatistics(interface=0, received=2000, dropped=0)
    ]
    assert seen.numbers == list(range(1, 2001))


def test_options_are_passed_on(wire: Cable) -> None:
    """Filter, snap length and the like are dumpcap's."""
    source, seen = listen("vb", capture_filter="udp port 9001", snap_length=64, promiscuous=False, buffer_kib=1)
    wire.send([b"not this"])
    wire.send([b"x" * 200], port=9001)
    watch(source, seen, packets=1)
    source.close()
    assert [len(packet) for packet in seen.packets] == [64]
    assert seen.originals == [242]


@pytest.mark.usefixtures("wire")
def test_refusals_are_ours() -> None:
    """No such interface and a wrong filter are the errors of the other engine; others are told in dumpcap's words."""
    with pytest.raises(SourceError, match="no interface eth7") as problem:
        listen("eth7")
    assert "there are: lo" in problem.value.hint
    with pytest.raises(SourceError, match=r"the capture filter 'udp port': .*syntax error"):
        listen("lo", capture_filter="udp port")


def test_interface_that_is_down_is_refused(wire: Cable) -> None:
    """What dumpcap alone complains of is told in its words."""
    wire.ip("link set vb down")
    with pytest.raises(SourceError, match="not up"):
        listen("vb")


def test_death_is_told(wire: Cable) -> None:
    """When dumpcap dies, what it gave is kept, its end is told, and the source ends."""
    source, seen = listen("vb")
    wire.send([b"before"])
    watch(source, seen, packets=1)
    assert source._process is not None
    os.kill(source._process.pid, signal.SIGKILL)
    assert watch(source, seen, notices=1)
    assert seen.codes() == [PROGRAM_ENDED]
    assert isinstance(seen.items[0], CaptureStarted)
    assert len(seen.packets) == 1
    assert source.close() == []


def test_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dumpcap, what to install is said."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SourceError, match="not installed") as problem:
        listen("lo")
    assert "apt install" in problem.value.hint
