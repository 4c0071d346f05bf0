"""Tunnels in UDP: whole frames between the hosts of a virtual network, packets of phones, what a sniffer sent home.

A port is no more than a hint, since media takes any port. A decoder that does not find what its tunnel always has
returns the datagram as what it is, and only a header that is cut short is damage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import IPV4, IPV6, TRANSPARENT_ETHERNET
from sigtrace.packets.link.ppp import decode_ppp
from sigtrace.packets.net import ipv6
from sigtrace.packets.net.gre import TUNNEL_MALFORMED
from sigtrace.packets.net.nsh import CARRIED

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER = 8
_VXLAN_INSTANCE, _VXLAN_PROTOCOL = 0x08, 0x04  # in byte 0: the network identifier is valid, as it must be; GPE

_GTP_FIRST, _GTP_FIRST_MASK = 0x30, 0xF0  # version 1, not charging
_GTP_OPTIONAL, _GTP_EXTENDED, _GTP_PACKET = 0x07, 0x04, 0xFF

_L2TP_CONTROL, _L2TP_LENGTH, _L2TP_SEQUENCE, _L2TP_OFFSET = 0x80, 0x40, 0x08, 0x02  # in byte 0
_L2TP_VERSION = 2

_TEREDO_AUTHENTICATION, _TEREDO_ORIGIN = b"\0\1", b"\0\0"
_TEREDO_ORIGIN_LENGTH, _TEREDO_AUTHENTICATION_LENGTH = 8, 13

_TZSP_HEADER, _TZSP_PADDING, _TZSP_END = 4, 0, 1
_TZSP_LINKS = {1: 1, 18: 105, 119: 119, 127: 163}  # its numbers of encapsulations, and our link types


def decode_vxlan(layer: Layer) -> Sequence[Layer]:
    """Take a VXLAN header off (RFC 7348 §5); without its one mandatory flag this is some other datagram."""
    if not layer.data or not layer.data[0] & _VXLAN_INSTANCE:
        return _no_tunnel(layer)
    layer.need(_HEADER, TUNNEL_MALFORMED)
    return (layer.inner(_HEADER, Space.ETHERTYPE, TRANSPARENT_ETHERNET),)


def decode_linux_vxlan(layer: Layer) -> Sequence[Layer]:
    """Take a VXLAN header off at the port that Linux used before there was a standard, and Flannel still does.

    The port is nobody's by assignment, so the header must be one to the bit (RFC 7348 §5: reserved bits are zero).
    """
    if layer.data[:4] != b"\x08\0\0\0" or layer.data[7:8] != b"\0":
        return _no_tunnel(layer)
    return decode_vxlan(layer)


def decode_vxlan_gpe(layer: Layer) -> Sequence[Layer]:
    """Take a VXLAN-GPE header off (draft-ietf-nvo3-vxlan-gpe §3.1): its fourth byte names what follows."""
    if not layer.data or not layer.data[0] & _VXLAN_INSTANCE:
        return _no_tunnel(layer)
    layer.need(_HEADER, TUNNEL_MALFORMED)
    number = CARRIED.get(layer.data[3]) if layer.data[0] & _VXLAN_PROTOCOL else TRANSPARENT_ETHERNET
    return _no_tunnel(layer) if number is None else (layer.inner(_HEADER, Space.ETHERTYPE, number),)


def decode_geneve(layer: Layer) -> Sequence[Layer]:
    """Take a Geneve header and its options off (RFC 8926 §3.4); of another version it is some other datagram."""
    if not layer.data or layer.data[0] >> 6:
        return _no_tunnel(layer)
    layer.need(_HEADER, TUNNEL_MALFORMED)
    length = _HEADER + (layer.data[0] & 0x3F) * 4
    layer.need(length, TUNNEL_MALFORMED)
    return (layer.inner(length, Space.ETHERTYPE, int.from_bytes(layer.data[2:4], "big")),)


def decode_gtp(layer: Layer) -> Sequence[Layer]:
    """Take a GTP-U header and its extensions off (3GPP TS 29.281 §5.1): an IP packet, if it carries one."""
    if len(layer.data) < _HEADER or layer.data[0] & _GTP_FIRST_MASK != _GTP_FIRST or layer.data[1] != _GTP_PACKET:
        return _no_tunnel(layer)
    length, flags = _HEADER, layer.data[0]
    if flags & _GTP_OPTIONAL:
        length += 4
        layer.need(length, TUNNEL_MALFORMED)
        following = layer.data[length - 1] if flags & _GTP_EXTENDED else 0
        while following:
            layer.need(length + 1, TUNNEL_MALFORMED)
            words = layer.data[length]
            if not words:
                return _no_tunnel(layer)
            length += 4 * words
            layer.need(length, TUNNEL_MALFORMED)
            following = layer.data[length - 1]
    message = layer.limited(_HEADER + int.from_bytes(layer.data[2:4], "big"))
    version = message.data[length] >> 4 if len(message.data) > length else 0
    if version not in {4, 6}:
        return _no_tunnel(layer)
    return (message.inner(length, Space.ETHERTYPE, IPV4 if version == 4 else IPV6),)


def decode_l2tp(layer: Layer) -> Sequence[Layer]:
    """Take the header of an L2TP data message off (RFC 2661 §3.1): PPP follows; control messages carry none."""
    if len(layer.data) < 2 or layer.data[0] & _L2TP_CONTROL or layer.data[1] & 0x0F != _L2TP_VERSION:
        return _no_tunnel(layer)
    flags = layer.data[0]
    length = 6 + 2 * bool(flags & _L2TP_LENGTH) + 4 * bool(flags & _L2TP_SEQUENCE)
    layer.need(length, TUNNEL_MALFORMED)
    if flags & _L2TP_LENGTH:
        layer = layer.limited(int.from_bytes(layer.data[2:4], "big"))
    if flags & _L2TP_OFFSET:
        layer.need(length + 2, TUNNEL_MALFORMED)
        length += 2 + int.from_bytes(layer.data[length : length + 2], "big")
    layer.need(length, TUNNEL_MALFORMED)
    return decode_ppp(layer.inner(length, Space.PPP, 0))


def decode_teredo(layer: Layer) -> Sequence[Layer]:
    """Take what Teredo may put before an IPv6 packet off (RFC 4380 §5.1.1): authentication, origin."""
    at = 0
    if layer.data[:2] == _TEREDO_AUTHENTICATION and len(layer.data) > 4:
        at += _TEREDO_AUTHENTICATION_LENGTH + layer.data[2] + layer.data[3]
    if layer.data[at : at + 2] == _TEREDO_ORIGIN:
        at += _TEREDO_ORIGIN_LENGTH
    packet = layer.data[at : at + 6]
    length = ipv6.HEADER + int.from_bytes(packet[4:], "big")
    if len(packet) < 6 or packet[0] >> 4 != 6 or length > layer.length - at:
        return _no_tunnel(layer)
    return (layer.inner(at, Space.ETHERTYPE, IPV6),)


def decode_tzsp(layer: Layer) -> Sequence[Layer]:
    """Take the header of a frame that a remote sniffer sent off (TZSP 1.0): version, kind, encapsulation, tags."""
    if len(layer.data) < _TZSP_HEADER or layer.data[0] != 1 or layer.data[1] not in {0, 1}:
        return _no_tunnel(layer)
    link_type = _TZSP_LINKS.get(int.from_bytes(layer.data[2:4], "big"))
    if link_type is None:
        return _no_tunnel(layer)
    at = _TZSP_HEADER
    while layer.data[at : at + 1] != bytes([_TZSP_END]):
        layer.need(at + 2, TUNNEL_MALFORMED)
        at += 1 if layer.data[at] == _TZSP_PADDING else 2 + layer.data[at + 1]
    return (layer.inner(at + 1, Space.LINK, link_type),)


def _no_tunnel(layer: Layer) -> Sequence[Layer]:
    return (layer.inner(0, Space.UDP, 0),)
