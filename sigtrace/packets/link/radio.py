"""What monitors write before 802.11 frames: radiotap, PPI, Prism and AVS headers, of any length they say they have.

Of all they tell, three things matter here: whether the frame's check sequence (FCS) stands behind it, whether it was
wrong, and whether the body is padded to whole words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import FrameFragment, HeaderError, Layer, Space
from sigtrace.packets.link.ethernet import LINK_MALFORMED
from sigtrace.packets.link.wifi import decode_wifi

if TYPE_CHECKING:
    from collections.abc import Sequence

BAD_FCS = "link.bad-fcs"  # a frame that the radio received damaged: its sender will have sent it again

WIFI = 105  # the link type of 802.11 frames alone
_FCS = 4

_RADIOTAP_HEADER = 8
_RADIOTAP_TSFT, _RADIOTAP_FLAGS, _RADIOTAP_MORE = 1 << 0, 1 << 1, 1 << 31
_FLAG_FCS, _FLAG_PADDED, _FLAG_BAD_FCS = 0x10, 0x20, 0x40

_PPI_HEADER, _PPI_FIELD = 8, 4
_PPI_WIFI = 2  # field type "802.11 common": time stamp 8 bytes, flags 2, …
_PPI_FCS, _PPI_BAD_FCS = 0x0001, 0x0004  # in those flags

_AVS_MAGIC, _AVS_HEADER = b"\x80\x21\x10", 64  # the version follows in the magic's fourth byte
_PRISM_HEADER = 8


def decode_radiotap(layer: Layer) -> Sequence[Layer | FrameFragment]:
    """Take a radiotap header off (radiotap.org): fields as its bit masks say."""
    layer.need(_RADIOTAP_HEADER, LINK_MALFORMED)
    length = int.from_bytes(layer.data[2:4], "little")
    if length < _RADIOTAP_HEADER:
        raise HeaderError(LINK_MALFORMED, f"radiotap header of {length} bytes")
    layer.need(length, LINK_MALFORMED)
    flags = _radiotap_flags(layer.data[:length])
    frame = _frame(layer, length, fcs=bool(flags & _FLAG_FCS), bad=bool(flags & _FLAG_BAD_FCS))
    return decode_wifi(frame, padded=bool(flags & _FLAG_PADDED)) if frame.length else ()


def _radiotap_flags(header: bytes) -> int:
    """Return the flags field, 0 when there is none; it is the first field, or the second behind the time stamp."""
    present = int.from_bytes(header[4:8], "little")
    at = 8
    more = present
    while more & _RADIOTAP_MORE and at < len(header):
        more = int.from_bytes(header[at : at + 4], "little")
        at += 4
    if present & _RADIOTAP_TSFT:
        at += -at % 8 + 8
    return header[at] if present & _RADIOTAP_FLAGS and at < len(header) else 0


def decode_ppi(layer: Layer) -> Sequence[Layer | FrameFragment]:
    """Take a per-packet information header off (CACE PPI 1.0.7): it names the link type of what follows."""
    layer.need(_PPI_HEADER, LINK_MALFORMED)
    length = int.from_bytes(layer.data[2:4], "little")
    if length < _PPI_HEADER:
        raise HeaderError(LINK_MALFORMED, f"PPI header of {length} bytes")
    layer.need(length, LINK_MALFORMED)
    link_type = int.from_bytes(layer.data[4:8], "little")
    if link_type != WIFI:
        return (layer.inner(length, Space.LINK, link_type),)
    flags = _ppi_flags(layer.data[:length])
    frame = _frame(layer, length, fcs=bool(flags & _PPI_FCS), bad=bool(flags & _PPI_BAD_FCS))
    return decode_wifi(frame) if frame.length else ()


def _ppi_flags(header: bytes) -> int:
    """Return the flags of the field that is about 802.11, 0 when there is none."""
    at = _PPI_HEADER
    aligned = header[1] & 1  # fields begin at whole words
    while at + _PPI_FIELD <= len(header):
        kind, size = int.from_bytes(header[at : at + 2], "little"), int.from_bytes(header[at + 2 : at + 4], "little")
        if kind == _PPI_WIFI:
            return int.from_bytes(header[at + 12 : at + 14], "little")
        at += _PPI_FIELD + size
        at += -at % 4 if aligned else 0
    return 0


def decode_avs(layer: Layer) -> Sequence[Layer | FrameFragment]:
    """Take an AVS header off (LINKTYPE 163): a version, then its length, both big-endian."""
    layer.need(8, LINK_MALFORMED)
    length = int.from_bytes(layer.data[4:8], "big")
    if length < _AVS_HEADER:
        raise HeaderError(LINK_MALFORMED, f"AVS header of {length} bytes")
    layer.need(length, LINK_MALFORMED)
    return decode_wifi(layer.inner(length, Space.LINK, WIFI))


def decode_prism(layer: Layer) -> Sequence[Layer | FrameFragment]:
    """Take a Prism header off (LINKTYPE 119): a message code, then its length, in the order of the machine.

    Some drivers put an AVS header in its place, which begins with a magic number.
    """
    layer.need(_PRISM_HEADER, LINK_MALFORMED)
    if layer.data[:3] == _AVS_MAGIC:
        return decode_avs(layer)
    length = min(int.from_bytes(layer.data[4:8], "little"), int.from_bytes(layer.data[4:8], "big"))
    if length < _PRISM_HEADER:
        raise HeaderError(LINK_MALFORMED, f"Prism header of {length} bytes")
    layer.need(length, LINK_MALFORMED)
    return decode_wifi(layer.inner(length, Space.LINK, WIFI))


def _frame(layer: Layer, header: int, *, fcs: bool, bad: bool) -> Layer:
    """Return the 802.11 frame alone. Raises HeaderError BAD_FCS for one that was damaged on the air."""
    if bad:
        raise HeaderError(BAD_FCS, "")
    frame = layer.inner(header, Space.LINK, WIFI)
    return frame.limited(max(frame.length - _FCS, 0)) if fcs else frame
