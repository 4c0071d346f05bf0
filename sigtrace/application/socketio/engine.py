"""Engine.IO packets: one digit says what a packet is, and the rest is its data (Engine.IO protocol, "Packet encoding").

Texts stay bytes of UTF-8 here, as they came; what they mean is read by `codec`.
"""

from __future__ import annotations

import binascii
from typing import Final, NamedTuple

from sigtrace.application.socketio.packet import EnginePacketKind
from sigtrace.errors import DecodeError

BINARY_WITHOUT_TYPE: Final = 4
"""The first protocol whose binary packets are always messages, without a type in front."""


class EnginePacket(NamedTuple):
    """One Engine.IO packet."""

    kind: EnginePacketKind
    data: bytes = b""
    binary: bool = False  # data of a program; else text


KINDS: Final = tuple(EnginePacketKind)
"""In the order of their digits."""

_DIGITS: Final = dict(zip(b"0123456", KINDS, strict=True))
_DIGIT_OF: Final = {kind: b"%d" % number for number, kind in enumerate(KINDS)}


def decode_text_packet(text: bytes, protocol: int) -> EnginePacket:
    """Decode a packet that travels as text; binary data in it is in base 64, behind a `b`.

    Raises: DecodeError: no known type, or no base 64.
    """
    if text[:1] == b"b":
        if protocol >= BINARY_WITHOUT_TYPE:
            return EnginePacket(EnginePacketKind.MESSAGE, _decode_base64(text[1:]), binary=True)
        return EnginePacket(_kind(text[1:2]), _decode_base64(text[2:]), binary=True)
    return EnginePacket(_kind(text[:1]), text[1:])


def encode_text_packet(packet: EnginePacket, protocol: int) -> bytes:
    """Encode a packet as text."""
    if not packet.binary:
        return _DIGIT_OF[packet.kind] + packet.data
    digit = b"" if protocol >= BINARY_WITHOUT_TYPE else _DIGIT_OF[packet.kind]
    return b"b" + digit + binascii.b2a_base64(packet.data, newline=False)


def decode_binary_packet(data: bytes, protocol: int) -> EnginePacket:
    """Decode a packet that travels as bytes.

    Raises: DecodeError: no known type.
    """
    if protocol >= BINARY_WITHOUT_TYPE:
        return EnginePacket(EnginePacketKind.MESSAGE, data, binary=True)
    if not data or data[0] >= len(KINDS):
        raise DecodeError("a binary packet of no known type")
    return EnginePacket(KINDS[data[0]], data[1:], binary=True)


def encode_binary_packet(packet: EnginePacket, protocol: int) -> bytes:
    """Encode a packet as bytes."""
    if protocol >= BINARY_WITHOUT_TYPE:
        return packet.data
    return bytes((KINDS.index(packet.kind),)) + packet.data


def _kind(digit: bytes) -> EnginePacketKind:
    kind = _DIGITS.get(digit[0]) if digit else None
    if kind is None:
        raise DecodeError("a packet of no known type")
    return kind


def _decode_base64(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text)
    except binascii.Error as error:
        raise DecodeError("an attachment that is no base 64") from error
