"""Bodies that grow when they are decoded."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

from benchmarks.floods.flood import Flood
from benchmarks.floods.talk import OK, talk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows


def bombs(name: bytes, compress: Callable[[bytes], bytes]) -> Callable[[int, Clock], Iterator[Rows]]:
    """Return a flood of bodies that grow when they are decoded."""

    def flood(size: int, clock: Clock) -> Iterator[Rows]:
        one = talk(clock)
        yield from one.open()
        body = compress(bytes(16 << 20))
        head = b"POST /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
        request = head % (name, len(body)) + body
        for _ in range(size):
            yield from one.stream(request)
            yield from one.answer(OK + b"Content-Length: 0\r\n\r\n")

    return flood


def _brotli(data: bytes) -> bytes:
    import brotli  # only this flood needs it

    packed: bytes = brotli.compress(data, quality=4)
    return packed


def _zstd(data: bytes) -> bytes:
    import zstandard  # only this flood needs it

    return zstandard.compress(data)


FLOODS: dict[str, Flood] = {
    "bombs-gzip": Flood(bombs(b"gzip", gzip.compress), 50, "bodies", "http.inflated-too-large"),
    "bombs-deflate": Flood(bombs(b"deflate", zlib.compress), 50, "bodies", "http.inflated-too-large"),
    "bombs-br": Flood(bombs(b"br", _brotli), 50, "bodies", "http.inflated-too-large"),
    "bombs-zstd": Flood(bombs(b"zstd", _zstd), 50, "bodies", "http.inflated-too-large"),
}
