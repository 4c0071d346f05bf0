"""The payload of one message while it comes: measured, hashed, kept up to a bound, and checked as text."""

from __future__ import annotations

import codecs
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sigtrace.application.websocket.chain import is_text

if TYPE_CHECKING:
    from hashlib import _Hash

MAX_KEPT: Final = 1024 * 1024
"""Bytes kept of one message: signaling is a few KiB; what is longer is measured and hashed."""

_NEW_DECODER = codecs.getincrementaldecoder("utf-8")


class Payload:
    """Takes the pieces of one message, unmasked and inflated."""

    __slots__ = ("_decoder", "_hash", "_is_shed", "_is_text", "_kept", "above_bound", "length")

    def __init__(self) -> None:
        self.length = 0
        self.above_bound = False
        self._is_shed = False  # none of it is kept
        self._is_text = True  # of what is not kept: it has been UTF-8 so far
        self._hash: _Hash | None = None  # from the second piece on
        self._kept: bytes | bytearray = b""
        self._decoder: codecs.IncrementalDecoder | None = None

    @property
    def held(self) -> int:
        """Bytes kept."""
        return len(self._kept)

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if not self.length:
            self._kept = piece
        else:
            if self._hash is None:
                self._hash = sha256(self._kept)
                self._kept = bytearray(self._kept)
            self._hash.update(piece)
            if self._is_shed:
                self._check(piece)
            else:
                self._kept += piece
        self.length += len(piece)
        if self.length > MAX_KEPT and not self.above_bound:
            self.above_bound = True
            self.shed()

    def shed(self) -> None:
        """Keep none of it, now and later; it is measured, hashed and checked on."""
        if self._is_shed:
            return
        if self._hash is None:
            self._hash = sha256(self._kept)
        self._is_shed = True
        self._check(bytes(self._kept))
        self._kept = b""

    def sha256(self) -> str:
        """Return the hash of all of it."""
        return (self._hash or sha256(self._kept)).hexdigest()

    def data(self) -> bytes | None:
        """Return all of it, None when it was too large to keep."""
        return None if self._is_shed else bytes(self._kept)

    def check_text(self, *, whole: bool) -> bool:
        """Tell whether it is UTF-8; when it is not `whole`, its last character may be cut."""
        if not self._is_shed:
            return is_text(bytes(self._kept), whole=whole)
        if whole:
            self._check(b"", final=True)
        return self._is_text

    def _check(self, piece: bytes, *, final: bool = False) -> None:
        if self._decoder is None:
            self._decoder = _NEW_DECODER()
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            self._is_text = False
