"""The sieve: what it believes about lengths, what it leaves out, and in which order it answers."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sigtrace.notices import Notice
from sigtrace.packets import dropped
from sigtrace.packets.dropped import DroppedFlows, direction_of
from sigtrace.packets.packet import ACK, SYN, Segment
from sigtrace.packets.rows import Rows
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind
from sigtrace.packets.transport.tcp import HAS_IDENTIFICATION, HAS_TIMESTAMP, timestamp_value
from sigtrace.packets.windows import Windows
from tests.builders.packets import (
    DONT_FRAGMENT,
    batch_of,
    ethernet,
    gre,
    ipv4,
    ipv6,
    record,
    syn_options,
    tcp,
    timestamps,
    udp,
)

if TYPE_CHECKING:
    from sigtrace.capture.batch import Record

CLIENT, SERVER = "10.77.0.11", "10.77.0.1"
BOTH_WAYS = pytest.mark.parametrize("sieve", [Sieve(), Sieve(columns=False)], ids=["columns", "records"])


def end(address: str, port: int) -> bytes:
    """Return a packed endpoint."""
    return ip_address(address).packed + struct.pack("!H", port)


def request(port: int = 40000, *, flags: int = ACK, payload: bytes = b"hello", number: int = 1) -> bytes:
    """Make a frame from client to server."""
    return ethernet(ipv4(CLIENT, SERVER, tcp(port, 8888, flags=flags, payload=payload), identification=number))


def answer(port: int = 40000) -> bytes:
    """Make a frame from server to client."""
    return ethernet(ipv4(SERVER, CLIENT, tcp(8888, port, payload=b"world")))


def tunnelled(frame: bytes) -> bytes:
    """Put a frame into a GRE tunnel."""
    return ethernet(ipv4("192.0.2.1", "192.0.2.2", gre(frame, protocol=0x6558)))


def segments_of(sieve: Sieve, *frames: bytes, first_number: int = 1) -> list[Segment]:
    """Feed frames as one batch; return the segments."""
    found = sieve.feed(batch_of(frames, first_number=first_number))
    return [unit for unit in found if isinstance(unit, Segment)]


def lying(payload: bytes, total_length: int) -> bytes:
    """Make a frame whose IPv4 header lies about the length."""
    return ethernet(ipv4(CLIENT, SERVER, tcp(1, 2, payload=payload), total_length=total_length))


X9, X99 = b"x" * 9, b"x" * 99
GREAT, GREATER = b"x" * 65495, b"x" * 99999
LENGTHS = [
    ("padding", record(request(payload=b"")), b"", 0),
    ("total length 0", record(lying(X99, 0)), X99, 99),
    ("payload length 0", record(ethernet(ipv6("::1", "::2", tcp(1, 2, payload=X99), payload_length=0))), X99, 99),
    ("total length too great", record(lying(X9, 999)), X9, 9),
    ("total length too small", record(lying(X99, 49)), X9, 9),
    ("cut in the payload", record(request(payload=X99), snap_length=63), X9, 99),
    ("cut before the payload", record(request(payload=X99), snap_length=54), b"", 99),
    ("cut, total length 0", record(lying(X99, 0), snap_length=63), X9, 99),
    ("original too small", record(request(payload=X99), original=10), X99, 99),
    ("64 KiB", record(request(payload=GREAT)), GREAT, 65495),
    ("beyond 64 KiB", record(lying(GREATER, 0)), GREATER, 99999),
]


@BOTH_WAYS
@pytest.mark.parametrize(("name", "row", "payload", "length"), LENGTHS, ids=[case[0] for case in LENGTHS])
def test_lengths(name: str, row: Record, payload: bytes, length: int, sieve: Sieve) -> None:
    """The payload is what was captured of it, the length what was on the wire, whichever header lies."""
    (segment,) = sieve.feed(batch_of([row], margin=b"\xee" * 40))
    assert isinstance(segment, Segment), name
    assert (segment.payload, segment.length) == (payload, length)


BOTH = HAS_IDENTIFICATION | HAS_TIMESTAMP
IDENTITIES = [
    ("both halves", 7, DONT_FRAGMENT, timestamps(9), BOTH | 7 << 32 | 9),
    ("of a SYN", 7, DONT_FRAGMENT, syn_options(9), BOTH | 7 << 32 | 9),
    ("of a Darwin SYN", 7, 0, b"\x02\x04\x05\xb4\x01\x03\x03\x06" + timestamps(9) + b"\x04\x02", BOTH | 7 << 32 | 9),
    ("with selective acknowledgment", 7, 0, timestamps(9) + b"\x01\x01\x05\x0a" + bytes(8), BOTH | 7 << 32 | 9),
    ("no timestamp", 7, 0, b"", HAS_IDENTIFICATION | 7 << 32),
    ("identification 0, may be fragmented", 0, 0, timestamps(9), BOTH | 9),
    ("identification 0, may not", 0, DONT_FRAGMENT, timestamps(9), HAS_TIMESTAMP | 9),
    ("timestamp 0", 0, DONT_FRAGMENT, timestamps(0), HAS_TIMESTAMP),
    ("nothing", 0, DONT_FRAGMENT, b"", -1),
]


@BOTH_WAYS
@pytest.mark.parametrize(
    ("name", "number", "flags", "options", "identity"), IDENTITIES, ids=[case[0] for case in IDENTITIES]
)
def test_identity(  # noqa: PLR0917 - a table's columns
    name: str, number: int, flags: int, options: bytes, identity: int, sieve: Sieve
) -> None:
    """An identity holds the IPv4 identification and the TCP timestamp as far as they tell anything."""
    packet = ipv4(CLIENT, SERVER, tcp(1, 2, options=options), identification=number, flags=flags)
    assert [one.identity for one in segments_of(sieve, ethernet(packet))] == [identity], name


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (b"", -1),
        (b"\x08", -1),
        (b"\x08\x0a\x00\x00\x00", -1),
        (b"\x08\x0a\x00\x00\x00\x05", 5),
        (b"\x08\x06\x00\x00\x00\x05", -1),
        (b"\x00" + timestamps(5), -1),
        (b"\x02\x00" + timestamps(5), 5),
        (b"\x02\xff" + timestamps(5), -1),
        (b"\x01" * 40, -1),
    ],
)
def test_timestamp_value(options: bytes, value: int) -> None:
    """Options of any length and damage give a timestamp or none, and always come to an end."""
    assert timestamp_value(options) == value


def test_dropped_flow_is_left_out_both_ways() -> None:
    """After a drop neither direction comes, other flows do, and all are tallied."""
    sieve = Sieve()
    sieve.drop(end(CLIENT, 40000), end(SERVER, 8888))
    found = segments_of(sieve, request(), answer(), request(40001), answer(40001))
    assert [segment.number for segment in found] == [3, 4]
    assert (sieve.tally()[Kind.DROPPED].packets, sieve.tally()[Kind.TCP].packets) == (2, 2)


def test_syn_reopens_a_dropped_flow() -> None:
    """From a SYN on, whichever way it was decoded, the flow is of interest again, also within the batch."""
    for opening in (
        request(flags=SYN),
        ethernet(ipv4("192.0.2.1", "192.0.2.2", gre(request(flags=SYN)[14:], protocol=0x0800))),
    ):
        sieve = Sieve()
        sieve.drop(end(SERVER, 8888), end(CLIENT, 40000))
        assert [one.number for one in segments_of(sieve, request(), opening, answer(), request())] == [2, 3, 4]
        assert len(segments_of(sieve, answer())) == 1


def test_tunnelled_segments_of_a_dropped_flow() -> None:
    """A dropped flow is left out in tunnels too."""
    sieve = Sieve()
    sieve.drop(end(SERVER, 8888), end(CLIENT, 40000))
    assert segments_of(sieve, tunnelled(request())) == []
    assert sieve.tally()[Kind.DROPPED].packets == 1


def test_all_flows_drops_nothing() -> None:
    """With all flows asked for, a drop changes nothing."""
    sieve = Sieve(all_flows=True)
    sieve.drop(end(CLIENT, 40000), end(SERVER, 8888))
    assert len(segments_of(sieve, request(), answer())) == 2


def test_dropped_flows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the bound the oldest dropped flow is forgotten, so that it passes again."""
    monkeypatch.setattr(dropped, "MAX_DROPPED", 2)
    flows = DroppedFlows()
    server, clients = end(SERVER, 8888), [end(CLIENT, port) for port in (1, 2, 3)]
    for client in clients:
        flows.add(client, server)
    directions = [direction_of(server, client) for client in clients]
    assert [flows.admit(direction, ACK) for direction in directions] == [True, False, False]
    assert flows.among(directions).tolist() == [False, True, True]


def test_record_order_across_shapes() -> None:
    """IPv4, IPv6, tunnelled segments and notices of one batch come out in the order of their records."""
    six = ethernet(ipv6("::1", "::2", tcp(1, 2)))
    rows = [
        record(six),
        record(request()),
        record(tunnelled(request())),
        record(b"?", link_type=147),
        record(request()),
        record(ethernet(ipv4(CLIENT, SERVER, udp(1, 2)))),
        record(six),
    ]
    found = Sieve().feed(batch_of(rows, first_number=100))
    numbers = [unit.packet if isinstance(unit, Notice) else unit.number for unit in found]
    assert numbers == [100, 101, 102, 103, 104, 106]


def test_one_row_is_what_all_rows_are() -> None:
    """A row by itself is the same object as among all rows, also one that did not come by columns, and one cut off."""
    cut = record(request(payload=b"x" * 100), snap_length=90)
    rows, _ = Sieve().sift(batch_of([record(request()), record(tunnelled(request())), cut]))
    assert isinstance(rows, Rows)
    assert [rows.segment(row) for row in range(rows.size)] == rows.segments()


def test_unknown_link_types_are_told_once_each() -> None:
    """Every unknown link type is one notice for the whole capture."""
    sieve = Sieve()
    rows = [record(b"?", link_type=link_type) for link_type in (147, 148, 147)]
    found = sieve.feed(batch_of(rows)) + sieve.feed(batch_of(rows))
    assert [unit.code for unit in found if isinstance(unit, Notice)] == ["link.unknown-type"] * 2
    assert sieve.tally()[Kind.UNKNOWN_LINK].packets == 6


def test_empty_batch() -> None:
    """A batch without records gives nothing."""
    sieve = Sieve()
    assert sieve.feed(batch_of([])) == []
    assert sieve.tally().packets == 0


def test_tally_counts_wire_bytes() -> None:
    """Bytes are those on the wire, whatever was captured of them."""
    sieve = Sieve()
    sieve.feed(
        batch_of([record(request(payload=b"x" * 100), snap_length=60), record(request(payload=b""), original=3)])
    )
    assert sieve.tally().bytes == 154 + 60
    assert sieve.tally()[Kind.TCP].packets == 2


@pytest.mark.parametrize("size", [0, 1, 3, 4, 9])
def test_windows_end_with_zeros(size: int) -> None:
    """A header at any place reads as the buffer's bytes, then zeros beyond its end."""
    data = bytes(range(1, size + 1))
    header = np.dtype([("first", "V4")])
    at = np.arange(size + 6)
    expected = [(data[start : start + 4].ljust(4, b"\0"),) for start in at.tolist()]
    gathered = Windows(np.frombuffer(data, np.uint8)).take(at, header)
    assert [(row["first"].tobytes(),) for row in gathered] == expected


def test_forgetting_is_done_in_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the bound a tenth is forgotten at once, as finding the oldest one by one would take ever longer."""
    monkeypatch.setattr(dropped, "MAX_DROPPED", 100)
    flows = DroppedFlows()
    for port in range(101):
        flows.add(end(CLIENT, port), end(SERVER, 8888))
    left = flows.among([direction_of(end(CLIENT, port), end(SERVER, 8888)) for port in range(101)])
    assert np.flatnonzero(~left).tolist() == list(range(10))
