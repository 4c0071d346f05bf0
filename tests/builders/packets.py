"""Makers of packets as bytes: each wraps the payload it is given in one header, so that nesting reads like the wire.

    ethernet(ipv4("10.77.0.1", "10.77.0.11", tcp(8888, 40000, sequence=1, payload=b"HTTP/1.1 200 OK")))

Whatever is not said is what a plain Linux host would send. Transport checksums are left zero, as offloading does.
"""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch, Record
from sigtrace.packets.packet import ACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000
MAC_A, MAC_B = bytes.fromhex("02770000000a"), bytes.fromhex("02770000000b")
BSSID = bytes.fromhex("0277000000ff")


# ── transport ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Transport(bytes):
    """A transport header with its payload, that knows its IP protocol number."""

    protocol: int

    @classmethod
    def of(cls, protocol: int, data: bytes) -> Transport:
        """Tie `data` to the number that IP headers name it by."""
        transport = cls(data)
        transport.protocol = protocol
        return transport


def tcp(
    source_port: int,
    destination_port: int,
    *,
    sequence: int = 0,
    acknowledgment: int = 0,
    flags: int = ACK,
    window: int = 64240,
    options: bytes = b"",
    payload: bytes = b"",
    data_offset: int | None = None,
) -> Transport:
    """Make a TCP segment (RFC 9293 §3.1); `options` are padded to whole words, `data_offset` may lie (in words)."""
    options += bytes(-len(options) % 4)
    words = 5 + len(options) // 4 if data_offset is None else data_offset
    ports = source_port, destination_port
    header = struct.pack("!HHIIBBHHH", *ports, sequence, acknowledgment, words << 4, flags, window, 0, 0)
    return Transport.of(6, header + options + payload)


def timestamps(value: int, echo: int = 0) -> bytes:
    """Make the TCP option that established Linux connections carry: two no-operations, then timestamps (RFC 7323)."""
    return b"\x01\x01" + struct.pack("!BBII", 8, 10, value, echo)


def syn_options(value: int, *, mss: int = 1460, scale: int = 7) -> bytes:
    """Make the options of a Linux SYN: segment size, selective acknowledgment, timestamps, window scale."""
    return struct.pack("!BBHBBBBIIBBBB", 2, 4, mss, 4, 2, 8, 10, value, 0, 1, 3, 3, scale)


def udp(source_port: int, destination_port: int, payload: bytes = b"", *, length: int | None = None) -> Transport:
    """Make a UDP datagram (RFC 768); `length` may lie."""
    header = struct.pack("!HHHH", source_port, destination_port, 8 + len(payload) if length is None else length, 0)
    return Transport.of(17, header + payload)


def icmp_unreachable(original: bytes) -> Transport:
    """Make an ICMP "port unreachable" that quotes the packet it complains about (RFC 792)."""
    return Transport.of(1, bytes([3, 3, 0, 0, 0, 0, 0, 0]) + original)


# ── network ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Network(bytes):
    """An IP packet, that knows its EtherType."""

    ethertype: int

    @classmethod
    def of(cls, ethertype: int, data: bytes) -> Network:
        """Tie `data` to the number that link headers name it by."""
        network = cls(data)
        network.ethertype = ethertype
        return network


def _protocol_of(payload: bytes, given: int | None) -> int:
    if given is not None:
        return given
    if isinstance(payload, Transport):
        return payload.protocol
    if isinstance(payload, Network):
        return 4 if payload.ethertype == 0x0800 else 41
    return 59  # "no next header"


def _internet_checksum(header: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ipv4(
    source: str,
    destination: str,
    payload: bytes,
    *,
    protocol: int | None = None,
    identification: int = 0,
    flags: int = DONT_FRAGMENT,
    fragment_offset: int = 0,
    options: bytes = b"",
    total_length: int | None = None,
    ttl: int = 64,
) -> Network:
    """Make an IPv4 packet (RFC 791); `fragment_offset` in bytes; `total_length` may lie."""
    options += bytes(-len(options) % 4)
    header_length = 20 + len(options)
    total = header_length + len(payload) if total_length is None else total_length
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x40 | header_length // 4,
        0,
        total & 0xFFFF,
        identification,
        flags | fragment_offset // 8,
        ttl,
        _protocol_of(payload, protocol),
        0,
        ip_address(source).packed,
        ip_address(destination).packed,
    )
    checksum = struct.pack("!H", _internet_checksum(header + options))
    return Network.of(0x0800, header[:10] + checksum + header[12:] + options + payload)


def with_checksum(packet: Network, *, change: int = 0) -> Network:
    """Fill in the TCP or UDP checksum behind an IP header without options (RFC 9293 §3.1), `change` away from right."""
    six = packet.ethertype == 0x86DD
    header, protocol, addresses = (40, packet[6], packet[8:40]) if six else (20, packet[9], packet[12:20])
    at = header + (16 if protocol == 6 else 6)
    bare = packet[:at] + bytes(2) + packet[at + 2 :]
    pseudo = addresses + struct.pack("!II", len(packet) - header, protocol)
    covered = pseudo + bare[header:]
    checksum = (_internet_checksum(covered + bytes(len(covered) % 2)) + change) & 0xFFFF
    return Network.of(packet.ethertype, packet[:at] + struct.pack("!H", checksum) + packet[at + 2 :])


def offloaded(packet: Network, *, with_length: bool = True) -> Network:
    """Fill in what a host leaves to its network card: the sum of the pseudo-header, as it is in `with_checksum`."""
    six = packet.ethertype == 0x86DD
    header, protocol, addresses = (40, packet[6], packet[8:40]) if six else (20, packet[9], packet[12:20])
    at = header + (16 if protocol == 6 else 6)
    pseudo = addresses + struct.pack("!II", (len(packet) - header) * with_length, protocol)
    return Network.of(
        packet.ethertype, packet[:at] + struct.pack("!H", 0xFFFF ^ _internet_checksum(pseudo)) + packet[at + 2 :]
    )


def ipv4_fragments(packet: bytes, size: int) -> list[Network]:
    """Cut an IPv4 packet without options into fragments of `size` payload bytes, a multiple of 8."""
    header, payload = packet[:20], packet[20:]
    fragments = []
    for offset in range(0, len(payload), size):
        piece = payload[offset : offset + size]
        more = MORE_FRAGMENTS if offset + size < len(payload) else 0
        changed = struct.pack("!HHH", 20 + len(piece), int.from_bytes(header[4:6], "big"), more | offset // 8)
        bare = header[:2] + changed + header[8:10] + bytes(2) + header[12:]
        checksum = struct.pack("!H", _internet_checksum(bare))
        fragments.append(Network.of(0x0800, bare[:10] + checksum + bare[12:] + piece))
    return fragments


def ipv6(
    source: str,
    destination: str,
    payload: bytes,
    *,
    next_header: int | None = None,
    payload_length: int | None = None,
) -> Network:
    """Make an IPv6 packet (RFC 8200); `payload_length` may lie."""
    length = len(payload) if payload_length is None else payload_length
    number = _protocol_of(payload, next_header)
    addresses = ip_address(source).packed + ip_address(destination).packed
    return Network.of(0x86DD, struct.pack("!IHBB", 6 << 28, length & 0xFFFF, number, 64) + addresses + payload)


def ipv6_options(payload: bytes, *, header: int = 0, next_header: int | None = None) -> Transport:
    """Put an extension header of padding before `payload`: 0 hop-by-hop, 43 routing, 60 destination options."""
    return Transport.of(header, bytes([_protocol_of(payload, next_header), 0, 1, 4, 0, 0, 0, 0]) + payload)


def ipv6_fragments(source: str, destination: str, payload: bytes, size: int, *, identification: int) -> list[Network]:
    """Make the IPv6 packets that carry `payload` in fragments of `size` bytes, a multiple of 8 (RFC 8200 §4.5)."""
    number = _protocol_of(payload, None)
    packets = []
    for offset in range(0, len(payload), size):
        more = int(offset + size < len(payload))
        header = struct.pack("!BBHI", number, 0, offset | more, identification)
        packets.append(ipv6(source, destination, header + payload[offset : offset + size], next_header=44))
    return packets


def authentication_header(payload: bytes) -> Transport:
    """Put an authentication header with a 12-byte check value before `payload` (RFC 4302)."""
    return Transport.of(51, struct.pack("!BBHII12s", _protocol_of(payload, None), 4, 0, 1, 1, b"") + payload)


def gre(payload: bytes, *, protocol: int | None = None, checksum: bool = False, key: int | None = None) -> Transport:
    """Make a GRE packet (RFC 2784, 2890); a payload that is no IP packet needs its `protocol`, an EtherType."""
    number = _ethertype_of(payload, protocol)
    flags = 0x8000 * checksum | 0x2000 * (key is not None)
    optional = b"\0\0\0\0" * checksum + (struct.pack("!I", key) if key is not None else b"")
    return Transport.of(47, struct.pack("!HH", flags, number) + optional + payload)


def vxlan(frame: bytes, *, vni: int = 42) -> Transport:
    """Make a UDP datagram that carries an Ethernet frame (RFC 7348)."""
    return udp(54321, 4789, struct.pack("!II", 0x08000000, vni << 8) + frame)


def geneve(payload: bytes, *, protocol: int = 0x6558, options: bytes = b"") -> Transport:
    """Make a UDP datagram that carries an Ethernet frame, or what `protocol` says, by Geneve (RFC 8926)."""
    return udp(54321, 6081, struct.pack("!BBHI", len(options) // 4, 0, protocol, 42 << 8) + options + payload)


# ── link ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _ethertype_of(payload: bytes, given: int | None) -> int:
    if given is not None:
        return given
    return payload.ethertype if isinstance(payload, Network) else 0x88B5  # "local experimental"


def ethernet(payload: bytes, *, ethertype: int | None = None, tags: Sequence[int] = (), pad: bool = True) -> bytes:
    """Make an Ethernet frame, tagged once for each of `tags` (their EtherTypes), padded to 60 bytes."""
    types = struct.pack(f"!{2 * len(tags)}H", *(part for tag in tags for part in (tag, 7)))
    types += struct.pack("!H", _ethertype_of(payload, ethertype))
    return (MAC_B + MAC_A + types + payload).ljust(60 if pad else 0, b"\0")


def snap(payload: bytes) -> bytes:
    """Put the LLC and SNAP headers before `payload` (RFC 1042)."""
    return b"\xaa\xaa\x03\0\0\0" + struct.pack("!H", _ethertype_of(payload, None)) + payload


def ethernet_llc(payload: bytes) -> bytes:
    """Make an IEEE 802.3 frame: a length where Ethernet has a type, then LLC and SNAP."""
    body = snap(payload)
    return (MAC_B + MAC_A + struct.pack("!H", len(body)) + body).ljust(60, b"\0")


def cooked(payload: bytes, *, protocol: int | None = None) -> bytes:
    """Make a Linux cooked frame, LINKTYPE 113."""
    return struct.pack("!HHH8sH", 0, 1, 6, MAC_A, _ethertype_of(payload, protocol)) + payload


def cooked_v2(payload: bytes, *, protocol: int | None = None) -> bytes:
    """Make a Linux cooked frame of version 2, LINKTYPE 276."""
    return struct.pack("!HHIHBB8s", _ethertype_of(payload, protocol), 0, 2, 1, 0, 6, MAC_A) + payload


def loopback(payload: Network, *, family: int | None = None, big_endian: bool = False) -> bytes:
    """Make a BSD loopback frame, LINKTYPE 0 (108 when `big_endian`)."""
    number = family if family is not None else 2 if payload.ethertype == 0x0800 else 30
    return struct.pack(">I" if big_endian else "<I", number) + payload


def mpls(payload: bytes, *labels: int) -> bytes:
    """Put a label stack before `payload` (RFC 3032)."""
    entries = [label << 12 | (at == len(labels) - 1) << 8 | 64 for at, label in enumerate(labels)]
    return struct.pack(f"!{len(entries)}I", *entries) + payload


def ppp(payload: Network, *, framing: bool = True, compressed: bool = False) -> bytes:
    """Make a PPP frame, LINKTYPE 9 or 50: with address and control bytes, or with a one-byte protocol number."""
    number = 0x21 if payload.ethertype == 0x0800 else 0x57
    return b"\xff\x03" * framing + number.to_bytes(1 if compressed else 2, "big") + payload


def pppoe(payload: Network) -> bytes:
    """Put the PPPoE session header before a PPP frame (RFC 2516): for EtherType 0x8864, or LINKTYPE 51."""
    inner = ppp(payload, framing=False)
    return struct.pack("!BBHH", 0x11, 0, 7, len(inner)) + inner


def wifi(payload: bytes, *, qos: bool = False, to_ds: bool = True, from_ds: bool = False, flags: int = 0) -> bytes:
    """Make an IEEE 802.11 data frame that carries `payload` behind LLC and SNAP, LINKTYPE 105."""
    return wifi_header(qos=qos, to_ds=to_ds, from_ds=from_ds, flags=flags) + snap(payload)


def wifi_header(
    *, qos: bool = False, to_ds: bool = True, from_ds: bool = False, flags: int = 0, aggregate: bool = False
) -> bytes:
    """Make the header of an IEEE 802.11 data frame (§9.2.4); `aggregate` says that an A-MSDU follows."""
    control = bytes([0x88 if qos else 0x08, flags | to_ds | from_ds << 1])
    addresses = BSSID + MAC_A + MAC_B
    fourth = MAC_A if to_ds and from_ds else b""
    return control + b"\0\0" + addresses + b"\x10\0" + fourth + bytes([0x80 * aggregate, 0]) * qos


def amsdu(*payloads: bytes) -> bytes:
    """Make the body of an aggregated frame: subframes padded to whole words, but for the last (§9.3.2.2)."""
    subframes = [MAC_B + MAC_A + struct.pack("!H", len(snap(payload))) + snap(payload) for payload in payloads]
    return b"".join(frame + bytes(-len(frame) % 4) for frame in subframes[:-1]) + subframes[-1]


def radiotap(frame: bytes, *, flags: int = 0) -> bytes:
    """Put a radiotap header with a time stamp and a flags field before an IEEE 802.11 frame, LINKTYPE 127."""
    return struct.pack("<BBHIQB", 0, 0, 17, 0b11, 1, flags) + frame


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def record(
    data: bytes,
    *,
    number: int = 1,
    at_ns: int = 0,
    link_type: int = 1,
    interface: int = 0,
    original: int | None = None,
    snap_length: int | None = None,
) -> Record:
    """Make a record; `snap_length` cuts what was captured."""
    whole = len(data) if original is None else original
    return Record(number, at_ns, interface, link_type, data[:snap_length], whole)


def batch_of(
    records: Iterable[Record | bytes], *, link_type: int = 1, first_number: int = 1, margin: bytes = b""
) -> Batch:
    """Lay records out as a reader does: one buffer, columns beside it; rows are numbered from `first_number`.

    Plain bytes become records of `link_type`, a millisecond apart; `margin` stands between and around records.
    """
    rows = [
        item if isinstance(item, Record) else record(item, at_ns=index * 1_000_000, link_type=link_type)
        for index, item in enumerate(records)
    ]
    captured = np.array([len(row.data) for row in rows], dtype=np.int64)
    lengths = captured + len(margin)
    offset = len(margin) + np.cumsum(lengths) - lengths
    return Batch(
        first_number=first_number,
        buffer=np.frombuffer(margin + b"".join(row.data + margin for row in rows), dtype=np.uint8),
        offset=offset.astype(np.int64),
        captured=captured,
        original=np.array([row.original for row in rows], dtype=np.int64),
        at_ns=np.array([row.at_ns for row in rows], dtype=np.int64),
        interface=np.array([row.interface for row in rows], dtype=np.int32),
        link_type=np.array([row.link_type for row in rows], dtype=np.int32),
    )
