"""Headers that a capturing host writes before packets of its own: PKTAP, NFLOG, and the logs of BSD's packet filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import HeaderError, Layer, Space
from sigtrace.packets.link.ethernet import IPV4, IPV6, LINK_MALFORMED
from sigtrace.packets.link.loopback import FAMILIES_IPV6, FAMILY_IPV4

if TYPE_CHECKING:
    from collections.abc import Sequence

_PKTAP_HEADER, _PKTAP_PACKET = 12, 1
_NFLOG_HEADER, _NFLOG_FIELD, _NFLOG_PAYLOAD = 4, 4, 9
_NFLOG_KIND = 0x7FFF  # the highest bit of a field's type says how it is written
_PFLOG_LEAST = 61  # what OpenBSD's first such header held, without its padding
_ENC_HEADER = 12


def decode_pktap(layer: Layer) -> Sequence[Layer]:
    """Take a PKTAP header off (LINKTYPE 258): its length, what kind of record it is, the link type of what follows."""
    layer.need(_PKTAP_HEADER, LINK_MALFORMED)
    length, kind, link_type = (int.from_bytes(layer.data[at : at + 4], "little") for at in (0, 4, 8))
    if length < _PKTAP_HEADER:
        raise HeaderError(LINK_MALFORMED, f"PKTAP header of {length} bytes")
    layer.need(length, LINK_MALFORMED)
    return (layer.inner(length, Space.LINK, link_type),) if kind == _PKTAP_PACKET else ()


def decode_nflog(layer: Layer) -> Sequence[Layer]:
    """Take a netfilter log's header off (LINKTYPE 239): the address family, then fields, of which one is the packet."""
    layer.need(_NFLOG_HEADER, LINK_MALFORMED)
    family = layer.data[0]
    at = _NFLOG_HEADER
    while at + _NFLOG_FIELD <= len(layer.data):
        length = int.from_bytes(layer.data[at : at + 2], "little")
        if length < _NFLOG_FIELD:
            raise HeaderError(LINK_MALFORMED, f"NFLOG field of {length} bytes")
        if int.from_bytes(layer.data[at + 2 : at + 4], "little") & _NFLOG_KIND == _NFLOG_PAYLOAD:
            return _of_family(layer.limited(at + length), at + _NFLOG_FIELD, family)
        at += length + -length % 4
    layer.need(at + _NFLOG_FIELD, LINK_MALFORMED)  # the packet's field was cut off, if there was one
    return ()


def decode_pflog(layer: Layer) -> Sequence[Layer]:
    """Take a packet filter log's header off (LINKTYPE 117): its length without padding, then the address family."""
    layer.need(2, LINK_MALFORMED)
    length = layer.data[0]
    if length < _PFLOG_LEAST:
        raise HeaderError(LINK_MALFORMED, f"PFLOG header of {length} bytes")
    return _of_family(layer, length + -length % 4, layer.data[1])


def decode_enc(layer: Layer) -> Sequence[Layer]:
    """Take the header of OpenBSD's IPsec interface off (LINKTYPE 109): an address family, an index, flags."""
    layer.need(_ENC_HEADER, LINK_MALFORMED)
    family = min(int.from_bytes(layer.data[:4], "little"), int.from_bytes(layer.data[:4], "big"))
    return _of_family(layer, _ENC_HEADER, family)


def _of_family(layer: Layer, header: int, family: int) -> Sequence[Layer]:
    layer.need(header, LINK_MALFORMED)
    if family == FAMILY_IPV4:
        return (layer.inner(header, Space.ETHERTYPE, IPV4),)
    return (layer.inner(header, Space.ETHERTYPE, IPV6),) if family in FAMILIES_IPV6 else ()
