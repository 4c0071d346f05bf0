"""Message bodies: one reader per framing of RFC 9112 §6, all of them measuring, hashing and keeping up to a bound.

A reader takes bytes from an offset and says how far it read; it is `done` when the body is whole and `broken` when
the bytes are not what the framing promised. A gap of known length inside a body is counted and read over where the
framing still tells where the body goes on.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from sigtrace.application.http.head import MAX_HEAD, Fields, decode_fields
from sigtrace.application.http.message import Body

if TYPE_CHECKING:
    from hashlib import _Hash

MAX_KEPT = 1024 * 1024  # per body; SDP is a few KiB, WHIP and page bodies below a MiB: larger ones are only measured
_OWN_PIECE = 4096  # bytes from which a piece is kept by itself, and copied once only
MAX_CHUNK_LINE = 8192  # a chunk size with its extensions; servers allow far less

# The end of a chunk's data, and the size line of the next chunk, which has no extensions.
_SIZE_LINE = re.compile(rb"(?:\r?\n)?([0-9A-Fa-f]{1,7})\r?\n")

EMPTY_BODY = Body(length=0, sha256=sha256(b"").hexdigest(), data=b"", missing=0, content=b"")


class BodyReader:
    """What all framings share: counting, hashing, keeping."""

    __slots__ = ("_hash", "_kept", "broken", "done", "missing", "received", "too_large", "trailers")

    ends_with_stream = False

    def __init__(self) -> None:
        self.done = False
        self.broken = False
        self.received = 0
        self.missing = 0
        self.too_large = False
        self.trailers: Fields = ()
        self._hash: _Hash | None = None  # of what is not kept; what is kept is hashed at once, at the end
        self._kept: list[bytes | bytearray] = []

    def feed(self, data: bytes, position: int) -> int:
        """Read body bytes of `data` from `position` on and return where it stopped."""
        raise NotImplementedError

    def inside(self, data: bytes) -> int:
        """Return how many of the next bytes are certainly taken without an end of the body and without a fault."""
        raise NotImplementedError

    def swallow(self, data: bytes) -> bool:  # noqa: ARG002 - of framings that tell it at a glance
        """Take all of `data` if it plainly lies within the body, as most chunks of long bodies do; tell whether."""
        return False

    def gap(self, length: int) -> int:
        """Count bytes that were never captured; return how many of them lie beyond what this framing can place."""
        raise NotImplementedError

    def announced(self) -> int | None:
        """Return the length of the whole body as far as the framing tells."""
        raise NotImplementedError

    @property
    def held(self) -> int:
        """Bytes kept of it."""
        return sum(map(len, self._kept))

    def shed(self) -> None:
        """Keep none of it, now and later; it is measured and hashed on."""
        if not self.too_large:
            self.too_large = True
            self._hash = sha256()
            for piece in self._kept:
                self._hash.update(piece)
            self._kept = []

    def result(self) -> Body:
        """Return the body as it stands, complete or not; content decoding is not done here."""
        whole = self.done and not self.missing and not self.broken
        if whole and not self.received:
            return EMPTY_BODY
        kept = None if self.too_large else b"".join(self._kept)
        if not whole:
            length = self.announced()
            missing = self.missing if length is None else length - self.received
            return Body(length=length, sha256=None, data=kept, missing=missing, content=kept)
        if self._hash is None:  # all of it is kept
            self._hash = sha256(kept or b"")
        return Body(length=self.received, sha256=self._hash.hexdigest(), data=kept, missing=0, content=kept)

    def _take(self, piece: bytes) -> None:
        """Keep a piece as it is, or a small one together with others: each has a cost of its own."""
        self.received += len(piece)
        if self.received > MAX_KEPT:
            self.shed()
        if self.too_large and self._hash is not None:
            self._hash.update(piece)
            return
        kept = self._kept
        if not kept or len(piece) >= _OWN_PIECE:
            kept.append(piece)
        elif type(kept[-1]) is bytearray:
            kept[-1] += piece
        else:
            kept.append(bytearray(piece))


class LengthBody(BodyReader):
    """A body of announced length (RFC 9112 §6.2)."""

    __slots__ = ("_length", "_remaining")

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length
        self._remaining = length

    def feed(self, data: bytes, position: int) -> int:
        """Take up to the announced length."""
        piece = data[position : position + self._remaining]
        self._take(piece)
        self._remaining -= len(piece)
        self.done = not self._remaining
        return position + len(piece)

    def inside(self, data: bytes) -> int:
        """Leave the last byte out."""
        return min(len(data), self._remaining - 1)

    def swallow(self, data: bytes) -> bool:
        """Take what does not reach the announced end."""
        if not 0 < len(data) < self._remaining:
            return False
        self._take(data)
        self._remaining -= len(data)
        return True

    def gap(self, length: int) -> int:
        """Place the gap inside the body as far as it fits."""
        inside = min(length, self._remaining)
        self._remaining -= inside
        self.missing += inside
        self.done = not self._remaining
        return length - inside

    def announced(self) -> int | None:
        """Return what Content-Length said."""
        return self._length


class UntilCloseBody(BodyReader):
    """A response body that the end of the connection ends (RFC 9112 §6.3 rule 8)."""

    __slots__ = ()

    ends_with_stream = True

    def feed(self, data: bytes, position: int) -> int:
        """Take everything."""
        self._take(data[position:] if position else data)
        return len(data)

    def inside(self, data: bytes) -> int:
        """Return all: only the end of the stream ends it."""
        return len(data)

    def gap(self, length: int) -> int:
        """Place the whole gap inside the body."""
        self.missing += length
        return 0

    def announced(self) -> int | None:
        """Return what went by: when the stream goes on, so does the body."""
        return self.received + self.missing


class ChunkedBody(BodyReader):
    """A chunked body (RFC 9112 §7.1): size lines with extensions, data, trailers."""

    __slots__ = ("_in_trailers", "_line", "_remaining", "_trailers")

    def __init__(self) -> None:
        super().__init__()
        self._line = bytearray()  # a size or trailer line so far
        self._remaining = 0  # of the chunk's data
        self._in_trailers = False
        self._trailers = bytearray()

    @property
    def held(self) -> int:
        """Bytes kept of it, and of its line or trailers."""
        return super().held + len(self._line) + len(self._trailers)

    def feed(self, data: bytes, position: int) -> int:
        """Read chunks until the last one and its trailers are over."""
        size = len(data)
        while position < size and not self.done and not self.broken:
            if self._remaining:
                piece = data[position : position + self._remaining]
                self._take(piece)
                self._remaining -= len(piece)
                position += len(piece)
                continue
            line_end = data.find(b"\n", position)
            stop = size if line_end < 0 else line_end + 1
            self._line += data[position:stop]
            if len(self._line) > MAX_CHUNK_LINE:
                self.broken = True
            elif line_end >= 0:
                line = bytes(self._line).rstrip(b"\r\n")
                self._line.clear()
                self._read_line(line)
            if self.broken:
                return position  # where the line that made no sense began, as far as this piece shows it
            position = stop
        return position

    def _read_line(self, line: bytes) -> None:
        if self._in_trailers:
            self._read_trailer(line)
        elif line:  # an empty line here ends the data of the chunk before
            size = line.partition(b";")[0].strip(b" \t")
            if not size or len(size) > 16 or size.strip(b"0123456789abcdefABCDEF"):
                self.broken = True
                return
            self._remaining = int(size, 16)
            self._in_trailers = not self._remaining

    def _read_trailer(self, line: bytes) -> None:
        if line:
            self._trailers += line + b"\n"
            self.broken = len(self._trailers) > MAX_HEAD
            return
        self.done = True
        self.trailers = decode_fields(bytes(self._trailers)).fields

    def inside(self, data: bytes) -> int:
        """Pass over chunks as long as their size lines are whole, simple, and not the last one's."""
        if self._line or self._in_trailers:
            return 0
        position = self._remaining
        while position < len(data):
            line = _SIZE_LINE.match(data, position)
            size = int(line[1], 16) if line is not None else 0
            if line is None or not size:
                return position
            position = line.end() + size
        return len(data)

    def gap(self, length: int) -> int:
        """Place a gap inside the data of the chunk being read; where the next chunk would begin after it is unknown."""
        if length <= self._remaining:
            self._remaining -= length
            self.missing += length
            return 0
        self.missing += length
        self.broken = True
        return length

    def announced(self) -> int | None:
        """Return the length once the last chunk was seen."""
        return self.received + self.missing if self.done else None


class LostBody(BodyReader):
    """The body of a message whose head was cut by a gap: nothing can be read, only its announced length is known."""

    __slots__ = ("_length",)

    def __init__(self, length: int | None) -> None:
        super().__init__()
        self._length = length
        self.broken = True

    def feed(self, data: bytes, position: int) -> int:  # noqa: ARG002 - the framing that never reads
        """Take nothing."""
        return position

    def inside(self, data: bytes) -> int:  # noqa: ARG002 - the framing that never reads
        """Take nothing."""
        return 0

    def gap(self, length: int) -> int:
        """Count the gap that cut the head: it holds the rest of the head and some or all of the body."""
        self.missing += length
        return 0

    def announced(self) -> int | None:
        """Return what Content-Length said, if it was among the headers that were seen."""
        return self._length
