"""Compressed bytes → the capture's bytes: gzip, zstd, xz, bzip2 and lz4 frames, any number in a row, in bounded memory.

Sans-io: `Decompressor.feed` takes compressed bytes and yields pieces. Damage does not raise: what can be decompressed
before it is given, and a notice says what was wrong.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from sigtrace.capture.detect import Compression, detect_compression
from sigtrace.capture.zstd_frame import FrameWalk
from sigtrace.notices import Notice, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPRESSED_CUT = "capture.compressed-cut"  # the compressed file ends too early
COMPRESSED_LIMIT = "capture.compressed-limit"  # more comes out than any capture shrinks: the rest was not read
COMPRESSED_DAMAGE = "capture.compressed-damage"  # the compressed file is damaged: what comes behind was not read
COMPRESSED_TRAILING = "capture.compressed-trailing"  # something else stands behind the compressed data

# The most that one call gives, but for zstd, where a block gives up to 128 KiB. It bounds memory, and what is lost with
# the piece in which damage shows.
PIECE_LENGTH = 65536
MAGIC_LENGTH = 6  # bytes: the longest magic, that of xz
SLICE_LENGTH = 65536  # compressed bytes looked at together: what is left of them is copied with each call
ZSTD_SLICE_LENGTH = 2**20  # here nothing is copied, but for the block that is cut by the end
ZSTD_MAX_WINDOW = 2**27  # bytes; what the zstd program allows unasked
XZ_MAX_MEMORY = 2**28  # bytes; `xz -9` makes files that need a quarter of it

Data: TypeAlias = bytes | memoryview
_PADDING = re.compile(rb"\x00*")

# What compressed data may expand to: this much in any case, and beyond that so many times what is on disk. Captures
# shrink to a half or a tenth, those of one packet again and again to a hundredth; what shrinks to less is made to fill
# the memory or the time of who reads it. Who has such a capture can decompress it first.
FREE_EXPANSION = 2**28
MAX_EXPANSION = 128


class Expansion:
    """What was read from disk of one input, which bounds what all its compressions, one inside the other, may give."""

    def __init__(self) -> None:
        self.taken = 0  # bytes

    def allows(self, given: int) -> bool:
        """Tell whether so many bytes may come out of what was taken."""
        return given <= max(FREE_EXPANSION, MAX_EXPANSION * self.taken)


class _Member(Protocol):
    """One compressed member or frame; `bz2.BZ2Decompressor` has this shape, and others are made to fit."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> Data | None: ...
    def decompress(self, data: Data, max_length: int) -> bytes: ...


class _GzipMember:
    """One gzip member (RFC 1952). A damaged piece is tried again in small steps, to save what is before the damage."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)
        self._error: zlib.error | None = None
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: Data, max_length: int) -> bytes:
        if self._error:
            raise self._error
        if tail := self._inflate.unconsumed_tail:
            data = tail + data
        before = self._inflate.copy()
        try:
            piece = self._inflate.decompress(data, max_length)
        except zlib.error as error:
            self._error, self.needs_input = error, False
            return b"".join(_up_to_damage(before, data))
        # A full piece may leave output inside zlib even where no input is left.
        self.needs_input = not self._inflate.unconsumed_tail and len(piece) < max_length
        return piece


def _up_to_damage(inflate: Any, data: Data) -> Iterator[bytes]:
    """Decompress byte by byte."""
    try:
        for at in range(len(data)):
            yield inflate.decompress(data[at : at + 1])
    except zlib.error:
        return


class _ZstdMember:
    """One zstd frame (RFC 8878), a block at a time."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self._walk = FrameWalk()
        self._data: Data = b""  # what is not decompressed yet
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> Data:
        return self._data

    def decompress(self, data: Data, max_length: int) -> bytes:
        del max_length  # a block is bounded by itself
        if data:
            self._data = bytes(self._data) + data if self._data else data
        length = self._walk.step(self._data)
        step, self._data = self._data[:length], self._data[length:]
        self.needs_input = not length
        if length:
            return bytes(self._frame.decompress(step))
        self._data = bytes(self._data)  # less than a header: whose memory it is may put something else there
        return b""


class _Format(NamedTuple):
    """How one kind of compression is undone."""

    open_member: Callable[[], _Member]
    error: type[Exception]


def _format_of(compression: Compression) -> _Format:
    """Return how to undo one kind of compression, importing what it needs."""
    if compression is Compression.GZIP:
        return _Format(_GzipMember, zlib.error)
    if compression is Compression.BZIP2:
        return _Format(bz2.BZ2Decompressor, OSError)
    if compression is Compression.XZ:
        return _Format(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MAX_MEMORY), lzma.LZMAError)
    if compression is Compression.ZSTD:
        import zstandard  # only where a capture needs it

        zstd = zstandard.ZstdDecompressor(max_window_size=ZSTD_MAX_WINDOW)
        return _Format(lambda: _ZstdMember(zstd.decompressobj()), zstandard.ZstdError)
    from lz4.frame import LZ4FrameDecompressor  # only where a capture needs it

    return _Format(LZ4FrameDecompressor, RuntimeError)


class Decompressor:
    """Undoes one compression. Feed it all there is, then `close`; `damaged` says whether bytes are missing.

    Args:
        compression: which one.
        expansion: of the compressions around this one, which counts what they take; None for the outermost.
    """

    def __init__(self, compression: Compression, expansion: Expansion | None = None) -> None:
        self.expansion = expansion or Expansion()
        self._is_outermost = expansion is None
        self._compression = compression
        self._format = _format_of(compression)
        self._slice_length = ZSTD_SLICE_LENGTH if compression is Compression.ZSTD else SLICE_LENGTH
        self._member: _Member | None = None
        self._first = True  # no member has ended yet
        self._member_gave = 0  # bytes, of the open member
        self._head = b""  # of the open member: as much as its magic may need
        self._gave = 0
        self._notice: Notice | None = None
        self.damaged = False

    @property
    def stopped(self) -> bool:
        """Nothing more will come, whatever is fed."""
        return self._notice is not None

    def feed(self, data: Data) -> Iterator[bytes]:
        """Yield what `data` gives, in pieces of bounded length; take all of them before `data` changes."""
        view = memoryview(data)
        for at in range(0, len(data), self._slice_length):
            if self.stopped:
                return
            piece = view[at : at + self._slice_length]
            self.expansion.taken += len(piece) if self._is_outermost else 0
            try:
                yield from self._decompress(piece)
            except self._format.error as error:
                self._stop(error)

    def close(self) -> Notice | None:
        """Return what was wrong with the compressed bytes."""
        if self._member is not None and not self.stopped:
            self.damaged = True
            text = f"the {self._name} data ends too early; {self._gave} bytes were read before that"
            self._notice = Notice(code=COMPRESSED_CUT, severity=Severity.WARNING, text=text)
        return self._notice

    @property
    def _name(self) -> str:
        return self._compression.name.lower()

    def _decompress(self, data: memoryview) -> Iterator[bytes]:
        """Decompress one slice, through as many members as it holds."""
        while True:
            if self._member is None:
                if not self._first and (padding := _PADDING.match(data)):  # members may be padded with zeros
                    data = data[padding.end() :]
                if not data:
                    return
                self._member, self._member_gave, self._head = self._format.open_member(), 0, b""
            self._head += data[: MAGIC_LENGTH - len(self._head)]
            piece = self._member.decompress(data, PIECE_LENGTH)
            data = data[:0]
            if piece:
                self._member_gave += len(piece)
                self._gave += len(piece)
                yield piece
                if not self.expansion.allows(self._gave):
                    self._limit()
                    return
            if self._member.eof:
                data = memoryview(self._member.unused_data or b"")
                self._member, self._first = None, False
            elif self._member.needs_input:
                return

    def _limit(self) -> None:
        """Take note that more comes out than is believed."""
        self.damaged = True
        gave, taken = self._gave, self.expansion.taken
        text = f"{gave} bytes came out of {taken}, which no capture shrinks to; the rest was not read"
        self._notice = Notice(code=COMPRESSED_LIMIT, severity=Severity.ERROR, text=text)

    def _stop(self, error: Exception) -> None:
        """Take note of damage, or of something else behind the last whole member."""
        if self._first or self._member_gave or detect_compression(self._head) is self._compression:
            self.damaged = True
            text = f"the {self._name} data is damaged ({error}); {self._gave} bytes were read before that"
            self._notice = Notice(code=COMPRESSED_DAMAGE, severity=Severity.ERROR, text=text)
        else:
            text = f"what stands behind the {self._name} data is not {self._name} data; it was not read"
            self._notice = Notice(code=COMPRESSED_TRAILING, severity=Severity.WARNING, text=text)
