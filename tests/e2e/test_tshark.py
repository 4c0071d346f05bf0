"""Wireshark's HTTP dissector, through pyshark, finds the same requests and responses at the same packets."""

from __future__ import annotations

import asyncio
import re
import shutil
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import sigtrace
from sigtrace.export.records import records

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

CAPTURES = Path(__file__).parents[2] / "captures"

COPIED = {"any-interface", "any-interface-v1", "three-interfaces"}
"""Packets are captured several times: tshark takes the copy first in the file, we the one first in time."""

DAMAGED = re.compile(r".*-(cut|gap|dropped|garbled|reordered)|lossy-.*|short-snap|reordering-path|unplugged")
"""Bytes are lost or late: tshark gives a message up where we know its beginning and what is missing."""

OURS_ALONE = {"odd-requests": {"get", "POST"}}
"""A method in lower case, which servers understand or not; a POST whose client leaves before it has said it all."""

WITHOUT = {"websocket-late"}
"""No HTTP at all is in these."""

NAMES = sorted({path.parent.name for path in CAPTURES.glob("*/*.pcap*")} - COPIED - WITHOUT)

Message = tuple[int, str]  # packet, method or status


def _capture(name: str) -> Path:
    return next(path for path in (CAPTURES / name).iterdir() if path.suffix.startswith(".pcap"))


def _of_tshark(capture: Path, ports: set[str]) -> set[Message]:
    """Return what tshark calls a request or a response, at the packet that completes it."""
    import pyshark  # imports lxml, and only where tshark is there

    found: set[Message] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        packets = pyshark.FileCapture(
            str(capture),
            display_filter="http.request.method or http.response.code",
            decode_as={f"tcp.port=={port}": "http" for port in ports},
            keep_packets=False,
            tshark_path=shutil.which("tshark"),
        )
        try:
            for packet in packets:
                found |= {(int(packet.number), what) for what in _messages(packet)}
        except pyshark.capture.capture.TSharkCrashException:
            assert DAMAGED.fullmatch(capture.parent.name), "tshark only fails where the file is damaged"
        finally:
            packets._running_processes.clear()  # else it waits for the failed one again
            packets.close()
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
    for notice in trace.notices:  # a second answer to one request is no exchange, but is told
        if notice.code == "http.unasked" and (status := re.search(r"response (\d{3})", notice.text)):
            found.add((notice.packet or 0, status[1]))
    ports = {record["server"].rpartition(":")[2] for record in records(trace) if record["type"] == "exchange"}
    return found, ports


@pytest.mark.parametrize("name", NAMES)
def test_same_messages_at_the_same_packets(name: str) -> None:
    """Every request and response that tshark finds is ours at that packet, and in whole captures vice versa."""
    capture = _capture(name)
    ours, ports = _of_sigtrace(capture)
    theirs = _of_tshark(capture, ports)
    assert ours
    assert sorted(theirs - ours) == []
    if not DAMAGED.fullmatch(name):
        alone = OURS_ALONE.get(name, set())
        assert sorted(one for one in ours - theirs if one[1] not in alone) == []


def test_copies() -> None:
    """Where packets were captured at three interfaces, there are still as many messages as tshark finds."""
    capture = _capture("three-interfaces")
    ours, ports = _of_sigtrace(capture)
    theirs = _of_tshark(capture, ports)
    assert Counter(what for _, what in ours) == Counter(what for _, what in theirs)
