"""Content codings: what grows stays within its bound, and what the coders made comes back.

The first byte chooses the codings, the others are the body.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from typing import TYPE_CHECKING, Final

import brotli
import zstandard

from sigtrace.application.http.content import MAX_CONTENT, decode_content
from sigtrace.application.http.message import Body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CODINGS: Final = (b"gzip", b"deflate", b"br", b"zstd", b"gzip, br", b"zstd, deflate", b"x-gzip,identity, GZIP")
_ENCODE: Final[Mapping[bytes, Callable[[bytes], bytes]]] = {
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"zstd": zstandard.compress,
}


def try_content(data: bytes) -> None:
    """Decode the body as it is, and once more after coding it."""
    codings = _CODINGS[(data[0] if data else 0) % len(_CODINGS)]
    decoded, notice = decode_content(_body(data[1:]), codings, packet=1)
    assert decoded.data == data[1:]
    assert len(decoded.content or b"") <= MAX_CONTENT
    assert (decoded.content_sha256 is None) == (notice is not None or len(data) < 2)
    encode = _ENCODE.get(codings)
    if encode is not None and len(data) > 1:
        decoded, notice = decode_content(_body(encode(data[1:])), codings, packet=1)
        assert (decoded.content, notice) == (data[1:], None)


def _body(data: bytes) -> Body:
    return Body(length=len(data), sha256=hashlib.sha256(data).hexdigest(), data=data, missing=0, content=data)
