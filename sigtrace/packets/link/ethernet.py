"""Ethernet and what may stand between it and IP by EtherType: VLAN tags, IEEE 802.3 lengths with LLC and SNAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space

if TYPE_CHECKING:
    from collections.abc import Sequence

LINK_MALFORMED = "link.malformed"  # a link header is shorter than it must be, or contradicts itself

IPV4, IPV6 = 0x0800, 0x86DD
TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)  # 802.1Q, 802.1ad, and what was used before 802.1ad
LOWEST_ETHERTYPE = 0x0600  # below it, the field is a length (IEEE 802.3 §3.2.6)
LLC = 0x0004  # inner EtherType for "an LLC header follows", as Linux and its cooked captures number it

HEADER, TAG, SNAP = 14, 4, 8
_SNAP_HEADERS = (b"\xaa\xaa\x03\x00\x00\x00", b"\xaa\xaa\x03\x00\x00\xf8")  # RFC 1042; 802.1H bridge tunnel


def decode_ethernet(layer: Layer) -> Sequence[Layer]:
    """Take an Ethernet header off (IEEE 802.3 §3.1.1): addresses, then an EtherType or a length."""
    layer.need(HEADER, LINK_MALFORMED)
    ethertype = int.from_bytes(layer.data[12:14], "big")
    if ethertype >= LOWEST_ETHERTYPE:
        return (layer.inner(HEADER, Space.ETHERTYPE, ethertype),)
    return (layer.inner(HEADER, Space.ETHERTYPE, LLC).limited(ethertype),)


def decode_tag(layer: Layer) -> Sequence[Layer]:
    """Take a VLAN tag off (IEEE 802.1Q §9.6): two bytes of control information, then an EtherType or a length."""
    layer.need(TAG, LINK_MALFORMED)
    ethertype = int.from_bytes(layer.data[2:4], "big")
    if ethertype >= LOWEST_ETHERTYPE:
        return (layer.inner(TAG, Space.ETHERTYPE, ethertype),)
    return (layer.inner(TAG, Space.ETHERTYPE, LLC).limited(ethertype),)


def decode_llc(layer: Layer) -> Sequence[Layer]:
    """Take LLC and SNAP off (RFC 1042); other LLC users carry no IP that we look for."""
    if layer.data[:6] not in _SNAP_HEADERS:
        return ()
    layer.need(SNAP, LINK_MALFORMED)
    return (layer.inner(SNAP, Space.ETHERTYPE, int.from_bytes(layer.data[6:8], "big")),)
