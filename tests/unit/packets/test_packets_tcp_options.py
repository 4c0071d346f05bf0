"""TCP options of every kind leave the segment what it is, for columns, for records and for tshark."""

from __future__ import annotations

import shutil

import pytest

from sigtrace.packets.packet import Segment
from sigtrace.packets.sieve import Sieve
from tests.builders.packets import batch_of, ethernet, ipv4, ipv6, tcp
from tests.builders.tcp_options import NAMED
from tests.differential.tshark import Told, judge

PAYLOAD = b"GET /wait?peer_id=1 HTTP/1.0\r\n\r\n"
WANTED = Told(40000, 8888, 7, len(PAYLOAD))


def frames_with(options: bytes) -> list[bytes]:
    """Make a segment with these options, over IPv4 and over IPv6."""
    segment = tcp(40000, 8888, sequence=7, options=options, payload=PAYLOAD)
    return [ethernet(ipv4("10.77.0.11", "10.77.0.1", segment)), ethernet(ipv6("fd77::b", "fd77::1", segment))]


@pytest.mark.parametrize("columns", [True, False], ids=["columns", "records"])
@pytest.mark.parametrize(("name", "options"), NAMED, ids=[case[0] for case in NAMED])
def test_the_segment_is_the_same(name: str, options: bytes, columns: bool) -> None:  # noqa: FBT001 - a parameter
    """Sequence number, payload and length do not depend on options, and nothing is told of them."""
    sieve = Sieve(columns=columns)
    found = [one for one in sieve.feed(batch_of(frames_with(options))) if isinstance(one, Segment)]
    assert [(one.sequence, one.payload, one.length) for one in found] == [(7, PAYLOAD, len(PAYLOAD))] * 2, name
    assert sieve.close() == []


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_the_same_segments() -> None:
    """The same ports, sequence number and length are found by tshark behind all of them."""
    frames = [frame for _, options in NAMED for frame in frames_with(options)]
    judged = judge([(1, frame, len(frame)) for frame in frames])
    assert [one.segments for one in judged] == [(WANTED,)] * len(frames)
