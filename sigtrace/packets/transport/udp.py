"""UDP, as far as its ports: a datagram is counted, and looked into only where its port means a tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import HeaderError, Layer, Space
from sigtrace.packets.numbers import TUNNEL_PORTS

if TYPE_CHECKING:
    from collections.abc import Sequence

UDP_MALFORMED = "udp.malformed"  # fewer bytes on the wire than a UDP header has

HEADER, PORTS = 8, 4


def decode_udp(layer: Layer) -> Sequence[Layer]:
    """Take a UDP header off (RFC 768); the tunnel's port names what follows, whichever side has it.

    What lies behind the datagram's own length is not the tunnel's. A length that cannot be is not believed.
    """
    if layer.length < HEADER:
        raise HeaderError(UDP_MALFORMED, f"{layer.length} bytes of UDP")
    layer.need(PORTS, UDP_MALFORMED)
    source, destination = int.from_bytes(layer.data[:2], "big"), int.from_bytes(layer.data[2:4], "big")
    port = source if source in TUNNEL_PORTS and destination not in TUNNEL_PORTS else destination
    length = int.from_bytes(layer.data[4:6], "big") if len(layer.data) >= HEADER else 0
    return (layer.limited(length if length >= HEADER else layer.length).inner(HEADER, Space.UDP, port),)
