"""IPv6 and the extension headers that may stand before its transport header.

version 4 | traffic class 8 | flow label 20; payload length 16 | next header 8 | hop limit 8; two addresses of 128 bits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Carrier, Fragment, HeaderError, Layer, Space
from sigtrace.packets.net.ipv4 import IP_MALFORMED
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = 40
_ROUTES = {0: -16, 2: 8, 4: 8}  # where the last address stands in a routing header, by its type; -16: at the end
_EXTENSION_UNIT, _AUTHENTICATION_UNIT, _FRAGMENT_HEADER = 8, 4, 8


def decode_ipv6(layer: Layer) -> Sequence[Layer]:
    """Take an IPv6 header off (RFC 8200 §3).

    A payload length of 0 is a jumbogram's or segmentation offload's; then, and when it reaches beyond the packet, the
    packet's own length is believed.
    """
    layer.need(HEADER, IP_MALFORMED)
    data = layer.data
    if data[0] >> 4 != 6:
        raise HeaderError(IP_MALFORMED, f"IPv6 with version {data[0] >> 4}")
    payload_length = int.from_bytes(data[4:6], "big")
    total = min(HEADER + payload_length, layer.length) if payload_length else layer.length
    carrier = Carrier(data[8:24], data[24:40], -1)
    return (replace(layer, carrier=carrier).limited(total).inner(HEADER, Space.IP, data[6]),)


def decode_options(layer: Layer) -> Sequence[Layer]:
    """Take off a hop-by-hop or destination options header (RFC 8200 §4.3, §4.6), or one of the same layout."""
    layer.need(_EXTENSION_UNIT, IP_MALFORMED)
    length = (layer.data[1] + 1) * _EXTENSION_UNIT
    layer.need(length, IP_MALFORMED)
    return (layer.inner(length, Space.IP, layer.data[0]),)


def decode_routing(layer: Layer) -> Sequence[Layer]:
    """Take a routing header off (RFC 8200 §4.4; types: RFC 5095, 6275 §6.4, 8754).

    While segments are left, the packet's destination is only the next hop. The connection is with the last one.
    """
    (payload,) = decode_options(layer)
    kind, left = layer.data[2], layer.data[3]
    header = layer.data[: len(layer.data) - len(payload.data)]
    at = _ROUTES.get(kind)
    if not left or at is None or len(header) < 8 + 16:
        return (payload,)
    last = header[at:][:16]
    return (replace(payload, carrier=replace(payload.carrier, destination=last)),)


def decode_authentication(layer: Layer) -> Sequence[Layer]:
    """Take an authentication header off (RFC 4302 §2): it signs what follows and leaves it readable."""
    layer.need(_EXTENSION_UNIT, IP_MALFORMED)
    length = (layer.data[1] + 2) * _AUTHENTICATION_UNIT
    layer.need(length, IP_MALFORMED)
    return (layer.inner(length, Space.IP, layer.data[0]),)


def decode_fragment_header(layer: Layer) -> Sequence[Layer | Fragment]:
    """Take a fragment header off (RFC 8200 §4.5); an atomic fragment (RFC 6946) is a whole packet."""
    layer.need(_FRAGMENT_HEADER, IP_MALFORMED)
    place = int.from_bytes(layer.data[2:4], "big")
    payload = layer.inner(_FRAGMENT_HEADER, Space.IP, layer.data[0])
    offset, more = place & ~7, bool(place & 1)
    if not offset and not more:
        return (payload,)
    return (Fragment((layer.carrier.source, layer.carrier.destination, layer.data[4:8]), offset, more, payload),)
