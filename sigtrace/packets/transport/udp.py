"""UDP, as far as its ports: a datagram is counted, and looked into only where its port means a tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.packets.layer import HeaderError, Layer, Space
from sigtrace.packets.net.overlay import (
    GENEVE_PORT,
    GTP_PORT,
    L2TP_PORT,
    LINUX_VXLAN_PORT,
    TEREDO_PORT,
    TZSP_PORT,
    VXLAN_GPE_PORT,
    VXLAN_PORT,
    decode_geneve,
    decode_gtp,
    decode_l2tp,
    decode_linux_vxlan,
    decode_teredo,
    decode_tzsp,
    decode_vxlan,
    decode_vxlan_gpe,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigtrace.packets.layer import Decoder

UDP_MALFORMED = "udp.malformed"  # fewer bytes on the wire than a UDP header has

HEADER, PORTS = 8, 4

TUNNELS: Final[Mapping[int, Decoder]] = {
    L2TP_PORT: decode_l2tp,
    GTP_PORT: decode_gtp,
    TEREDO_PORT: decode_teredo,
    VXLAN_PORT: decode_vxlan,
    VXLAN_GPE_PORT: decode_vxlan_gpe,
    GENEVE_PORT: decode_geneve,
    LINUX_VXLAN_PORT: decode_linux_vxlan,
    TZSP_PORT: decode_tzsp,
}
"""Decoders of what datagrams of these ports carry."""


def decode_udp(layer: Layer) -> Sequence[Layer]:
    """Take a UDP header off (RFC 768); the tunnel's port names what follows, whichever side has it.

    What lies behind the datagram's own length is not the tunnel's. A length that cannot be is not believed.
    """
    if layer.length < HEADER:
        raise HeaderError(UDP_MALFORMED, f"{layer.length} bytes of UDP")
    layer.need(PORTS, UDP_MALFORMED)
    source, destination = int.from_bytes(layer.data[:2], "big"), int.from_bytes(layer.data[2:4], "big")
    port = source if source in TUNNELS and destination not in TUNNELS else destination
    length = int.from_bytes(layer.data[4:6], "big") if len(layer.data) >= HEADER else 0
    return (layer.limited(length if length >= HEADER else layer.length).inner(HEADER, Space.UDP, port),)
