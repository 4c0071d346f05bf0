"""Ethernet and what may stand between it and IP by EtherType: tags of all kinds, 802.3 lengths with LLC and SNAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space

if TYPE_CHECKING:
    from collections.abc import Sequence

LINK_MALFORMED = "link.malformed"  # a link header is shorter than it must be, or contradicts itself
LINK_PROTECTED = "link.protected"  # encrypted frames: whatever they carry cannot be read

IPV4, IPV6 = 0x0800, 0x86DD
TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)  # 802.1Q, 802.1ad, and what was used before 802.1ad
LOWEST_ETHERTYPE = 0x0600  # below it, the field is a length (IEEE 802.3 §3.2.6)
TRANSPARENT_ETHERNET = 0x6558  # a whole frame
LLC = 0x0004  # inner EtherType for "an LLC header follows", as Linux and its cooked captures number it

# Tags of other kinds and their lengths, each of which ends with the EtherType of what follows: Cisco's for security
# groups and for virtual interfaces, 802.1BR's for port extenders, HSR's for rings sent both ways round (IEC 62439-3).
WIDE_TAGS = {0x8909: 8, 0x8926: 6, 0x893F: 8, 0x892F: 6}
PROVIDER_BACKBONE = 0x88E7

HEADER, TAG, SNAP = 14, 4, 8
_SERVICE = 4  # 802.1ah's flags and service identifier
_LLC_IP = b"\x06\x06\x03"
SNAP_HEADERS = (b"\xaa\xaa\x03\x00\x00\x00", b"\xaa\xaa\x03\x00\x00\xf8")  # RFC 1042; 802.1H bridge tunnel


def decode_ethernet(layer: Layer) -> Sequence[Layer]:
    """Take an Ethernet header off (IEEE 802.3 §3.1.1): addresses, then an EtherType or a length."""
    layer.need(HEADER, LINK_MALFORMED)
    ethertype = int.from_bytes(layer.data[12:14], "big")
    if ethertype >= LOWEST_ETHERTYPE:
        return (layer.inner(HEADER, Space.ETHERTYPE, ethertype),)
    return (layer.inner(HEADER, Space.ETHERTYPE, LLC).limited(ethertype),)


def decode_tag(layer: Layer) -> Sequence[Layer]:
    """Take a VLAN tag off (IEEE 802.1Q §9.6), or a wider one: its last two bytes are an EtherType or a length."""
    size = WIDE_TAGS.get(layer.number, TAG)
    layer.need(size, LINK_MALFORMED)
    ethertype = int.from_bytes(layer.data[size - 2 : size], "big")
    if ethertype >= LOWEST_ETHERTYPE:
        return (layer.inner(size, Space.ETHERTYPE, ethertype),)
    return (layer.inner(size, Space.ETHERTYPE, LLC).limited(ethertype),)


def decode_backbone(layer: Layer) -> Sequence[Layer]:
    """Take a provider backbone's service tag off (IEEE 802.1Q §9.7): the customer's whole frame follows."""
    layer.need(_SERVICE, LINK_MALFORMED)
    return (layer.inner(_SERVICE, Space.ETHERTYPE, TRANSPARENT_ETHERNET),)


def decode_llc(layer: Layer) -> Sequence[Layer]:
    """Take LLC off, with SNAP (RFC 1042) or IP straight behind it; its other users carry no IP that we look for."""
    if layer.data[:3] == _LLC_IP:
        return (layer.inner(3, Space.ETHERTYPE, IPV4),)
    if layer.data[:6] not in SNAP_HEADERS:
        return ()
    layer.need(SNAP, LINK_MALFORMED)
    return (layer.inner(SNAP, Space.ETHERTYPE, int.from_bytes(layer.data[6:8], "big")),)
