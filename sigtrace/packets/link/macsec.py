"""MACsec: frames that are signed and left readable, and frames that are encrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import HeaderError, Layer, Space
from sigtrace.packets.link.ethernet import LINK_MALFORMED, LINK_PROTECTED

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENCRYPTED, _CHANGED, _CHANNEL = 0x08, 0x04, 0x20  # in byte 0
_HEADER, _CHANNEL_IDENTIFIER, _CHECK = 6, 8, 16


def decode_macsec(layer: Layer) -> Sequence[Layer]:
    """Take a security tag off, and the check value at the end (IEEE 802.1AE §9). Raises HeaderError LINK_PROTECTED."""
    layer.need(_HEADER, LINK_MALFORMED)
    if layer.data[0] & (_ENCRYPTED | _CHANGED):
        raise HeaderError(LINK_PROTECTED, "MACsec")
    header = _HEADER + _CHANNEL_IDENTIFIER * bool(layer.data[0] & _CHANNEL)
    layer.need(header + 2, LINK_MALFORMED)
    ethertype = int.from_bytes(layer.data[header : header + 2], "big")
    secured = layer.inner(header + 2, Space.ETHERTYPE, ethertype)
    return (secured.limited(max(secured.length - _CHECK, 0)),)
