"""Wireshark's HTTP dissector, through pyshark, finds the same requests and responses at the same packets."""

from __future__ import annotations

import asyncio
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest

import sigtrace
from sigtrace.export.records import records

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

CAPTURES = Path(__file__).parents[2] / "captures"

NOT_COMPARED = {
    "reference-2011": "the second answer on a connection, which tshark pairs with nothing and shows at other packets",
    "odd-requests": "requests that are none, of which tshark believes others",
}
DAMAGED = ("-cut", "-gap", "-dropped", "-garbled", "-reordered")
"""After lost bytes tshark gives a message up, where we know its beginning and what is missing."""
COPIES = ("any-interface", "any-interface-v1", "three-interfaces")
"""Packets captured more than once, of which tshark takes some copies for new messages."""
LOSSY = ("lossy-client-side", "lossy-server-side", "reordering-path", "short-snap", "unplugged")

NAMES = sorted(
    path.parent.name
    for path in CAPTURES.glob("*/*.pcap*")
    if path.parent.name not in {*NOT_COMPARED, *COPIES, *LOSSY} and not path.parent.name.endswith(DAMAGED)
)
SUBSETS = sorted(
    path.parent.name
    for path in CAPTURES.glob("*/*.pcap*")
    if path.parent.name in {*COPIES, *LOSSY} or path.parent.name.endswith(DAMAGED)
)

Message = tuple[int, str]  # packet, method or status


def _capture(name: str) -> Path:
    return next(path for path in (CAPTURES / name).iterdir() if path.suffix.startswith(".pcap"))


def _of_tshark(capture: Path, ports: set[str]) -> set[Message]:
    """Return what tshark calls a request or a response, at the packet that completes it."""
    import pyshark  # noqa: PLC0415 - imports lxml, and only where tshark is there

    found: set[Message] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            with pyshark.FileCapture(
                str(capture),
                display_filter="http.request.method or http.response.code",
                decode_as={f"tcp.port=={port}": "http" for port in ports},
                keep_packets=False,
                tshark_path=shutil.which("tshark"),
            ) as packets:
                for packet in packets:
                    found |= {(int(packet.number), what) for what in _messages(packet)}
        finally:
            asyncio.set_event_loop(None)
            loop.close()
    return found


def _messages(packet: Any) -> list[str]:
    return [
        str(one.show)
        for layer in packet.layers
        if layer.layer_name == "http"
        for name in ("request_method", "response_code")
        if (field := layer.get_field(name)) is not None
        for one in field.all_fields
    ]


def _of_sigtrace(capture: Path) -> tuple[set[Message], set[str]]:
    """Return requests and responses, 1xx among them, at their last packet, and the servers' ports."""
    trace = sigtrace.analyze(sigtrace.read(capture))
    found: set[Message] = set()
    for exchange in trace.exchanges:
        if exchange.request is not None:
            found.add((exchange.request.span.last_packet, exchange.request.method))
        found |= {(one.span.last_packet, str(one.status)) for one in exchange.interim}
        if exchange.response is not None:
            found.add((exchange.response.span.last_packet, str(exchange.response.status)))
    ports = {record["server"].rpartition(":")[2] for record in records(trace) if record["type"] == "exchange"}
    return found, ports


@pytest.mark.parametrize("name", NAMES)
def test_same_messages_at_the_same_packets(name: str) -> None:
    """Every request and response that tshark finds is ours at that packet, and the other way round."""
    capture = _capture(name)
    ours, ports = _of_sigtrace(capture)
    assert ours == _of_tshark(capture, ports)
    assert ours


@pytest.mark.parametrize("name", SUBSETS)
def test_messages_of_damaged_captures(name: str) -> None:
    """Where bytes are missing, doubled or late, most of what tshark completes is ours at the same packet."""
    capture = _capture(name)
    ours, ports = _of_sigtrace(capture)
    theirs = _of_tshark(capture, ports)
    assert len(theirs & ours) >= len(theirs) * 0.5
