"""WebSocket conversations for tests: the handshake, frames as bytes, and compressed messages."""

from __future__ import annotations

import zlib
from itertools import pairwise
from typing import TYPE_CHECKING

from sigtrace.application.websocket.frame import RSV1, Header, encode_frame
from sigtrace.application.websocket.handshake import encode_accept
from sigtrace.application.websocket.message import Opcode
from tests.builders.http import Wire, request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.application.websocket.message import Message

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 §1.3
MASK = b"\x37\xfa\x21\x3d"  # RFC 6455 §5.7


def upgrade(target: bytes = b"/chat", *headers: bytes) -> bytes:
    """Make the client's half of the handshake."""
    return request(
        target, b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Key: " + KEY,
        b"Sec-WebSocket-Version: 13", *headers,
    )  # fmt: skip


def switching(*headers: bytes, key: bytes = KEY) -> bytes:
    """Make the server's half."""
    lines = [
        b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + encode_accept(key), *headers, b"", b"",
    ]  # fmt: skip
    return b"\r\n".join(lines)


UPGRADE = upgrade()
SWITCHING = switching()


def opened(extensions: bytes = b"") -> Wire:
    """Return a wire behind a handshake of two packets in which the server accepted `extensions`."""
    headers = [b"Sec-WebSocket-Extensions: " + extensions] if extensions else []
    return Wire().client(upgrade(b"/chat", *headers)).server(switching(*headers))


def header(opcode: int, length: int, size: int, *, fin: bool = True, rsv: int = 0, key: bytes = b"") -> Header:
    """Make a header, minimal or not."""
    return Header(fin, rsv, opcode, key, length, size)


def asked(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0) -> bytes:
    """Make a frame of the client."""
    return encode_frame(opcode, payload, fin=fin, rsv=rsv, key=MASK)


def text(payload: str | bytes, *, fin: bool = True) -> bytes:
    """Make a text frame of the server."""
    return encode_frame(Opcode.TEXT, payload.encode() if isinstance(payload, str) else payload, fin=fin)


def in_fragments(opcode: int, pieces: Iterable[bytes], *, key: bytes = b"", rsv: int = 0) -> list[bytes]:
    """Make the frames of one message."""
    parts = list(pieces)
    frames = [encode_frame(opcode, parts[0], fin=len(parts) == 1, rsv=rsv, key=key)]
    frames += [encode_frame(0, one, fin=False, key=key) for one in parts[1:-1]]
    return frames + [encode_frame(0, one, key=key) for one in parts[1:][-1:]]


def in_pieces(whole: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut bytes."""
    stops = sorted({place for place in places if 0 < place < len(whole)} | {0, len(whole)})
    return [whole[start:stop] for start, stop in pairwise(stops)]


class Deflater:
    """Compresses the messages of one direction as RFC 7692 §7.2.1 says."""

    def __init__(self, *, takes_over: bool = True, bits: int = 15) -> None:
        self._takes_over = takes_over
        self._bits = bits
        self._context = self._begin()

    def deflate(self, data: bytes) -> bytes:
        """Compress one message's payload."""
        if not self._takes_over:
            self._context = self._begin()
        out = self._context.compress(data) + self._context.flush(zlib.Z_SYNC_FLUSH)
        return out.removesuffix(b"\x00\x00\xff\xff")

    def text(self, payload: bytes, *, key: bytes = b"") -> bytes:
        """Make a compressed text frame."""
        return encode_frame(Opcode.TEXT, self.deflate(payload), rsv=RSV1, key=key)

    def _begin(self) -> zlib._Compress:
        return zlib.compressobj(9, zlib.DEFLATED, -self._bits)


def gist(messages: Iterable[Message]) -> list[tuple[bool, int, bytes | None]]:
    """Return who said what, without times and packets."""
    return [(message.from_client, int(message.opcode), message.data) for message in messages]
