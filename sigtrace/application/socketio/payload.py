r"""Bodies of polling: several packets in one, each form beside its way back.

- protocol 4: packets with 1E between them;
- protocols 2 and 3, text: `<length>:<packet>` again and again. The length counts UTF-16 units of the text, as
  JavaScript does. Socket.IO 1 encodes text as UTF-8 twice, so for it units are the bytes of the inner encoding;
- protocol 3, binary: 00 (text) or 01, the length's digits as bytes 0 to 9, FF, so many bytes;
- Socket.IO 0.9: one packet as it is, or `\ufffd<length>\ufffd<packet>` again and again.

Servers in other languages count bytes or characters. The first count by which a whole body divides is believed.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.socketio.engine import (
    BINARY_WITHOUT_TYPE,
    EnginePacket,
    decode_binary_packet,
    decode_text_packet,
    encode_binary_packet,
    encode_text_packet,
)
from sigtrace.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_PAYLOAD_PACKETS: Final = 10_000
"""Packets read of one polling body: a server that was kept from writing for a minute sends some hundreds."""

SEPARATOR: Final = b"\x1e"
_LENGTH = re.compile(r"(\d{1,9}):")
_LEGACY_LENGTH = re.compile("\ufffd(\\d{1,9})\ufffd")
_BINARY_LENGTH = re.compile(rb"([\x00\x01])([\x00-\x09]{1,9})\xff")
LEGACY_MARK: Final = "\ufffd".encode()
_PAIRS = re.compile("[\U00010000-\U0010ffff]")


class Payload(NamedTuple):
    """What a polling body holds."""

    packets: list[EnginePacket]
    framed: bool = False  # by lengths: where one packet ends does not depend on what is in it
    counted_text: bool = False  # text that Socket.IO 1 may have encoded twice
    damage: tuple[str, ...] = ()  # what could not be read of it


def decode_payload(body: bytes, protocol: int) -> Payload:
    """Divide a polling body of protocols 2 to 4 into its packets."""
    if not body:
        return Payload([])
    if protocol >= BINARY_WITHOUT_TYPE:
        return _decode_packets(body.split(SEPARATOR, MAX_PAYLOAD_PACKETS), protocol)
    if body[0] <= 1:
        return _decode_binary(body, protocol)
    texts, rest = split_counted(body, _LENGTH)
    found = _decode_packets(texts, protocol)
    return found._replace(framed=True, counted_text=True, damage=(*found.damage, *_left(rest)))


def encode_payload(packets: Iterable[EnginePacket], protocol: int, *, twice: bool = False) -> bytes:
    """Join packets to a body of text; for protocols 2 and 3 as Socket.IO 2 does, or `twice` encoded as 1 does."""
    texts = [encode_text_packet(packet, protocol) for packet in packets]
    if protocol >= BINARY_WITHOUT_TYPE:
        return SEPARATOR.join(texts)
    if twice:
        texts = [text.decode("latin-1").encode() for text in texts]
    return b"".join(b"%d:%s" % (_units(text.decode("utf-8", "surrogatepass")), text) for text in texts)


def _decode_binary(body: bytes, protocol: int) -> Payload:
    packets: list[EnginePacket] = []
    damage: list[str] = []
    at = 0
    for header in islice(_binary_headers(body), MAX_PAYLOAD_PACKETS):
        end = header.end() + int(bytes(digit + 48 for digit in header[2]))
        if end > len(body):
            break
        piece = body[header.end() : end]
        decode = decode_binary_packet if header[1] == b"\x01" else decode_text_packet
        try:
            packets.append(decode(piece, protocol))
        except DecodeError as error:
            damage.append(str(error))
        at = end
    return Payload(packets, framed=True, damage=(*damage, *_left(len(body) - at)))


def _binary_headers(body: bytes) -> Iterator[re.Match[bytes]]:
    at = 0
    while header := _BINARY_LENGTH.match(body, at):
        yield header
        at = header.end() + int(bytes(digit + 48 for digit in header[2]))


def encode_binary_payload(packets: Iterable[EnginePacket]) -> bytes:
    """Join packets to a binary body of protocol 3."""
    pieces = []
    for packet in packets:
        piece = encode_binary_packet(packet, 3) if packet.binary else encode_text_packet(packet, 3)
        digits = bytes(int(digit) for digit in str(len(piece)))
        pieces.append(bytes((packet.binary,)) + digits + b"\xff" + piece)
    return b"".join(pieces)


def split_legacy(body: bytes) -> tuple[list[bytes], int]:
    """Divide a polling body of Socket.IO 0.9 into its packets; and the bytes that could not be divided."""
    if not body.startswith(LEGACY_MARK):
        return ([body] if body else []), 0
    return split_counted(body, _LEGACY_LENGTH)


def join_legacy(texts: list[bytes]) -> bytes:
    """Join packets to a polling body of Socket.IO 0.9."""
    if len(texts) == 1:
        return texts[0]
    return b"".join(b"%s%d%s%s" % (LEGACY_MARK, _units(text.decode()), LEGACY_MARK, text) for text in texts)


def undouble(text: bytes) -> bytes | None:
    """Take one of two UTF-8 encodings off; None when there are not two."""
    try:
        inner = text.decode().encode("latin-1")
        inner.decode("utf-8", "surrogatepass")
    except UnicodeError:
        return None
    return inner


# --- lengths before texts


def split_counted(body: bytes, header: re.Pattern[str]) -> tuple[list[bytes], int]:
    """Divide by lengths, whatever they count; return the pieces, and how many bytes at the end are none."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return _split_bytes(body, header)
    if text.isascii():
        return _split_bytes(body, header)
    first = _split_units(text, header) if _PAIRS.search(text) else _split_characters(text, header)
    if not first[1]:
        return first
    others = (_split_bytes(body, header), _split_characters(text, header))
    return next((other for other in others if not other[1]), first)


def _split_bytes(body: bytes, header: re.Pattern[str]) -> tuple[list[bytes], int]:
    pieces, rest = _split(body.decode("latin-1"), _as_latin(header))
    return [piece.encode("latin-1") for piece in pieces], rest


def _split_characters(text: str, header: re.Pattern[str]) -> tuple[list[bytes], int]:
    pieces, rest = _split(text, header)
    return [piece.encode() for piece in pieces], len(text[len(text) - rest :].encode()) if rest else 0


def _split_units(text: str, header: re.Pattern[str]) -> tuple[list[bytes], int]:
    """Divide a text with characters of two UTF-16 units: those become two surrogates each, and are joined again."""
    units = _PAIRS.sub(lambda pair: _surrogates(ord(pair[0])), text)
    pieces, rest = _split(units, header)
    return [_join_surrogates(piece) for piece in pieces], len(
        _join_surrogates(units[len(units) - rest :])
    ) if rest else 0


def _split(text: str, header: re.Pattern[str]) -> tuple[list[str], int]:
    pieces: list[str] = []
    at = 0
    while (found := header.match(text, at)) and len(pieces) < MAX_PAYLOAD_PACKETS:
        end = found.end() + int(found[1])
        if end > len(text):
            break
        if end > found.end():  # "0:" is how an empty payload is written
            pieces.append(text[found.end() : end])
        at = end
    return pieces, len(text) - at


def _as_latin(header: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(header.pattern.encode().decode("latin-1"))


def _surrogates(point: int) -> str:
    point -= 0x10000
    return chr(0xD800 + (point >> 10)) + chr(0xDC00 + (point & 0x3FF))


def _join_surrogates(text: str) -> bytes:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass").encode("utf-8", "surrogatepass")


def _units(text: str) -> int:
    return len(text) + len(_PAIRS.findall(text))


# --- shared


def _decode_packets(texts: list[bytes], protocol: int) -> Payload:
    packets: list[EnginePacket] = []
    damage: list[str] = []
    for text in islice(texts, MAX_PAYLOAD_PACKETS):
        try:
            packets.append(decode_text_packet(text, protocol))
        except DecodeError as error:
            damage.append(str(error))
    left = sum(map(len, texts[MAX_PAYLOAD_PACKETS:]))
    return Payload(packets, damage=(*damage, *_left(left)))


def _left(rest: int) -> tuple[str, ...]:
    return (f"{rest} bytes that do not divide into packets",) if rest else ()
