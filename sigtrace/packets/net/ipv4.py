"""IPv4: one header off, with the lengths believed that make sense.

version 4 | header length 4 | type of service 8 | total length 16
identification 16           | reserved, DF, MF  | fragment offset 13
time to live 8 | protocol 8 | header checksum 16
source address 32, destination address 32, options
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Carrier, Fragment, HeaderError, Layer, Space
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

IP_MALFORMED = "ip.malformed"  # an IP header that contradicts itself or the bytes there are

HEADER = 20
DONT_FRAGMENT, MORE_FRAGMENTS, OFFSET_MASK = 0x4000, 0x2000, 0x1FFF


def decode_ipv4(layer: Layer) -> Sequence[Layer | Fragment]:
    """Take an IPv4 header off (RFC 791 §3.1).

    A total length of 0 is what segmentation offload leaves, and one beyond the packet cannot be: both times the
    packet's own length is believed. Otherwise the total length is, so that padding is never payload.
    """
    layer.need(HEADER, IP_MALFORMED)
    data = layer.data
    header = (data[0] & 0x0F) * 4
    total = min(int.from_bytes(data[2:4], "big") or layer.length, layer.length)
    if data[0] >> 4 != 4 or not HEADER <= header <= total:
        raise HeaderError(IP_MALFORMED, f"IPv4 version {data[0] >> 4}, header length {header}, total length {total}")
    layer.need(header, IP_MALFORMED)
    identification, place = int.from_bytes(data[4:6], "big"), int.from_bytes(data[6:8], "big")
    tells = identification or not place & DONT_FRAGMENT
    carrier = Carrier(data[12:16], data[16:20], identification if tells else -1)
    payload = replace(layer, carrier=carrier).limited(total).inner(header, Space.IP, data[9])
    if not place & (MORE_FRAGMENTS | OFFSET_MASK):
        return (payload,)
    key = (data[12:16], data[16:20], data[9:10], data[4:6])
    return (Fragment(key, (place & OFFSET_MASK) * 8, bool(place & MORE_FRAGMENTS), payload),)
