"""GRE: a short header, optional fields as its flags say, and an EtherType that names what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import IPV4, IPV6, TRANSPARENT_ETHERNET
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

TUNNEL_MALFORMED = "tunnel.malformed"  # a tunnel's header is shorter than its own flags and lengths say

_HEADER, _OPTIONAL = 4, 4
_CHECKSUM, _ROUTING, _KEY, _SEQUENCE = 0x80, 0x40, 0x20, 0x10  # in byte 0
_ACKNOWLEDGMENT, _VERSION = 0x80, 0x07  # in byte 1
_SOURCE_ROUTE = 4  # address family 2, offset 1, length of what follows 1

_ERSPAN, _ERSPAN_III = 0x88BE, 0x22EB
_ERSPAN_HEADER, _ERSPAN_III_HEADER, _ERSPAN_III_OPTIONAL = 8, 12, 8
_ERSPAN_IP = 2  # frame type of type III: an IP packet without its frame

_ETHERNET_OVER_IP = 0x6400  # MikroTik's
_REDIRECTED = 0x883E  # Cisco's WCCP: IPv4, from version 2 on behind a header of 4 bytes
_REDIRECT_HEADER = 4


def decode_gre(layer: Layer) -> Sequence[Layer]:
    """Take a GRE header off (RFC 2784 §2, RFC 2890 §2, RFC 1701; version 1, which carries PPP, RFC 2637 §4.1)."""
    layer.need(_HEADER, TUNNEL_MALFORMED)
    flags, second = layer.data[0], layer.data[1]
    protocol = int.from_bytes(layer.data[2:4], "big")
    version = second & _VERSION
    if version > 1:
        return ()
    routed = version == 0 and flags & _ROUTING
    fields = [flags & _CHECKSUM or routed, flags & _KEY, flags & _SEQUENCE, version == 1 and second & _ACKNOWLEDGMENT]
    length = _HEADER + _OPTIONAL * sum(map(bool, fields))
    if routed:
        length = _end_of_routes(layer, length)
    layer.need(length, TUNNEL_MALFORMED)
    if protocol == _ERSPAN:  # without a sequence number it is of type I, which has no header of its own
        length += _ERSPAN_HEADER if flags & _SEQUENCE else 0
        return (layer.inner(length, Space.ETHERTYPE, TRANSPARENT_ETHERNET),)
    if protocol == _ERSPAN_III:
        return (_mirrored(layer, length),)
    if protocol == _REDIRECTED:
        behind = layer.data[length : length + 1]
        length += 0 if behind and behind[0] >> 4 == 4 else _REDIRECT_HEADER
        return (layer.inner(length, Space.ETHERTYPE, IPV4),)
    carried = TRANSPARENT_ETHERNET if protocol == _ETHERNET_OVER_IP else protocol
    return (layer.inner(length, Space.ETHERTYPE, carried),)


def _end_of_routes(layer: Layer, at: int) -> int:
    """Return where the source routes end (RFC 1701): the last is one of length 0."""
    while True:
        layer.need(at + _SOURCE_ROUTE, TUNNEL_MALFORMED)
        family, length = layer.data[at : at + 2], layer.data[at + 3]
        at += _SOURCE_ROUTE + length
        if not length and family == b"\0\0":
            return at


def _mirrored(layer: Layer, start: int) -> Layer:
    """Take the header of ERSPAN type III off (draft-foschiano-erspan-03 §4.3), and the platform's behind it."""
    end = start + _ERSPAN_III_HEADER
    layer.need(end, TUNNEL_MALFORMED)
    optional, frame_type = layer.data[end - 1] & 1, layer.data[end - 2] >> 2 & 0x1F
    mirrored = layer.inner(end + _ERSPAN_III_OPTIONAL * optional, Space.ETHERTYPE, TRANSPARENT_ETHERNET)
    if frame_type != _ERSPAN_IP or not mirrored.data:
        return mirrored
    return replace(mirrored, number=IPV4 if mirrored.data[0] >> 4 == 4 else IPV6)
