"""One TCP segment in every wrapping that is understood comes out as the same segment; other wrappings are told."""

from __future__ import annotations

import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from sigtrace.notices import Notice
from sigtrace.packets.packet import ACK, PSH, Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind
from sigtrace.packets.transport.tcp import HAS_IDENTIFICATION, HAS_TIMESTAMP
from tests.builders.packets import (
    amsdu,
    authentication_header,
    batch_of,
    cooked,
    cooked_v2,
    ethernet,
    ethernet_llc,
    geneve,
    gre,
    icmp_unreachable,
    ipv4,
    ipv6,
    ipv6_options,
    loopback,
    mpls,
    ppp,
    pppoe,
    radiotap,
    record,
    snap,
    tcp,
    timestamps,
    udp,
    vxlan,
    wifi,
    wifi_header,
)

if TYPE_CHECKING:
    from pathlib import Path

PAYLOAD = b"GET /wait?peer_id=1 HTTP/1.0\r\n\r\n"
SEGMENT = tcp(
    40000, 8888, sequence=7, acknowledgment=9, flags=PSH | ACK, window=502, options=timestamps(77), payload=PAYLOAD
)
V4 = ipv4("10.77.0.11", "10.77.0.1", SEGMENT, identification=4660)
V6 = ipv6("fd77::b", "fd77::1", SEGMENT)
OUTER4, OUTER6 = ("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")
FRAME = ethernet(V4, pad=False)
ROUTED = ipv6_options(ipv6_options(SEGMENT, header=60), header=43)
MIRRORED = b"\x10\x00\x88\xbe" + bytes(4) + b"\x10\x01" + bytes(6) + FRAME  # GRE with sequence number, ERSPAN II
VENDORS = bytes.fromhex("001b21000001 001b21000002") + FRAME[12:]  # tshark finds a pseudowire's frame by known vendors
PRISM = struct.pack("<II", 0x44, 144) + bytes(136)
AVS = struct.pack(">II", 0x80211001, 64) + bytes(56)

COMMON = [  # for columns
    ("ethernet", 1, FRAME),
    ("ethernet, IPv6", 1, ethernet(V6)),
    ("802.1Q", 1, ethernet(V4, tags=[0x8100])),
    ("802.1ad", 1, ethernet(V4, tags=[0x88A8, 0x8100])),
    ("QinQ of old", 1, ethernet(V6, tags=[0x9100])),
    ("IPv4 options", 1, ethernet(ipv4("10.77.0.11", "10.77.0.1", SEGMENT, identification=4660, options=b"\x01" * 8))),
    ("cooked", 113, cooked(V4)),
    ("cooked, IPv6", 113, cooked(V6)),
    ("cooked v2", 276, cooked_v2(V4)),
    ("cooked v2, IPv6", 276, cooked_v2(V6)),
    ("loopback", 0, loopback(V4)),
    ("loopback of a big-endian machine", 0, loopback(V4, big_endian=True)),
    ("loopback of FreeBSD, IPv6", 0, loopback(V6, family=28)),
    ("loopback of OpenBSD", 108, loopback(V6, family=24, big_endian=True)),
    ("raw", 101, bytes(V4)),
    ("raw, IPv6", 101, bytes(V6)),
    ("IPv4 alone", 228, bytes(V4)),
    ("IPv6 alone", 229, bytes(V6)),
]
RARE = [  # for the record way
    ("three tags", 1, ethernet(V4, tags=[0x88A8, 0x8100, 0x8100])),
    ("802.3 with SNAP", 1, ethernet_llc(V4)),
    ("cooked with a tag", 113, cooked(struct.pack("!HH", 5, 0x0800) + V4, protocol=0x8100)),
    ("MPLS", 1, ethernet(mpls(V4, 100, 200), ethertype=0x8847)),
    ("MPLS, IPv6", 1, ethernet(mpls(V6, 100), ethertype=0x8847)),
    ("MPLS pseudowire", 1, ethernet(mpls(VENDORS, 100), ethertype=0x8847)),
    ("MPLS pseudowire with control word", 1, ethernet(mpls(bytes(4) + VENDORS, 100), ethertype=0x8847)),
    ("PPPoE", 1, ethernet(pppoe(V4), ethertype=0x8864)),
    ("PPPoE alone", 51, pppoe(V6)),
    ("PPP", 9, ppp(V4)),
    ("PPP, bare", 9, ppp(V6, framing=False)),
    ("PPP, compressed", 9, ppp(V4, framing=False, compressed=True)),
    ("PPP in HDLC framing", 50, ppp(V4)),
    ("Cisco in HDLC framing", 50, b"\x0f\x00\x08\x00" + V4),
    ("Cisco HDLC", 104, b"\x0f\x00\x86\xdd" + V6),
    ("802.11", 105, wifi(V4)),
    ("802.11 QoS", 105, wifi(V4, qos=True)),
    ("802.11 between access points", 105, wifi(V4, qos=True, from_ds=True)),
    ("802.11 with HT control", 105, wifi_header(qos=True, flags=0x80) + bytes(4) + snap(V4)),
    ("802.11 A-MSDU", 105, wifi_header(qos=True, aggregate=True) + amsdu(V4)),
    ("radiotap", 127, radiotap(wifi(V4))),
    ("radiotap, padded", 127, radiotap(wifi_header(qos=True) + bytes(2) + snap(V4), flags=0x20)),
    ("AVS", 163, AVS + wifi(V4)),
    ("Prism, by scapy", 119, PRISM + wifi(V4)),
    ("hop-by-hop", 1, ethernet(ipv6("fd77::b", "fd77::1", ipv6_options(SEGMENT)))),
    ("routing and destination", 1, ethernet(ipv6("fd77::b", "fd77::1", ROUTED))),
    ("authentication header", 1, ethernet(ipv6("fd77::b", "fd77::1", authentication_header(SEGMENT)))),
    ("IPv4 in IPv4", 1, ethernet(ipv4(*OUTER4, V4))),
    ("IPv6 in IPv4", 1, ethernet(ipv4(*OUTER4, V6))),
    ("IPv4 in IPv6", 1, ethernet(ipv6(*OUTER6, V4))),
    ("GRE", 1, ethernet(ipv4(*OUTER4, gre(V4)))),
    ("GRE with key and checksum", 1, ethernet(ipv4(*OUTER4, gre(V6, key=5, checksum=True)))),
    ("GRE with Ethernet", 1, ethernet(ipv4(*OUTER4, gre(FRAME, protocol=0x6558)))),
    ("ERSPAN II", 1, ethernet(ipv4(*OUTER4, MIRRORED, protocol=47))),
    ("VXLAN", 1, ethernet(ipv4(*OUTER4, vxlan(FRAME)))),
    ("VXLAN over IPv6", 1, ethernet(ipv6(*OUTER6, vxlan(FRAME)))),
    ("Geneve", 1, ethernet(ipv4(*OUTER4, geneve(FRAME)))),
    ("Geneve with options, IPv4", 1, ethernet(ipv4(*OUTER4, geneve(V4, protocol=0x0800, options=bytes(8))))),
]  # fmt: skip
SHAPES = COMMON + RARE


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
    return V6[8:40] in frame


@pytest.mark.parametrize(("name", "link_type", "frame"), SHAPES, ids=[shape[0] for shape in SHAPES])
def test_same_segment_in_every_wrapping(name: str, link_type: int, frame: bytes) -> None:
    """The wrapping does not show in the segment, nor does what lies behind the frame in the buffer."""
    sieve = Sieve()
    found = sieve.feed(batch_of([frame], link_type=link_type, margin=b"\xff" * 30))
    assert found == [expected(six=carries_six(frame))], name
    assert sieve.tally()[Kind.TCP] == (1, len(frame))
    assert sieve.close() == []


def write_pcapng(path: Path, shapes: list[tuple[str, int, bytes]]) -> None:
    """Write one interface and one packet for each shape."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    blocks += [block(1, struct.pack("<HHI", link_type, 0, 0)) for _, link_type, _ in shapes]
    for index, (_, _, frame) in enumerate(shapes):
        blocks.append(block(6, struct.pack("<IIIII", index, 0, 0, len(frame), len(frame)) + frame))
    path.write_bytes(b"".join(blocks))


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_the_segment_too(tmp_path: Path) -> None:
    """Every wrapping is what it is called: tshark finds the same segment in it."""
    path = tmp_path / "shapes.pcapng"
    write_pcapng(path, SHAPES)
    fields = ["tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.len"]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", *(part for field in fields for part in ("-e", field))]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = f"40000\t8888\t7\t{len(PAYLOAD)}"
    assert [name for (name, _, _), line in zip(SHAPES, lines, strict=True) if line != wanted] == []


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
    ("no wire", 147, b"hello", Kind.UNKNOWN_LINK, "link.unknown-type"),
    ("nothing", 1, b"", Kind.MALFORMED, "link.malformed"),
    ("half an Ethernet header", 1, bytes(7), Kind.MALFORMED, "link.malformed"),
    ("IPv4 of version 5", 1, ethernet(b"\x55" + V4[1:], ethertype=0x0800), Kind.MALFORMED, "ip.malformed"),
    ("IPv4 header of 4 words", 1, ethernet(b"\x44" + V4[1:], ethertype=0x0800), Kind.MALFORMED, "ip.malformed"),
    ("IPv6 of version 4", 1, ethernet(V4, ethertype=0x86DD), Kind.MALFORMED, "ip.malformed"),
    ("5 bytes of UDP", 1, ethernet(ipv4(*OUTER4, udp(1, 2)[:5], protocol=17)), Kind.MALFORMED, "udp.malformed"),
    ("data offset 4", 1, ethernet(ipv4(*OUTER4, tcp(1, 2, data_offset=4))), Kind.MALFORMED, "tcp.malformed"),
    ("data offset 6", 1, ethernet(ipv4(*OUTER4, tcp(1, 2, data_offset=6))), Kind.MALFORMED, "tcp.malformed"),
    ("radiotap of 4 bytes", 127, b"\0\0\x04\0" + bytes(9), Kind.MALFORMED, "link.malformed"),
    ("VXLAN without a frame", 1, ethernet(ipv4(*OUTER4, udp(1, 4789, b"\x08"))), Kind.MALFORMED, "tunnel.malformed"),
    ("scapy gives up", 119, bytes(10), Kind.MALFORMED, "link.malformed"),
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
