"""IEEE 802.11 data frames, alone or behind the radio headers of a monitor: unencrypted ones lead to IP.

Frame control is little-endian: version 2 bits, type 2, subtype 4, then to DS, from DS, more fragments, retry, power
management, more data, protected, order (§9.2.4.1). A header has three addresses, a fourth between access points, then
QoS control in QoS data, then HT control where such a frame sets "order".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import HeaderError, Layer, Space
from sigtrace.packets.link.ethernet import LINK_MALFORMED, LLC

if TYPE_CHECKING:
    from collections.abc import Sequence

LINK_PROTECTED = "link.protected"  # encrypted 802.11 data: whatever it carries cannot be read

_DATA, _NO_DATA, _QOS = 0x08, 0x40, 0x80  # in byte 0 of frame control: type, and bits of its subtype
_BOTH_DS, _MORE_FRAGMENTS, _PROTECTED, _ORDER = 0x03, 0x04, 0x40, 0x80  # in byte 1
_HEADER, _FOURTH_ADDRESS, _QOS_CONTROL, _HT_CONTROL = 24, 6, 2, 4
_AGGREGATE = 0x80  # in byte 0 of QoS control: an A-MSDU follows
_SUBFRAME_HEADER = 14  # destination, source, length

_RADIOTAP_HEADER, _AVS_HEADER = 8, 64
_RADIOTAP_TSFT, _RADIOTAP_FLAGS, _RADIOTAP_MORE = 1 << 0, 1 << 1, 1 << 31
_FLAG_PADDED = 0x20  # the 802.11 header is padded to whole words


def decode_wifi(layer: Layer, *, padded: bool = False) -> Sequence[Layer]:
    """Take an 802.11 header off. Raises HeaderError, also LINK_PROTECTED for data that is encrypted."""
    layer.need(2, LINK_MALFORMED)
    control, flags = layer.data[0], layer.data[1]
    if control & 0x0C != _DATA or control & _NO_DATA:
        return ()
    if flags & _PROTECTED:
        raise HeaderError(LINK_PROTECTED, "802.11 frames are encrypted")
    header = _HEADER + _FOURTH_ADDRESS * (flags & _BOTH_DS == _BOTH_DS)
    qos_at = header
    if control & _QOS:
        header += _QOS_CONTROL + _HT_CONTROL * bool(flags & _ORDER)
    layer.need(header, LINK_MALFORMED)
    if flags & _MORE_FRAGMENTS or layer.data[22] & 0x0F:
        return ()  # a part of an MSDU; hosts keep to sizes that are not fragmented in the air
    aggregate = control & _QOS and layer.data[qos_at] & _AGGREGATE
    body = layer.inner(header + (-header % 4 if padded else 0), Space.ETHERTYPE, LLC)
    return _subframes(body) if aggregate else (body,)


def _subframes(body: Layer) -> Sequence[Layer]:
    """Return the frames that an A-MSDU carries (§9.3.2.2), as many as were captured."""
    frames = []
    while len(body.data) >= _SUBFRAME_HEADER:
        length = int.from_bytes(body.data[12:14], "big")
        frames.append(body.inner(_SUBFRAME_HEADER, Space.ETHERTYPE, LLC).limited(length))
        whole = _SUBFRAME_HEADER + length
        body = body.inner(whole + -whole % 4, Space.ETHERTYPE, LLC)
    return frames


def decode_radiotap(layer: Layer) -> Sequence[Layer]:
    """Take a radiotap header off (radiotap.org): fields as its bit masks say, of which only the flags matter here."""
    layer.need(_RADIOTAP_HEADER, LINK_MALFORMED)
    length = int.from_bytes(layer.data[2:4], "little")
    if length < _RADIOTAP_HEADER:
        raise HeaderError(LINK_MALFORMED, f"radiotap header of {length} bytes")
    layer.need(length, LINK_MALFORMED)
    flags = _radiotap_flags(layer.data[:length])
    return decode_wifi(layer.inner(length, Space.LINK, 105), padded=bool(flags & _FLAG_PADDED))


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


def decode_avs(layer: Layer) -> Sequence[Layer]:
    """Take an AVS radio header off (LINKTYPE 163): a version, then its length, both big-endian."""
    layer.need(_RADIOTAP_HEADER, LINK_MALFORMED)
    length = int.from_bytes(layer.data[4:8], "big")
    if length < _AVS_HEADER:
        raise HeaderError(LINK_MALFORMED, f"AVS header of {length} bytes")
    layer.need(length, LINK_MALFORMED)
    return decode_wifi(layer.inner(length, Space.LINK, 105))
