"""Linux cooked captures: what `-i any` makes of every link (tcpdump.org, LINKTYPE_LINUX_SLL and _SLL2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import LINK_MALFORMED, LLC

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER_V1, HEADER_V2 = 16, 20
ETHERNET_802_3, PPP_HDLC = 0x0003, 0x0007  # Linux' protocol numbers of what is no EtherType: whole frames, PPP

# Hardware types of monitor interfaces, and the link types of their frames. Linux gives those frames the number of LLC.
_MONITORS = {801: 105, 802: 119, 803: 127}


def decode_cooked(layer: Layer) -> Sequence[Layer]:
    """Take a cooked header of version 1 off: its last two bytes are an EtherType, or 4 for LLC."""
    layer.need(HEADER_V1, LINK_MALFORMED)
    return (_inside(layer, HEADER_V1, protocol=layer.data[14:16], hardware=layer.data[2:4]),)


def decode_cooked_v2(layer: Layer) -> Sequence[Layer]:
    """Take a cooked header of version 2 off: its first two bytes are an EtherType, or 4 for LLC."""
    layer.need(HEADER_V2, LINK_MALFORMED)
    return (_inside(layer, HEADER_V2, protocol=layer.data[:2], hardware=layer.data[8:10]),)


def _inside(layer: Layer, header: int, *, protocol: bytes, hardware: bytes) -> Layer:
    number, monitored = int.from_bytes(protocol, "big"), _MONITORS.get(int.from_bytes(hardware, "big"))
    if monitored is not None and number in {LLC, ETHERNET_802_3}:
        return layer.inner(header, Space.LINK, monitored)
    return layer.inner(header, Space.ETHERTYPE, number)
