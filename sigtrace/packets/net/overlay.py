"""Overlays in UDP: VXLAN and Geneve carry whole frames between the hosts of a virtual network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.net.gre import TUNNEL_MALFORMED

if TYPE_CHECKING:
    from collections.abc import Sequence

VXLAN_PORT, GENEVE_PORT = 4789, 6081
TUNNEL_PORTS = (VXLAN_PORT, GENEVE_PORT)

_HEADER = 8
_VXLAN_INSTANCE = 0x08  # in byte 0: the network identifier is valid, as it must be
_TRANSPARENT_ETHERNET = 0x6558


def decode_vxlan(layer: Layer) -> Sequence[Layer]:
    """Take a VXLAN header off (RFC 7348 §5); without its one mandatory flag this is some other datagram."""
    if not layer.data or not layer.data[0] & _VXLAN_INSTANCE:
        return (layer.inner(0, Space.UDP, 0),)
    layer.need(_HEADER, TUNNEL_MALFORMED)
    return (layer.inner(_HEADER, Space.ETHERTYPE, _TRANSPARENT_ETHERNET),)


def decode_geneve(layer: Layer) -> Sequence[Layer]:
    """Take a Geneve header and its options off (RFC 8926 §3.4); of another version it is some other datagram."""
    if not layer.data or layer.data[0] >> 6:
        return (layer.inner(0, Space.UDP, 0),)
    layer.need(_HEADER, TUNNEL_MALFORMED)
    length = _HEADER + (layer.data[0] & 0x3F) * 4
    layer.need(length, TUNNEL_MALFORMED)
    return (layer.inner(length, Space.ETHERTYPE, int.from_bytes(layer.data[2:4], "big")),)
