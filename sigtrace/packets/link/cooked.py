"""Linux cooked captures: what `-i any` makes of every link (tcpdump.org, LINKTYPE_LINUX_SLL and _SLL2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import LINK_MALFORMED

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER_V1, HEADER_V2 = 16, 20


def decode_cooked(layer: Layer) -> Sequence[Layer]:
    """Take a cooked header of version 1 off: its last two bytes are an EtherType, or 4 for LLC."""
    layer.need(HEADER_V1, LINK_MALFORMED)
    return (layer.inner(HEADER_V1, Space.ETHERTYPE, int.from_bytes(layer.data[14:16], "big")),)


def decode_cooked_v2(layer: Layer) -> Sequence[Layer]:
    """Take a cooked header of version 2 off: its first two bytes are an EtherType, or 4 for LLC."""
    layer.need(HEADER_V2, LINK_MALFORMED)
    return (layer.inner(HEADER_V2, Space.ETHERTYPE, int.from_bytes(layer.data[:2], "big")),)
