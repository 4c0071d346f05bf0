"""What is heard live is analysed as what is read from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sigtrace
from sigtrace.capture.batch import Batch
from sigtrace.export.records import records
from sigtrace.sources.live.sockets import RawSockets
from sigtrace.sources.live.source import Settings
from tests.builders.cables import QUIET, Cable, cable, needs_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.trace import Trace

pytestmark = needs_root
CAPTURES = Path(__file__).parents[3] / "captures"


@pytest.fixture
def wire() -> Iterator[Cable]:
    """A cable in a namespace, which the test is inside of."""
    with cable() as made:
        yield made


def frames_of(path: Path) -> Iterator[bytes]:
    """Yield the packets of a capture."""
    for item in sigtrace.read(path):
        if isinstance(item, Batch):
            yield from (item.bytes_of(row) for row in range(len(item)))


def hear(source: RawSockets, wire: Cable, frames: list[bytes]) -> Iterator[CaptureItem]:
    """Send frames, some at a time, and yield what is heard of them."""
    yield from source.open()
    for start in range(0, len(frames), 50):
        wire.send_frames(frames[start : start + 50])
        yield from source.poll(QUIET) or []
    while items := source.poll(QUIET):
        yield from items
    yield from source.close()


SAID = {
    "exchange": ("client", "server", "kind", "method", "target", "status", "response_body"),
    "websocket_message": ("client", "server", "from", "opcode", "sha256"),
    "signal": ("kind", "from", "to"),
}


def signaling(trace: Trace) -> list[tuple[object, ...]]:
    """Return what was said, in any order and without times: the cable is faster than what was recorded."""
    said = [
        (one["type"], *(str(one[field]) for field in SAID[one["type"]]))
        for one in records(trace)
        if one["type"] in SAID
    ]
    return sorted(said)


@pytest.mark.parametrize("name", ["basic-call", "skyrtc-mesh", "vlan-tagged"])
def test_replayed_capture_is_analysed_as_the_file(wire: Cable, name: str) -> None:
    """A capture whose packets are sent over a cable gives the signaling that the file gives."""
    (path,) = (CAPTURES / name).glob("*.pcap*")
    wire.ip("link set va mtu 9000")
    wire.ip("link set vb mtu 9000")
    heard = sigtrace.analyze(hear(RawSockets(Settings(interfaces=("vb",))), wire, list(frames_of(path))))
    read = sigtrace.analyze(sigtrace.read(path))
    assert signaling(heard) == signaling(read)
    assert heard.packets == read.packets
    assert len(signaling(read)) > 20
