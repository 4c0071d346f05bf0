"""Ethernet frames in IP packets: EtherIP's two bytes, and nothing at all in segment routing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import TRANSPARENT_ETHERNET
from sigtrace.packets.net.gre import TUNNEL_MALFORMED
from sigtrace.packets.numbers import MPLS

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER = 2


def decode_etherip(layer: Layer) -> Sequence[Layer]:
    """Take an EtherIP header off (RFC 3378 §3): a version and reserved bits."""
    layer.need(_HEADER, TUNNEL_MALFORMED)
    return (layer.inner(_HEADER, Space.ETHERTYPE, TRANSPARENT_ETHERNET),)


def decode_ethernet_in_ip(layer: Layer) -> Sequence[Layer]:
    """Name the frame that follows at once (RFC 8986 §9, IP protocol 143)."""
    return (layer.inner(0, Space.ETHERTYPE, TRANSPARENT_ETHERNET),)


def decode_mpls_in_ip(layer: Layer) -> Sequence[Layer]:
    """Name the labels that follow at once (RFC 4023 §3)."""
    return (layer.inner(0, Space.ETHERTYPE, MPLS),)
