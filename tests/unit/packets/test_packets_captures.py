"""The sieve reads real captures as tshark does, segment by segment, also when an editor made them worse."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sigtrace.capture.batch import Batch
from sigtrace.capture.pcapng.reader import PcapngReader
from sigtrace.packets.endpoint import decode_endpoint
from sigtrace.packets.packet import Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind

CAPTURES = Path(__file__).parents[3] / "captures"
NAMES = ["basic-call/basic-call.pcapng", "browser-call/browser-call.pcapng"]
FIELDS = [
    *("frame.number", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport"),
    *("tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.window_size_value", "tcp.len"),
]

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def read(path: Path) -> list[Batch]:
    """Return all batches of a pcapng file."""
    reader = PcapngReader(str(path))
    items = reader.read(np.frombuffer(path.read_bytes(), np.uint8), final=True).items
    return [item for item in items if isinstance(item, Batch)]


@cache
def by_tshark(path: Path, selection: str) -> list[dict[str, str]]:
    """Return the fields of the packets that a display filter selects."""
    command = ["tshark", "-n", "-r", str(path), "-Y", selection, "-T", "fields"]
    command += [part for field in FIELDS for part in ("-e", field)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in lines]


def as_tshark_says(segment: Segment) -> dict[str, str]:
    """Return a segment in tshark's words."""
    source, destination = decode_endpoint(segment.source), decode_endpoint(segment.destination)
    six = ":" in source.address
    values = [
        str(segment.number),
        *(("", source.address) if six else (source.address, "")),
        str(source.port),
        *(("", destination.address) if six else (destination.address, "")),
        str(destination.port),
        str(segment.sequence),
        str(segment.acknowledgment),
        f"0x{segment.flags:04x}",
        str(segment.window),
        str(segment.length),
    ]
    return dict(zip(FIELDS, values, strict=True))


@pytest.mark.parametrize("columns", [True, False], ids=["columns", "records"])
@pytest.mark.parametrize("name", NAMES)
def test_segments_are_those_of_tshark(name: str, columns: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Number, endpoints, sequence numbers, flags, window and length of every TCP packet are what tshark reads."""
    path = CAPTURES / name
    sieve = Sieve(columns=columns)
    found = [unit for batch in read(path) for unit in sieve.feed(batch)]
    assert [as_tshark_says(unit) for unit in found if isinstance(unit, Segment)] == by_tshark(path, "tcp and not icmp")
    assert len(found) > 200
    assert sieve.close() == []
    assert sieve.tally()[Kind.UDP].packets == len(by_tshark(path, "udp and not icmp and not icmpv6"))


@pytest.mark.skipif(shutil.which("editcap") is None, reason="editcap is not installed")
@pytest.mark.parametrize("snap_length", [54, 60, 70])
def test_cut_segments_keep_their_length(snap_length: int, tmp_path: Path) -> None:
    """A snap length takes payload away, never sequence numbers nor the length that was on the wire."""
    whole, cut = CAPTURES / NAMES[0], tmp_path / "cut.pcapng"
    subprocess.run(["editcap", "-s", str(snap_length), str(whole), str(cut)], check=True)
    sieve = Sieve()
    found = [unit for batch in read(cut) for unit in sieve.feed(batch) if isinstance(unit, Segment)]
    assert [as_tshark_says(unit) for unit in found] == by_tshark(whole, "tcp and not icmp")
    assert all(len(unit.payload) <= snap_length - 54 for unit in found)
