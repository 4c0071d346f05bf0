"""Checksums, when they are asked for: a wrong one is told, an unfinished one is not wrong, a cut packet is neither."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import sigtrace
from sigtrace.notices import Notice, Severity
from sigtrace.packets.packet import Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind
from tests.builders.packets import (
    Network,
    Transport,
    batch_of,
    ethernet,
    gre,
    icmp_unreachable,
    ipv4,
    ipv4_fragments,
    ipv6,
    ipv6_options,
    offloaded,
    record,
    tcp,
    udp,
    vxlan,
    with_checksum,
)
from tests.builders.shapes import OUTER4, PAYLOAD, SEGMENT, V4, V6
from tests.builders.tunnels import routing
from tests.differential.tshark import VERIFYING, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

RIGHT4, RIGHT6 = with_checksum(V4), with_checksum(V6)
WRONG4, WRONG6 = with_checksum(V4, change=5), with_checksum(V6, change=-1)
WHOLE = ipv4("10.77.0.11", "10.77.0.1", SEGMENT, identification=900, flags=0)
ODD = with_checksum(ipv4("10.77.0.11", "10.77.0.1", tcp(1, 2, payload=b"abc")))
DATAGRAM = ipv4(*OUTER4, udp(5, 6, b"hello"))
SIGNED6 = Transport.of(6, RIGHT6[40:])
ROUTED = [ipv6("fd77::b", "2001:db8::99", routing(SIGNED6, "fd77::1", left=1, kind=kind)) for kind in (0, 2, 4)]


def with_header_checksum(packet: Network, checksum: bytes) -> Network:
    """Put another checksum into an IPv4 header."""
    return Network.of(packet.ethertype, packet[:10] + checksum + packet[12:])


JUDGED = [  # (name, packets, what is told, segments): tshark tells the same
    ("right", [RIGHT4], [], 1),
    ("right, IPv6", [RIGHT6], [], 1),
    ("right, of odd length, padded", [ODD], [], 1),
    (
        "right, with IP options",
        [ipv4("10.77.0.11", "10.77.0.1", Transport.of(6, RIGHT4[20:]), options=b"\1" * 8)],
        [],
        1,
    ),
    ("right, behind extension headers", [ipv6("fd77::b", "fd77::1", ipv6_options(SIGNED6))], [], 1),
    ("right, still on its way", ROUTED, [], 3),
    ("right, in fragments", ipv4_fragments(with_checksum(WHOLE), 24), [], 1),
    ("right, in a tunnel", [ipv4(*OUTER4, gre(RIGHT4))], [], 1),
    ("wrong", [WRONG4], ["tcp"], 0),
    ("wrong, IPv6", [WRONG6], ["tcp"], 0),
    ("wrong, in a tunnel", [ipv4(*OUTER4, gre(WRONG4))], ["tcp"], 0),
    ("wrong IPv4 header", [with_header_checksum(RIGHT4, b"\x12\x34")], ["ip"], 1),
    ("wrong IPv4 header and segment", [with_header_checksum(WRONG4, b"\x12\x34")], ["ip", "tcp"], 0),
    ("datagram", [with_checksum(DATAGRAM), DATAGRAM], [], 0),
    ("wrong datagram", [with_checksum(DATAGRAM, change=7)], ["udp"], 0),
    ("wrong datagram of a tunnel", [with_checksum(ipv4(*OUTER4, vxlan(ethernet(RIGHT4))), change=2)], ["udp"], 1),
]
UNJUDGED = [  # tshark calls unfinished checksums wrong, looks at no fragments, and into what ICMP quotes
    ("left to the card", [offloaded(V4), offloaded(V6), offloaded(DATAGRAM)], ["checksum.offloaded"], 2),
    ("left to the card, which segments", [offloaded(V4, with_length=False)], ["checksum.offloaded"], 1),
    ("zero", [V4, V6, with_header_checksum(RIGHT4, b"\0\0")], ["checksum.offloaded"], 3),
    ("wrong, in fragments", ipv4_fragments(with_checksum(WHOLE, change=3), 24), ["tcp.checksum"], 0),
    ("wrong, quoted", [ipv4(*OUTER4, icmp_unreachable(WRONG4))], [], 0),
]


def verified(frames: Iterable[bytes], *, snap_length: int | None = None) -> tuple[list[Segment], list[Notice]]:
    """Return the segments and notices of frames whose checksums are verified."""
    sieve = Sieve(verify_checksums=True)
    found = sieve.feed(batch_of([record(frame, snap_length=snap_length) for frame in frames]))
    found += sieve.close()
    return [one for one in found if isinstance(one, Segment)], [one for one in found if isinstance(one, Notice)]


@pytest.mark.parametrize(
    ("name", "packets", "codes", "segments"),
    [(name, packets, [f"{one}.checksum" for one in told], number) for name, packets, told, number in JUDGED] + UNJUDGED,
    ids=[case[0] for case in JUDGED + UNJUDGED],
)
def test_what_is_told(name: str, packets: list[Network], codes: list[str], segments: int) -> None:
    """Wrong checksums are notices, and segments that have one are left out; unfinished ones are counted as such."""
    found, notices = verified(map(ethernet, packets))
    assert (len(found), [notice.code for notice in notices]) == (segments, codes), name


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_tells_the_same() -> None:
    """What is wrong for tshark is wrong here, and nothing else."""
    frames = [ethernet(packet) for _, packets, _, _ in JUDGED for packet in packets]
    judged = judge([(1, frame, len(frame)) for frame in frames], *VERIFYING)
    wrong = [(at, name) for at, one in enumerate(judged, 1) for name in one.wrong]
    _, notices = verified(frames)
    assert [(notice.packet, notice.code) for notice in notices] == [(at, f"{name}.checksum") for at, name in wrong]


def test_the_notice_says_what_was_expected() -> None:
    """A notice names the packet, the checksum that it has and the one that it should have; each packet has its own."""
    _, notices = verified([ethernet(RIGHT4), ethernet(WRONG4), ethernet(WRONG4)])
    right = int.from_bytes(RIGHT4[36:38], "big")
    text = f"TCP checksum 0x{right + 5:04x}, should be 0x{right:04x}; left out, as its receiver will have done"
    assert notices == [
        Notice(code="tcp.checksum", severity=Severity.WARNING, text=text, packet=packet) for packet in (2, 3)
    ]


def test_cut_packets_are_counted() -> None:
    """A checksum over bytes that were not captured is neither right nor wrong; how many there were is told."""
    segments, (notice,) = verified([ethernet(RIGHT4), ethernet(WRONG4)], snap_length=80)
    assert (len(segments), notice.code, notice.severity, notice.text[:11]) == (
        2,
        "checksum.unverified",
        Severity.INFO,
        "2 checksums",
    )


def test_nothing_is_told_unasked() -> None:
    """Without the wish to verify, wrong checksums make no difference."""
    sieve = Sieve()
    found = sieve.feed(batch_of([ethernet(WRONG4), ethernet(with_header_checksum(WRONG4, b"\x12\x34"))]))
    assert [one.payload for one in found if isinstance(one, Segment)] == [PAYLOAD, PAYLOAD]
    assert (sieve.close(), sieve.tally()[Kind.TCP].packets) == ([], 2)


@pytest.mark.parametrize("verify", [True, False])
def test_the_retransmission_counts(verify: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Bytes damaged on their way are those of the retransmission when checksums are verified, else the first copy's."""
    request = b"GET /sign_in?alice HTTP/1.0\r\n\r\n"
    ends = "10.77.0.11", "10.77.0.1"
    good = with_checksum(ipv4(*ends, tcp(40000, 8888, sequence=1, payload=request), identification=1))
    bad = Network.of(good.ethertype, bytes(good).replace(b"alice", b"a\xccice"))
    again = with_checksum(ipv4(*ends, tcp(40000, 8888, sequence=1, payload=request), identification=2))
    trace = sigtrace.analyze([batch_of(map(ethernet, [bad, again]))], verify_checksums=verify)
    (exchange,) = trace.exchanges
    assert exchange.request is not None
    assert (b"alice" in exchange.request.target) is verify
