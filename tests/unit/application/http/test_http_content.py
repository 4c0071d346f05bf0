"""Content codings and kept bodies."""

from __future__ import annotations

import gzip
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard

from sigtrace.application.http.body import MAX_KEPT
from sigtrace.application.http.content import MAX_CONTENT
from tests.builders.http import Wire, chunked, request, response

if TYPE_CHECKING:
    from sigtrace.application.http.message import Body

TEXT = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n" * 40


def raw_deflate(data: bytes) -> bytes:
    """Deflate without the zlib wrapper."""
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


def body_of(wire: Wire) -> Body:
    """Return the body of the one response."""
    answer = wire.only.response
    assert answer is not None
    return answer.body


def zstd(data: bytes) -> bytes:
    """Compress by zstd."""
    return zstandard.ZstdCompressor().compress(data)


CODED = [
    (b"gzip", gzip.compress(TEXT, mtime=0)),
    (b"X-GZIP", gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0)),
    (b"deflate", zlib.compress(TEXT)),
    (b"deflate", raw_deflate(TEXT)),
    (b"br", brotli.compress(TEXT)),
    (b"zstd", zstd(TEXT)),
    (b"zstd", zstd(TEXT[:100]) + zstd(TEXT[100:])),
    (b"deflate, gzip", gzip.compress(zlib.compress(TEXT), mtime=0)),
]


@pytest.mark.parametrize(("coding", "coded"), CODED)
def test_codings_are_undone(coding: bytes, coded: bytes) -> None:
    """The body is measured as sent, the content as it was meant."""
    wire = Wire().client(request()).server(response(coded, b"Content-Encoding: " + coding))
    body = body_of(wire)
    assert body.content == TEXT
    assert (body.length, body.sha256) == (len(coded), sha256(coded).hexdigest())
    assert (body.content_length, body.content_sha256) == (len(TEXT), sha256(TEXT).hexdigest())
    assert body.encoding == coding.decode().lower()
    assert wire.notices == []


def test_a_transfer_coding_below_chunked_is_undone_like_a_content_coding() -> None:
    """`Transfer-Encoding: gzip, chunked` gives the content."""
    coded = gzip.compress(TEXT, mtime=0)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
    body = body_of(Wire().client(request()).server(head + chunked(coded[:50], coded[50:])))
    assert (body.length, body.content, body.encoding) == (len(coded), TEXT, "gzip")


BAD = [
    (b"gzip", gzip.compress(TEXT, mtime=0)[:-12], "http.bad-coding"),
    (b"gzip", b"not gzip", "http.bad-coding"),
    (b"deflate", b"\xff\xff\xff", "http.bad-coding"),
    (b"br", brotli.compress(TEXT)[:-3], "http.bad-coding"),
    (b"br", b"\xff" * 20, "http.bad-coding"),
    (b"zstd", zstd(TEXT)[:-3], "http.bad-coding"),
    (b"zstd", b"\xff" * 20, "http.bad-coding"),
    (b"gzip", gzip.compress(bytes(MAX_CONTENT + 1), mtime=0), "http.inflated-too-large"),
    (b"deflate", zlib.compress(bytes(MAX_CONTENT + 1)), "http.inflated-too-large"),
    (b"br", brotli.compress(bytes(MAX_CONTENT + 1)), "http.inflated-too-large"),
    (b"zstd", zstd(bytes(MAX_CONTENT + 1)), "http.inflated-too-large"),
    (b"rot13", b"uryyb", "http.unknown-coding"),
    (b", ".join([b"gzip"] * 9), b"hello", "http.unknown-coding"),
]


@pytest.mark.parametrize(("coding", "coded", "code"), BAD)
def test_codings_that_cannot_be_undone_are_a_notice(coding: bytes, coded: bytes, code: str) -> None:
    """Damage, bombs and unknown codings leave the body as sent, without content."""
    wire = Wire().client(request()).server(response(coded, b"Content-Encoding: " + coding))
    body = body_of(wire)
    assert (body.data, body.content, body.content_length) == (coded, None, None)
    assert wire.codes == [code]


def test_identity_is_no_encoding() -> None:
    """`identity` changes nothing."""
    body = body_of(Wire().client(request()).server(response(b"abc", b"Content-Encoding: identity")))
    assert (body.encoding, body.content) == (None, b"abc")


@pytest.mark.parametrize("pieces", [1, 7])
def test_a_large_body_is_measured_and_hashed_but_not_kept(pieces: int) -> None:
    """Above the bound there is length and digest, no data, and a notice."""
    sent = bytes(range(256)) * (MAX_KEPT // 256 + 1)
    answer = response(sent)
    step = len(answer) // pieces + 1
    wire = Wire().client(request()).server(*(answer[at : at + step] for at in range(0, len(answer), step)))
    body = body_of(wire)
    assert (body.length, body.data, body.content) == (len(sent), None, None)
    assert body.sha256 == sha256(sent).hexdigest()
    assert wire.codes == ["http.body-too-large"]


def test_a_body_at_the_bound_is_kept() -> None:
    """The bound itself is still kept."""
    body = body_of(Wire().client(request()).server(response(bytes(MAX_KEPT))))
    assert body.data == bytes(MAX_KEPT)
