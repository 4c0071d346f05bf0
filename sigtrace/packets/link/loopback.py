"""BSD loopback and raw IP: links that say no more than the IP version (tcpdump.org, LINKTYPE_NULL, _LOOP, _RAW)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import IPV4, IPV6, LINK_MALFORMED

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = 4
FAMILY_IPV4 = 2
FAMILIES_IPV6 = (10, 23, 24, 28, 30)  # AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin


def decode_loopback(layer: Layer) -> Sequence[Layer]:
    """Take the address family off, which is in the byte order of the machine that captured."""
    layer.need(HEADER, LINK_MALFORMED)
    family = min(int.from_bytes(layer.data[:4], "little"), int.from_bytes(layer.data[:4], "big"))
    if family == FAMILY_IPV4:
        return (layer.inner(HEADER, Space.ETHERTYPE, IPV4),)
    return (layer.inner(HEADER, Space.ETHERTYPE, IPV6),) if family in FAMILIES_IPV6 else ()


def decode_raw(layer: Layer) -> Sequence[Layer]:
    """Tell IPv4 from IPv6 by the version in the first byte."""
    layer.need(1, LINK_MALFORMED)
    version = layer.data[0] >> 4
    return (layer.inner(0, Space.ETHERTYPE, IPV4 if version == 4 else IPV6),) if version in (4, 6) else ()
