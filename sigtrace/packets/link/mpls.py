"""MPLS: a stack of labels, and nothing that says what they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import Layer, Space
from sigtrace.packets.link.ethernet import HEADER, IPV4, IPV6, LINK_MALFORMED, TAGS, TRANSPARENT_ETHERNET

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENTRY = 4  # label 20 bits, class 3, bottom of stack 1, time to live 8
_CONTROL_WORD = 4  # may stand between the stack and a pseudowire's frame (RFC 4448 §4.6)
_TELLING = (IPV4, IPV6, *TAGS)  # EtherTypes that show where such a frame begins


def decode_mpls(layer: Layer) -> Sequence[Layer]:
    """Take the label stack off (RFC 3032 §2.1); the first four bits below it tell IPv4, IPv6 or a pseudowire."""
    end = _ENTRY
    layer.need(end, LINK_MALFORMED)
    while not layer.data[end - 2] & 1:
        end += _ENTRY
        layer.need(end, LINK_MALFORMED)
    layer.need(end + 1, LINK_MALFORMED)
    version = layer.data[end] >> 4
    if version in (4, 6):
        return (layer.inner(end, Space.ETHERTYPE, IPV4 if version == 4 else IPV6),)
    return _pseudowire(layer, end)


def _pseudowire(layer: Layer, end: int) -> Sequence[Layer]:
    """Find an Ethernet frame, with or without a control word before it: both sides know which, the packet does not."""
    for start in (end, end + _CONTROL_WORD):
        ethertype = int.from_bytes(layer.data[start + HEADER - 2 : start + HEADER], "big")
        if ethertype in _TELLING:
            return (layer.inner(start, Space.ETHERTYPE, TRANSPARENT_ETHERNET),)
    return ()
