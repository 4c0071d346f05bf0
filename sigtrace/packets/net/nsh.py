"""The Network Service Header: a path through service functions, then what travels it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import IPV4, IPV6, TRANSPARENT_ETHERNET
from sigtrace.packets.net.gre import TUNNEL_MALFORMED
from sigtrace.packets.numbers import MPLS, NSH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CARRIED: Final[Mapping[int, int]] = {1: IPV4, 2: IPV6, 3: TRANSPARENT_ETHERNET, 4: NSH, 5: MPLS}
"""Numbers of next protocols and the EtherTypes that mean the same; VXLAN-GPE has the first four of them."""

_HEADER = 8


def decode_nsh(layer: Layer) -> Sequence[Layer]:
    """Take a service header off (RFC 8300 §2.2): its length in words is in the low six bits of byte 1."""
    layer.need(_HEADER, TUNNEL_MALFORMED)
    length = (layer.data[1] & 0x3F) * 4
    number = CARRIED.get(layer.data[3])
    if length < _HEADER or number is None:
        return ()
    layer.need(length, TUNNEL_MALFORMED)
    return (layer.inner(length, Space.ETHERTYPE, number),)
