"""One TCP segment in every wrapping that is understood comes out as the same segment; other wrappings are told."""

from __future__ import annotations

import shutil

import pytest

from sigtrace.notices import Notice
from sigtrace.packets.packet import ACK, PSH, Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind
from sigtrace.packets.transport.tcp import HAS_IDENTIFICATION, HAS_TIMESTAMP
from tests.builders.packets import (
    amsdu,
    batch_of,
    cooked_v2,
    ethernet,
    gre,
    icmp_unreachable,
    ipv4,
    radiotap,
    record,
    tcp,
    udp,
    wifi,
    wifi_header,
)
from tests.builders.shapes import OUTER4, PAYLOAD, SEGMENT, SHAPES, UNJUDGED, V4, V6
from tests.builders.tunnels import gre_of, gtp, macsec, nsh, tzsp
from tests.builders.wireless import ppi, prism
from tests.differential.tshark import Told, judge

TOLD = Told(40000, 8888, 7, len(PAYLOAD))


def expected(*, six: bool) -> Segment:
    """Return the segment that every wrapping holds."""
    return Segment(
        number=1,
        at_ns=0,
        interface=0,
        source=(bytes.fromhex("fd77") + bytes(13) + b"\x0b" if six else bytes([10, 77, 0, 11])) + b"\x9c\x40",
        destination=(bytes.fromhex("fd77") + bytes(13) + b"\x01" if six else bytes([10, 77, 0, 1])) + b"\x22\xb8",
        sequence=7,
        acknowledgment=9,
        flags=PSH | ACK,
        window=502,
        payload=PAYLOAD,
        length=len(PAYLOAD),
        identity=77 | HAS_TIMESTAMP | (0 if six else HAS_IDENTIFICATION | 4660 << 32),
    )


def carries_six(frame: bytes) -> bool:
    """Tell whether the innermost packet is IPv6."""
    return V6[8:24] in frame


@pytest.mark.parametrize(("name", "link_type", "frame"), SHAPES, ids=[shape[0] for shape in SHAPES])
def test_same_segment_in_every_wrapping(name: str, link_type: int, frame: bytes) -> None:
    """The wrapping does not show in the segment, nor does what lies behind the frame in the buffer."""
    sieve = Sieve()
    found = sieve.feed(batch_of([frame], link_type=link_type, margin=b"\xff" * 30))
    assert found == [expected(six=carries_six(frame))], name
    assert sieve.tally()[Kind.TCP] == (1, len(frame))
    assert sieve.close() == []


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_the_segment_too() -> None:
    """Every wrapping is what it is called: tshark finds the same segment in it."""
    judged = judge([(link_type, frame, len(frame)) for _, link_type, frame in SHAPES])
    names = [name for (name, _, _), one in zip(SHAPES, judged, strict=True) if one.segments != (TOLD,)]
    assert names == [name for name, _, _ in UNJUDGED]


OTHERS = [
    ("ARP", 1, ethernet(bytes(28), ethertype=0x0806), Kind.NOT_IP, None),
    ("spanning tree", 1, (bytes(12) + b"\x00\x26\x42\x42\x03").ljust(60, b"\0"), Kind.NOT_IP, None),
    ("UDP", 1, ethernet(ipv4(*OUTER4, udp(1, 2, b"x"))), Kind.UDP, None),
    ("not VXLAN", 1, ethernet(ipv4(*OUTER4, udp(4789, 2, b"\0\0"))), Kind.UDP, None),
    ("not Geneve", 1, ethernet(ipv4(*OUTER4, udp(6081, 2, b"\xc0"))), Kind.UDP, None),
    ("quoted in ICMP", 1, ethernet(ipv4(*OUTER4, icmp_unreachable(V4))), Kind.OTHER_IP, None),
    ("quoted in a tunnel", 1, ethernet(ipv4(*OUTER4, gre(ipv4(*OUTER4, icmp_unreachable(V4))))), Kind.OTHER_IP, None),
    ("unknown EtherType", 276, cooked_v2(b"hello"), Kind.NOT_IP, None),
    ("PPP control", 9, b"\xff\x03\xc0\x21\x01\x01\x00\x04", Kind.NOT_IP, None),
    ("PPPoE discovery", 51, b"\x11\x09\x00\x00\x00\x00", Kind.NOT_IP, None),
    ("802.11 beacon", 105, b"\x80" + bytes(40), Kind.NOT_IP, None),
    ("802.11 without data", 105, b"\x48" + bytes(23), Kind.NOT_IP, None),
    ("802.11 encrypted", 105, wifi(V4, flags=0x40), Kind.NOT_IP, "link.protected"),
    ("802.11 of another version", 105, b"\x0a" + wifi(V4)[1:], Kind.NOT_IP, None),
    ("802.11 damaged on the air", 127, radiotap(wifi(V4), flags=0x50), Kind.MALFORMED, "link.bad-fcs"),
    ("damaged on the air, by PPI", 192, ppi(wifi(V4), flags=0x05), Kind.MALFORMED, "link.bad-fcs"),
    ("radiotap without a frame", 127, radiotap(b""), Kind.NOT_IP, None),
    ("MACsec, encrypted", 1, ethernet(macsec(V4, flags=0x0C), ethertype=0x88E5), Kind.NOT_IP, "link.protected"),
    ("service header to nothing", 1, ethernet(nsh(V4, carried=9), ethertype=0x894F), Kind.NOT_IP, None),
    ("PPI with no wire", 192, ppi(b"hello", link_type=147), Kind.UNKNOWN_LINK, "link.unknown-type"),
    ("PPI of 4 bytes", 192, b"\0\0\4\0" + bytes(9), Kind.MALFORMED, "link.malformed"),
    ("half a Prism header", 119, prism(b"")[:100], Kind.MALFORMED, "link.malformed"),
    ("PKTAP of 4 bytes", 258, b"\4" + bytes(20), Kind.MALFORMED, "link.malformed"),
    ("netfilter log, field of 0 bytes", 239, b"\2" + bytes(20), Kind.MALFORMED, "link.malformed"),
    ("GTP echo", 1, ethernet(ipv4(*OUTER4, udp(1, 2152, b"\x32\1\0\4" + bytes(8)))), Kind.UDP, None),
    ("GTP without a packet", 1, ethernet(ipv4(*OUTER4, gtp(SEGMENT))), Kind.UDP, None),
    ("L2TP control", 1, ethernet(ipv4(*OUTER4, udp(1, 1701, b"\xc8\2\0\x0c" + bytes(8)))), Kind.UDP, None),
    ("TZSP of another kind", 1, ethernet(ipv4(*OUTER4, tzsp(V4, encapsulation=99))), Kind.UDP, None),
    ("TZSP without an end", 1, ethernet(ipv4(*OUTER4, tzsp(b"", tags=b"\x0a"))), Kind.MALFORMED, "tunnel.malformed"),
    (
        "not VXLAN at Linux' port",
        1,
        ethernet(ipv4(*OUTER4, udp(1, 8472, b"\x08" + bytes(6) + b"\1" + V4))),
        Kind.UDP,
        None,
    ),
    ("media at a tunnel's port", 1, ethernet(ipv4(*OUTER4, udp(37008, 8472, b"\x80\x60" + PAYLOAD))), Kind.UDP, None),
    (
        "source route without end",
        1,
        ethernet(ipv4(*OUTER4, gre_of(0x0800, b"\1", flags=0x40, optional=bytes(4)))),
        Kind.MALFORMED,
        "tunnel.malformed",
    ),
    ("no wire", 147, b"hello", Kind.UNKNOWN_LINK, "link.unknown-type"),
    ("nothing", 1, b"", Kind.NOT_IP, None),
    ("half an Ethernet header", 1, bytes(7), Kind.MALFORMED, "link.malformed"),
    ("IPv4 of version 5", 1, ethernet(b"\x55" + V4[1:], ethertype=0x0800), Kind.MALFORMED, "ip.malformed"),
    ("IPv4 header of 4 words", 1, ethernet(b"\x44" + V4[1:], ethertype=0x0800), Kind.MALFORMED, "ip.malformed"),
    ("IPv6 of version 4", 1, ethernet(V4, ethertype=0x86DD), Kind.MALFORMED, "ip.malformed"),
    ("5 bytes of UDP", 1, ethernet(ipv4(*OUTER4, udp(1, 2)[:5], protocol=17)), Kind.MALFORMED, "udp.malformed"),
    ("data offset 4", 1, ethernet(ipv4(*OUTER4, tcp(1, 2, data_offset=4))), Kind.MALFORMED, "tcp.malformed"),
    ("data offset 6", 1, ethernet(ipv4(*OUTER4, tcp(1, 2, data_offset=6))), Kind.MALFORMED, "tcp.malformed"),
    ("radiotap of 4 bytes", 127, b"\0\0\x04\0" + bytes(9), Kind.MALFORMED, "link.malformed"),
    ("VXLAN without a frame", 1, ethernet(ipv4(*OUTER4, udp(1, 4789, b"\x08"))), Kind.MALFORMED, "tunnel.malformed"),
    ("scapy gives up", 274, bytes(10), Kind.MALFORMED, "link.malformed"),
]


@pytest.mark.parametrize(("name", "link_type", "frame", "kind", "code"), OTHERS, ids=[other[0] for other in OTHERS])
def test_everything_else_is_counted_and_told(
    name: str, link_type: int, frame: bytes, kind: Kind, code: str | None
) -> None:
    """What is not TCP is counted as what it is; three such packets make one notice, if something is wrong at all."""
    for sieve in Sieve(), Sieve(columns=False):
        found: list[Segment | Notice] = sieve.feed(batch_of([frame] * 3, link_type=link_type))
        told = [*found, *sieve.close()]
        assert sieve.tally()[kind].packets == 3, name
        assert [(one.code, one.packet) for one in told if isinstance(one, Notice)] == ([(code, 1)] if code else [])
        assert not any(isinstance(one, Segment) for one in told)


def test_nesting_is_bounded() -> None:
    """A packet in forty tunnels is given up, once told for all of its kind."""
    packet = V4
    for _ in range(40):
        packet = ipv4(*OUTER4, packet)
    sieve = Sieve()
    assert sieve.feed(batch_of([ethernet(packet)] * 2)) == []
    (notice,) = sieve.close()
    assert (notice.code, notice.packet, notice.text[:9]) == ("packet.nesting", 1, "2 packets")


def test_aggregate_of_several() -> None:
    """Every subframe of an A-MSDU is read, in order; the record counts once."""
    second = ipv4("10.77.0.11", "10.77.0.1", tcp(40000, 8888, sequence=8, payload=b"xyz"))
    frame = wifi_header(qos=True, aggregate=True) + amsdu(V4, ipv4(*OUTER4, udp(1, 2, b"12345")), second)
    sieve = Sieve()
    found = sieve.feed(batch_of([frame], link_type=105))
    assert [unit.sequence for unit in found if isinstance(unit, Segment)] == [7, 8]
    assert sieve.tally().packets == 1


def test_copies_by_different_links_have_one_identity() -> None:
    """A packet seen on a bridge and on `any` has the same identity, and its retransmission another."""
    again = ipv4("10.77.0.11", "10.77.0.1", SEGMENT, identification=4661)
    rows = [
        record(ethernet(V4)),
        record(cooked_v2(V4), link_type=276, interface=1),
        record(ethernet(ipv4(*OUTER4, gre(V4)))),
        record(ethernet(again)),
    ]
    identities = [unit.identity for unit in Sieve().feed(batch_of(rows)) if isinstance(unit, Segment)]
    assert identities[0] == identities[1] == identities[2] != identities[3]
