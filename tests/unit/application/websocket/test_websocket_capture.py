"""A real capture: two Chromium pages and a server that compresses, pings and sends fragments, beside its truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import sigtrace
from sigtrace.application.websocket.message import MessageState, Opcode

FOLDER = Path(__file__).parents[4] / "captures/websocket-deflate"
NEAR_NS = 10_000_000
"""A page looks at its clock before or after the packet: two of its 18 messages are 7 and 8 ms from it."""


@pytest.fixture(scope="module")
def trace() -> sigtrace.Trace:
    """Analyze the capture."""
    (path,) = FOLDER.glob("*.pcap*")
    return sigtrace.analyze(sigtrace.read(str(path)))


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    """Read what the endpoints logged."""
    return json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_every_logged_message_is_there_once(trace: sigtrace.Trace, truth: dict[str, Any]) -> None:
    """Hash, length, direction, peer and time of each message a page logged are those of one message decoded."""
    addresses = {peer["label"]: peer["address"] for peer in truth["peers"]}
    rows = [row for row in truth["ws_messages"] if "dir" in row]
    left = list(trace.messages)
    for row in rows:
        out = row["dir"] == "out"
        fits = [
            one
            for one in left
            if (one.sha256, one.length, one.from_client) == (row["sha256"], row["len"], out)
            and one.client.address == addresses[row["peer"]]
            and abs((one.span.start_ns if out else one.span.end_ns) - row["t"] * 1e9) < NEAR_NS
        ]
        assert len(fits) == 1
        left.remove(fits[0])
    assert (left, len(rows)) == ([], 18)


def test_compression_and_fragments_are_told(trace: sigtrace.Trace) -> None:
    """All messages are compressed and whole, long ones of the server in three frames."""
    messages = trace.messages
    assert all(one.compressed and one.state is MessageState.COMPLETE for one in messages)
    assert {one.frames for one in messages if one.length and one.length > 400 and not one.from_client} == {3}
    assert {one.target for one in messages} == {b"/sig?room=1"}


def test_pings_are_answered_and_both_sides_close(trace: sigtrace.Trace) -> None:
    """Every pong has a time below a millisecond, as both ends are on one host, and the codes are the pages' own."""
    pongs = [one for one in trace.controls if one.opcode is Opcode.PONG]
    assert len(pongs) == 9
    assert all(one.rtt_ns is not None and 0 < one.rtt_ns < 1_000_000 for one in pongs)
    closes = [(one.code, one.reason) for one in trace.controls if one.opcode is Opcode.CLOSE]
    assert closes == [(1000, b"done")] * 2 + [(1001, b"")] * 2
