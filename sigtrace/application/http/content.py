"""Content codings: from the body as it was sent to the content it stands for (RFC 9110 §8.4), within a bound.

Only bodies that were captured whole and kept are decoded, and only where a header names a coding.
"""

from __future__ import annotations

import zlib
from hashlib import sha256
from typing import TYPE_CHECKING

from sigtrace.errors import DecodeError
from sigtrace.notices import Notice, Severity
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.application.http.message import Body

MAX_CONTENT = 8 * 1024 * 1024  # 8 times what is kept of a body; deflate could make 1000 MiB of it
_ZSTD_PIECE = 256  # its decoder takes no output bound; 4 bytes make 128 KiB at most, so a piece makes 8 MiB at most
MAX_CODINGS = 4  # nobody sends more than two; each one costs a pass

INFLATED_TOO_LARGE = "http.inflated-too-large"
BAD_CODING = "http.bad-coding"
UNKNOWN_CODING = "http.unknown-coding"


class TooLargeError(DecodeError):
    """The decoded content is larger than MAX_CONTENT."""


def decode_content(body: Body, codings: bytes, *, packet: int) -> tuple[Body, Notice | None]:
    """Return the body with what its codings hide, and a notice when they cannot be undone.

    Args:
        body: as framing gave it.
        codings: the value of Content-Encoding, in the order in which the codings were applied.
        packet: for the notice.
    """
    names = [name for part in codings.decode("latin-1").lower().split(",") if (name := part.strip(" \t"))]
    names = [name for name in names if name != "identity"]
    if not names or not body.length:
        return body, None
    body = replace(body, encoding=", ".join(names), content=None)
    if not body.complete or body.data is None:
        return body, None
    unknown = [name for name in names if name not in _DECODERS]
    if unknown or len(names) > MAX_CODINGS:
        text = f"content coding {', '.join(unknown or names)[:80]!r} is not known; the body is kept as sent"
        return body, Notice(code=UNKNOWN_CODING, severity=Severity.INFO, text=text, packet=packet)
    content = body.data
    try:
        for name in reversed(names):
            content = _DECODERS[name](content)
    except TooLargeError:
        text = f"content grows above {MAX_CONTENT} bytes from {body.length}; decoding stopped"
        return body, Notice(code=INFLATED_TOO_LARGE, severity=Severity.WARNING, text=text, packet=packet)
    except DecodeError as error:
        text = f"content coding {body.encoding!r} does not decode: {error}; the body is kept as sent"
        return body, Notice(code=BAD_CODING, severity=Severity.WARNING, text=text, packet=packet)
    return replace(body, content_length=len(content), content_sha256=sha256(content).hexdigest(), content=content), None


def _inflate(data: bytes, window_bits: int) -> bytes:
    """Inflate one or, for gzip, several members. Raises DecodeError or TooLargeError."""
    parts: list[bytes] = []
    size = 0
    while data:
        inflater = zlib.decompressobj(window_bits)
        try:
            part = inflater.decompress(data, MAX_CONTENT - size + 1)
        except zlib.error as error:
            raise DecodeError(str(error)) from error
        size += len(part)
        if size > MAX_CONTENT:
            raise TooLargeError("bound reached")
        if not inflater.eof:
            raise DecodeError("the coded data ends too early")
        parts.append(part)
        data = inflater.unused_data if window_bits > zlib.MAX_WBITS else b""
        if not data.startswith(b"\x1f\x8b"):
            break  # padding after the last member: gzip tools read over it too
    return b"".join(parts)


def _decode_gzip(data: bytes) -> bytes:
    return _inflate(data, zlib.MAX_WBITS | 16)


def _decode_deflate(data: bytes) -> bytes:
    """Undo `deflate`: zlib as RFC 9110 §8.4.1.2 says, or raw as some senders understood it."""
    try:
        return _inflate(data, zlib.MAX_WBITS)
    except TooLargeError:
        raise
    except DecodeError:
        return _inflate(data, -zlib.MAX_WBITS)


def _decode_brotli(data: bytes) -> bytes:
    import brotli  # on demand: few captures hold it

    decoder = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    piece = data
    try:
        while not decoder.is_finished():
            part: bytes = decoder.process(piece, output_buffer_limit=MAX_CONTENT - size + 1)
            parts.append(part)
            size += len(part)
            if size > MAX_CONTENT:
                raise TooLargeError("bound reached")
            if not part and not piece:
                raise DecodeError("the coded data ends too early")
            piece = b""
    except brotli.error as error:
        raise DecodeError(str(error)) from error
    return b"".join(parts)


def _decode_zstd(data: bytes) -> bytes:
    import zstandard  # on demand: few captures hold it

    # RFC 9659 §3: zstd in HTTP needs no window above 8 MiB.
    decompressor = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024)
    decoder = decompressor.decompressobj()
    parts: list[bytes] = []
    size = 0
    pieces = (data[at : at + _ZSTD_PIECE] for at in range(0, len(data), _ZSTD_PIECE))
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if decoder.eof:
                    decoder = decompressor.decompressobj()  # frames may follow each other (RFC 8878 §3)
                part = decoder.decompress(rest)
                parts.append(part)
                size += len(part)
                if size > MAX_CONTENT:
                    raise TooLargeError("bound reached")
                rest = decoder.unused_data if decoder.eof else b""
    except zstandard.ZstdError as error:
        raise DecodeError(str(error)) from error
    if not decoder.eof:
        raise DecodeError("the coded data ends too early")
    return b"".join(parts)


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _decode_gzip,
    "x-gzip": _decode_gzip,
    "deflate": _decode_deflate,
    "br": _decode_brotli,
    "zstd": _decode_zstd,
}
