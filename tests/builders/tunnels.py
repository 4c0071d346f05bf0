"""Makers of tunnels and tags that are met less often than those of `packets.py`."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from tests.builders.packets import Network, Transport, ppp, udp


def extension(number: int, payload: Transport) -> Transport:
    """Put an IPv6 extension header of padding, of any number, before `payload`."""
    return Transport.of(number, bytes([payload.protocol, 0, 1, 4, 0, 0, 0, 0]) + payload)


def routing(payload: Transport, last: str, *, left: int, kind: int) -> Transport:
    """Put a routing header with one address before `payload` (RFC 8200 §4.4)."""
    return Transport.of(43, bytes([payload.protocol, 2, kind, left]) + bytes(4) + ip_address(last).packed + payload)


def atomic_fragment(payload: Transport) -> Transport:
    """Put a fragment header before a whole `payload` (RFC 6946)."""
    return Transport.of(44, struct.pack("!BBHI", payload.protocol, 0, 0, 7) + payload)


def gre_of(protocol: int, payload: bytes, *, flags: int = 0, version: int = 0, optional: bytes = b"") -> Transport:
    """Make a GRE packet of any shape: flags, version, and the bytes of the optional fields as they are."""
    return Transport.of(47, bytes([flags, version]) + struct.pack("!H", protocol) + optional + payload)


SOURCE_ROUTE = struct.pack("!HBB", 0x0800, 0, 8) + bytes(8) + bytes(4)  # one entry, and the one that ends them


def erspan_iii(payload: bytes, *, frame_type: int = 0, platform: bool = False) -> Transport:
    """Make a GRE packet that mirrors `payload` by ERSPAN type III."""
    header = struct.pack("!HHIHH", 0x2001, 1, 1, 0, frame_type << 10 | platform) + bytes(8) * platform
    return gre_of(0x22EB, header + payload, flags=0x10, optional=bytes(4))


def pptp(payload: Network) -> Transport:
    """Make the GRE packet of PPTP with sequence and acknowledgment numbers (RFC 2637 §4.1)."""
    optional = struct.pack("!HHII", len(payload) + 4, 1, 1, 1)
    return gre_of(0x880B, ppp(payload), flags=0x30, version=0x81, optional=optional)


def nsh(payload: bytes, *, carried: int = 1, words: int = 6) -> bytes:
    """Put a service header before `payload` (RFC 8300): 24 bytes of metadata type 1, or 8 of type 2."""
    return struct.pack("!BBBBI", 0, 0xC0 | words, 1 if words == 6 else 2, carried, 255) + bytes(words * 4 - 8) + payload


def macsec(payload: Network, *, channel: bool = False, flags: int = 0) -> bytes:
    """Put a MACsec tag before a packet and a check value behind it (IEEE 802.1AE §9)."""
    tag = struct.pack("!BBI", flags | 0x20 * channel, 0, 1) + bytes(8) * channel
    return tag + struct.pack("!H", payload.ethertype) + payload + bytes(16)


def vxlan_gpe(payload: bytes, *, carried: int) -> Transport:
    """Make a VXLAN-GPE datagram."""
    return udp(54321, 4790, struct.pack("!II", 0x0C000000 | carried, 42 << 8) + payload)


def gtp(payload: Network, *, flags: int = 0x30, optional: bytes = b"") -> Transport:
    """Make a GTP-U datagram (3GPP TS 29.281 §5.1); `optional` stands behind the eight bytes that are always there."""
    return udp(2152, 2152, struct.pack("!BBHI", flags, 255, len(optional) + len(payload), 1) + optional + payload)


def l2tp(payload: Network, *, full: bool = False) -> Transport:
    """Make an L2TP data message (RFC 2661 §3.1), with all optional fields when `full`."""
    inner = ppp(payload)
    header = struct.pack("!BBHHHHHH", 0x4A, 2, 16 + len(inner), 1, 1, 1, 1, 2) + bytes(2) if full else b"\0\2\0\1\0\1"
    return udp(54321, 1701, header + inner)


def teredo(payload: Network, *, authentication: bool = False, origin: bool = False) -> Transport:
    """Make a Teredo datagram (RFC 4380 §5.1.1)."""
    before = (b"\0\1\0\0" + bytes(9)) * authentication + bytes(8) * origin
    return udp(54321, 3544, before + payload)


def tzsp(frame: bytes, *, encapsulation: int = 1, tags: bytes = b"\x00\x0a\x01\x7f\x01") -> Transport:
    """Make a TZSP datagram; `tags` are padding, a signal strength, the end."""
    return udp(54321, 37008, struct.pack("!BBH", 1, 0, encapsulation) + tags + frame)


def pktap(frame: bytes, *, link_type: int = 1) -> bytes:
    """Put Darwin's PKTAP header before a frame, LINKTYPE 258."""
    return struct.pack("<III", 108, 1, link_type) + bytes(96) + frame


def nflog(payload: Network) -> bytes:
    """Make a netfilter log's record, LINKTYPE 239: a prefix of one letter, then the packet."""
    family = 2 if payload.ethertype == 0x0800 else 10
    prefix = struct.pack("<HH", 5, 10) + b"x\0\0\0"
    return bytes([family, 0, 0, 1]) + prefix + struct.pack("<HH", 4 + len(payload), 9) + payload
