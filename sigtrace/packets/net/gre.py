"""GRE: a short header, optional fields as its flags say, and an EtherType that names what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space

if TYPE_CHECKING:
    from collections.abc import Sequence

TUNNEL_MALFORMED = "tunnel.malformed"  # a tunnel's header is shorter than its own flags and lengths say

_HEADER, _OPTIONAL = 4, 4
_CHECKSUM, _ROUTING, _KEY, _SEQUENCE = 0x80, 0x40, 0x20, 0x10  # in byte 0
_ACKNOWLEDGMENT, _VERSION = 0x80, 0x07  # in byte 1
_ERSPAN, _ERSPAN_III = 0x88BE, 0x22EB
_ERSPAN_HEADER, _ERSPAN_III_HEADER, _ERSPAN_III_OPTIONAL = 8, 12, 8
_TRANSPARENT_ETHERNET = 0x6558


def decode_gre(layer: Layer) -> Sequence[Layer]:
    """Take a GRE header off (RFC 2784 §2, RFC 2890 §2; version 1, which carries PPP, RFC 2637 §4.1)."""
    layer.need(_HEADER, TUNNEL_MALFORMED)
    flags, second = layer.data[0], layer.data[1]
    protocol = int.from_bytes(layer.data[2:4], "big")
    version = second & _VERSION
    if version > 1 or flags & _ROUTING:  # source routes (RFC 1701) went out of use with version 0's first revision
        return ()
    fields = [flags & _CHECKSUM, flags & _KEY, flags & _SEQUENCE, version == 1 and second & _ACKNOWLEDGMENT]
    length = _HEADER + _OPTIONAL * sum(map(bool, fields))
    layer.need(length, TUNNEL_MALFORMED)
    if protocol == _ERSPAN:  # without a sequence number it is of type I, which has no header of its own
        length += _ERSPAN_HEADER if flags & _SEQUENCE else 0
        return (layer.inner(length, Space.ETHERTYPE, _TRANSPARENT_ETHERNET),)
    if protocol == _ERSPAN_III:
        layer.need(length + _ERSPAN_III_HEADER, TUNNEL_MALFORMED)
        optional = layer.data[length + _ERSPAN_III_HEADER - 1] & 1
        length += _ERSPAN_III_HEADER + _ERSPAN_III_OPTIONAL * optional
        return (layer.inner(length, Space.ETHERTYPE, _TRANSPARENT_ETHERNET),)
    return (layer.inner(length, Space.ETHERTYPE, protocol),)
