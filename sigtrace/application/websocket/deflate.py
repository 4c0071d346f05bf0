"""Inflating the messages of one direction (RFC 7692 §7.2.2).

All messages of a direction are one stream of raw deflate, each of them flushed and without the four bytes that a flush
ends with. So a message may refer to what the 32 KiB before it held, and what was lost of them may be needed. What is
needed and not there is noticed for certain: a distance that reaches behind the first byte known. So after a loss
reading begins with an empty window; a message that inflates from there is right, and the window is good from there on.

The window is always of 32 KiB, whatever was agreed: that reads every smaller one too. Likewise a message that was
compressed without the context is read with it just as well.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from sigtrace.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTEXT_COST: Final = 40 << 10  # bytes of memory that one takes: a window, and the tables of the code
MAX_STREAMS: Final = 64  # final blocks in one message: one is what RFC 7692 §7.2.3.4 has; each costs a new context

_FLUSH: Final = b"\x00\x00\xff\xff"
_PIECE: Final = 256 << 10  # bytes inflated at a time, so that a bomb is seen before it takes memory


class Inflater:
    """The context of one direction.

    Args: takes_over: False when each message begins with an empty window.
    """

    __slots__ = ("_context", "_streams", "lost", "takes_over")

    def __init__(self, *, takes_over: bool) -> None:
        self.takes_over = takes_over
        self.lost = False  # messages may refer to what is not known
        self._context: zlib._Decompress | None = None
        self._streams = 0

    @property
    def memory(self) -> int:
        """Bytes of memory that the context takes, about."""
        return CONTEXT_COST if self._context is not None else 0

    def begin(self) -> None:
        """Begin a message."""
        if not self.takes_over:
            self._context = None
        self._streams = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Inflate a piece of a message, in pieces. Raises DecodeError when it does not inflate; then call `lose`."""
        if self._context is None:
            self._context = zlib.decompressobj(-zlib.MAX_WBITS)
        while True:
            try:
                out = self._context.decompress(data, _PIECE)
            except zlib.error as error:
                raise DecodeError(str(error)) from error
            if out:
                yield out
            if self._context.eof:
                data = self._end_stream(self._context.unused_data)
                if not data:
                    return
            else:
                data = self._context.unconsumed_tail
                if not data and len(out) < _PIECE:
                    return

    def end(self) -> Iterator[bytes]:
        """Inflate what a message still holds back at its end. Raises DecodeError as `feed` does."""
        if self._context is not None:
            yield from self.feed(_FLUSH)
        if not self.takes_over:
            self._context = None

    def lose(self) -> None:
        """Forget the context: something of it was lost."""
        self._context = None
        self.lost = self.lost or self.takes_over

    def _end_stream(self, rest: bytes) -> bytes:
        """Go on behind a final block: compressors that end their blocks so begin anew with the next one."""
        self._streams += 1
        if self._streams > MAX_STREAMS:
            raise DecodeError(f"more than {MAX_STREAMS} final blocks")
        self._context = zlib.decompressobj(-zlib.MAX_WBITS) if rest else None
        return rest
