"""WebSocket: tiny frames, bombs, contexts of compression on many connections, bytes that are nearly frames."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import parts
from benchmarks.floods.talk import opened, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows
    from benchmarks.floods.talk import Talk

_DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + _DEFLATE + b"\r\n"
)
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
)


def upgraded(one: Talk, extension: bytes = _DEFLATE) -> Iterator[Rows]:
    """Open a connection and upgrade it."""
    yield from one.open()
    yield from one.ask(UPGRADE)
    yield from one.answer(SWITCHING + extension + b"\r\n")


def frames_tiny(size: int, clock: Clock) -> Iterator[Rows]:
    """Messages of one byte."""
    one = talk(clock)
    yield from upgraded(one)
    for _, count in parts(size, 3):
        yield from one.stream(b"\x81\x01x" * count, by_client=False)


def bombs_websocket(size: int, clock: Clock) -> Iterator[Rows]:
    """Messages that grow a thousandfold when they are inflated."""
    one = talk(clock)
    yield from upgraded(one, _DEFLATE[:-2] + b"; server_no_context_takeover\r\n")
    deflater = zlib.compressobj(wbits=-15)
    bomb = (deflater.compress(bytes(16 << 20)) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]
    frame = b"\xc1\x7e" + len(bomb).to_bytes(2, "big") + bomb
    for _ in range(size):
        yield from one.stream(frame, by_client=False)


def contexts(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each say one compressed word, and stay."""
    word = b"\xc1\x87\0\0\0\0\xf2\x48\xcd\xc9\xc9\x07\0"  # RFC 7692 §7.2.3.1, under a mask of zeros
    data = UPGRADE + word
    for first, count in parts(size, len(data)):
        yield opened(clock, first, count, data, SWITCHING + _DEFLATE + b"\r\n")


def nearly_frames(size: int, clock: Clock) -> Iterator[Rows]:
    """Bytes that begin chains of frames everywhere, which all break off."""
    one = talk(clock)
    yield from upgraded(one)
    for _, count in parts(size // 10, 10):
        yield from one.stream(b"\x82\x00\x82\x00\x82\x00\x82\x00\xff\xff" * count, by_client=False)


_M = 1_000_000
FLOODS: dict[str, Flood] = {
    "frames-tiny": Flood(frames_tiny, _M, "messages"),
    "bombs-websocket": Flood(bombs_websocket, 50, "messages", "websocket.inflated-too-large"),
    "contexts": Flood(contexts, 20_000, "flows", "http.flows-let-go"),
    "nearly-frames": Flood(nearly_frames, 2 * _M, "bytes", "websocket.resync"),
}
