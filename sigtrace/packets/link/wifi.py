"""IEEE 802.11 data frames: unencrypted ones lead to IP, one or several of them, or are a fragment of one.

Frame control is little-endian: version 2 bits, type 2, subtype 4, then to DS, from DS, more fragments, retry, power
management, more data, protected, order (§9.2.4.1). A header has three addresses, a fourth between access points, then
QoS control in QoS data, then HT control where such a frame sets "order", then mesh control where QoS control says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import FrameFragment, HeaderError, Layer, Space
from sigtrace.packets.link.ethernet import LINK_MALFORMED, LINK_PROTECTED, LLC, SNAP_HEADERS
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSION, _TYPE, _DATA, _NO_DATA, _QOS = 0x03, 0x0C, 0x08, 0x40, 0x80  # in byte 0 of frame control
_FROM_DS, _BOTH_DS, _MORE_FRAGMENTS, _RETRY, _PROTECTED, _ORDER = 0x02, 0x03, 0x04, 0x08, 0x40, 0x80  # in byte 1
_HEADER, _FOURTH_ADDRESS, _QOS_CONTROL, _HT_CONTROL = 24, 6, 2, 4
_AGGREGATE, _TRAFFIC_CLASS = 0x80, 0x0F  # in byte 0 of QoS control: an A-MSDU follows; traffic identifier
_MESH = 0x01  # in byte 1 of QoS control: mesh control follows
_MESH_HEADER, _MESH_ADDRESSES = 6, {0: 0, 1: 6, 2: 12}  # by the flags of mesh control (§9.2.4.7.3); others are none
_SUBFRAME_HEADER = 14  # destination, source, length


def decode_wifi(layer: Layer, *, padded: bool = False) -> Sequence[Layer | FrameFragment]:
    """Take an 802.11 header off. Raises HeaderError, also LINK_PROTECTED for data that is encrypted.

    Args:
        layer: the frame, without the check sequence behind it.
        padded: what follows the header begins at a whole word.
    """
    layer.need(2, LINK_MALFORMED)
    control, flags = layer.data[0], layer.data[1]
    if control & (_VERSION | _TYPE) != _DATA or control & _NO_DATA:
        return ()
    if flags & _PROTECTED:
        raise HeaderError(LINK_PROTECTED, "802.11")
    header = _HEADER + _FOURTH_ADDRESS * (flags & _BOTH_DS == _BOTH_DS)
    layer.need(header, LINK_MALFORMED)
    qos = b"\0\0"
    if control & _QOS:
        layer.need(header + _QOS_CONTROL, LINK_MALFORMED)
        qos = layer.data[header : header + _QOS_CONTROL]
        header += _QOS_CONTROL + _HT_CONTROL * bool(flags & _ORDER)
    # Some drivers leave noise in the fragment number of whole frames; a later part hardly begins as a whole one does.
    body = layer.inner(header + (-header % 4 if padded else 0), Space.ETHERTYPE, LLC)
    if flags & _MORE_FRAGMENTS or (layer.data[22] & 0x0F and body.data[:6] not in SNAP_HEADERS):
        return (_fragment(layer, body, qos[0] & _TRAFFIC_CLASS),)
    if qos[0] & _AGGREGATE:
        return _subframes(body)
    if flags & _FROM_DS and qos[1] & _MESH:
        body = _without_mesh_control(body)
    return (body,)


def _fragment(layer: Layer, body: Layer, traffic_class: int) -> FrameFragment:
    """Tell which part of which MSDU a frame carries: its transmitter numbers them, for each traffic class (§10.3.2)."""
    sequence_control = int.from_bytes(layer.data[22:24], "little")
    return FrameFragment(
        key=(layer.data[4:16], (sequence_control >> 4).to_bytes(2, "big"), bytes([traffic_class])),
        number=sequence_control & 0x0F,
        more=bool(layer.data[1] & _MORE_FRAGMENTS),
        retry=bool(layer.data[1] & _RETRY),
        part=body,
    )


def _without_mesh_control(body: Layer) -> Layer:
    """Take mesh control off, if this is one: the bit that announces it was reserved before there were meshes."""
    addresses = _MESH_ADDRESSES.get(body.data[0]) if body.data else None
    return body if addresses is None else body.inner(_MESH_HEADER + addresses, Space.ETHERTYPE, LLC)


def _subframes(body: Layer) -> Sequence[Layer]:
    """Return the frames that an A-MSDU carries (§9.3.2.2), as many as were captured."""
    frames = []
    at = 0
    while at + _SUBFRAME_HEADER <= len(body.data):
        length = int.from_bytes(body.data[at + 12 : at + _SUBFRAME_HEADER], "big")
        start = at + _SUBFRAME_HEADER
        on_wire = min(length, max(body.length - start, 0))
        frames.append(replace(body, data=body.data[start : start + length], length=on_wire))
        at = start + length + -(_SUBFRAME_HEADER + length) % 4
    return frames
