"""PPP, alone, in HDLC-like framing and over Ethernet, and the Cisco HDLC that shares its serial lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import LINK_MALFORMED

if TYPE_CHECKING:
    from collections.abc import Sequence

PPP_IPV4, PPP_IPV6, PPP_MPLS, PPP_MPLS_MULTICAST = 0x0021, 0x0057, 0x0281, 0x0283

_ADDRESS_AND_CONTROL = b"\xff\x03"
_CISCO_ADDRESSES = (0x0F, 0x8F)  # unicast, multicast
_PPPOE_HEADER, _CISCO_HEADER = 6, 4


def decode_ppp(layer: Layer) -> Sequence[Layer]:
    """Take PPP off (RFC 1661 §2): address and control may be left out, the protocol may be one byte (§6.5, §6.6)."""
    start = 2 if layer.data[:2] == _ADDRESS_AND_CONTROL else 0
    layer.need(start + 1, LINK_MALFORMED)
    if layer.data[start] & 1:  # the last byte of a protocol number is odd, all others are even
        return (layer.inner(start + 1, Space.PPP, layer.data[start]),)
    layer.need(start + 2, LINK_MALFORMED)
    return (layer.inner(start + 2, Space.PPP, int.from_bytes(layer.data[start : start + 2], "big")),)


def decode_directed(layer: Layer) -> Sequence[Layer]:
    """Take off the byte that tells in which direction a PPP frame went, then PPP (LINKTYPE_PPP_WITH_DIR)."""
    return decode_ppp(layer.inner(1, Space.PPP, 0))


def decode_serial(layer: Layer) -> Sequence[Layer]:
    """Tell PPP from Cisco HDLC by the address byte (LINKTYPE_PPP_HDLC)."""
    layer.need(1, LINK_MALFORMED)
    return decode_cisco(layer) if layer.data[0] in _CISCO_ADDRESSES else decode_ppp(layer)


def decode_cisco(layer: Layer) -> Sequence[Layer]:
    """Take Cisco HDLC off: address, control, EtherType (RFC 1547 §4.3.1)."""
    layer.need(_CISCO_HEADER, LINK_MALFORMED)
    return (layer.inner(_CISCO_HEADER, Space.ETHERTYPE, int.from_bytes(layer.data[2:4], "big")),)


def decode_pppoe(layer: Layer) -> Sequence[Layer]:
    """Take the header of a PPPoE session packet off (RFC 2516 §4); discovery (a code other than 0) carries no PPP."""
    layer.need(_PPPOE_HEADER, LINK_MALFORMED)
    if layer.data[1]:
        return ()
    return decode_ppp(layer.inner(_PPPOE_HEADER, Space.PPP, 0).limited(int.from_bytes(layer.data[4:6], "big")))
