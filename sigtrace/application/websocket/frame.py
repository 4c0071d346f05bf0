"""The frame header: bytes ↔ fields (RFC 6455 §5.2).

 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-------+-+-------------+-------------------------------+
|F|R|R|R| opcode|M| Payload len |    Extended payload length    |
|I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
|N|V|V|V|       |S|             |   (if payload len==126/127)   |
| |1|2|3|       |K|             |                               |
+-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
|     Extended payload length continued, if payload len == 127  |
+ - - - - - - - - - - - - - - - +-------------------------------+
|                               |Masking-key, if MASK set to 1  |
+-------------------------------+-------------------------------+
| Masking-key (continued)       |          Payload Data         |
+-------------------------------- - - - - - - - - - - - - - - - +
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sigtrace.application.websocket.masking import mask

RSV1: Final = 4  # of the three reserved bits: this message is compressed (RFC 7692 §6)
MAX_CONTROL: Final = 125  # bytes of a control frame's payload (RFC 6455 §5.5)
LONGEST_HEADER: Final = 14
FIRST_CONTROL: Final = 8  # opcodes from here on are of control frames

_SHORT, _LONG = 126, 127  # what stands for a length of 16, of 64 bits


class Header(NamedTuple):
    """What stands before a frame's payload."""

    fin: bool
    rsv: int  # the three reserved bits
    opcode: int
    key: bytes  # to unmask with; empty when the payload is not masked
    length: int  # of the payload
    size: int  # of the header itself: tells which of the three forms the length has

    @property
    def is_minimal(self) -> bool:
        """True when the length has its shortest form, as it must."""
        return self.size - len(self.key) == 2 + _form(self.length)


def decode_header(data: bytes | bytearray, at: int = 0) -> Header | None:
    """Decode the header that begins at `at`; None when it is not all there."""
    have = len(data) - at
    if have < 2:
        return None
    first, second = data[at], data[at + 1]
    length = second & 0x7F
    size = 2
    if length >= _SHORT:
        size = 4 if length == _SHORT else 10
        if have < size:
            return None
        length = int.from_bytes(data[at + 2 : at + size], "big")
    key = b""
    if second & 0x80:
        size += 4
        if have < size:
            return None
        key = bytes(data[at + size - 4 : at + size])
    return Header(first >= 0x80, first >> 4 & 7, first & 15, key, length, size)


def encode_header(header: Header) -> bytes:
    """Encode a header; its `size` says which form the length takes."""
    form = header.size - len(header.key) - 2
    short = {0: header.length, 2: _SHORT, 8: _LONG}[form]
    first = header.fin << 7 | header.rsv << 4 | header.opcode
    length = header.length.to_bytes(form, "big") if form else b""
    return bytes((first, bool(header.key) << 7 | short)) + length + header.key


def encode_frame(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, key: bytes = b"") -> bytes:
    """Encode a frame, its length in the shortest form."""
    length = len(payload)
    header = Header(fin, rsv, opcode, key, length, 2 + _form(length) + len(key))
    return encode_header(header) + (mask(payload, key) if key else payload)


def _form(length: int) -> int:
    """Return how many bytes the shortest form of a length takes behind the first two."""
    return 0 if length < _SHORT else 2 if length < 1 << 16 else 8
