"""A file compressed by zstd, decompressed in long runs.

Theory of operation
-------------------
The usual way (`capture/compression.py`) decompresses a block at a time, so that damage costs nothing that came before,
and needs Python's lock between any two of them. Here the library fills a whole window at once, while other threads go
on; but of a call in which it meets damage, it does not tell how much came before that.

So this way is for what is whole. When it meets anything else, be it damage, an end inside a frame, padding, or more
bytes than are believed, the file is read again from its start in the usual way, and that alone decides what comes out
of it and what is said about it. What was given before came of the same bytes, and is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import zstandard

from sigtrace.capture.compression import ZSTD_MAX_WINDOW, Expansion
from sigtrace.capture.detect import Compression
from sigtrace.capture.zstd_frame import FramesWalk
from sigtrace.errors import SourceError
from sigtrace.sources.bytestream import DecompressedStream

if TYPE_CHECKING:
    from sigtrace.notices import Notice
    from sigtrace.sources.bytestream import FileStream

_FED_LENGTH = 2**20  # compressed bytes read at a time: Python's lock is needed for each reading
_SKIP_LENGTH = 2**16  # bytes that are passed over at a time


class ZstdFile:
    """A `ByteStream` of what a zstd file holds; ends where that is damaged, and `notices` then says so."""

    def __init__(self, file: FileStream) -> None:
        file.rewind()
        self._file = file
        self._runs: _Runs | None = _Runs(file)
        self._usual = DecompressedStream(file, Compression.ZSTD)  # what is asked once there are no runs any more
        self._given = 0  # bytes

    @property
    def taken(self) -> int:
        """How many bytes were read of what is on disk."""
        return self._file.taken

    @property
    def notices(self) -> list[Notice]:
        """What was wrong."""
        return self._usual.notices

    @property
    def damaged(self) -> bool:
        """Bytes are missing at the end."""
        return self._usual.damaged

    def read_into(self, target: memoryview) -> int:
        """Fill some of `target`, and return how much; 0 only at the end. Raises SourceError: reading failed."""
        if self._runs is not None:
            count = self._runs.read_into(target)
            if count is not None:
                self._given += count
                return count
            self._runs = None
            self._pass_over(self._given)
        return self._usual.read_into(target)

    def is_ready(self) -> bool:
        """Tell that nothing has to be waited for: the file is on disk."""
        return True

    def _pass_over(self, left: int) -> None:
        """Begin again in the usual way, behind so many bytes."""
        self._file.rewind()
        nowhere = memoryview(bytearray(_SKIP_LENGTH))
        while left and (count := self._usual.read_into(nowhere[:left])):
            left -= count


class _Runs:
    """Long runs of bytes out of a file of whole frames."""

    def __init__(self, file: FileStream) -> None:
        self._file = file
        self._fed = memoryview(bytearray(_FED_LENGTH))
        self._frames = FramesWalk()
        self._expansion = Expansion()
        self._error: SourceError | None = None
        self._given = 0  # bytes
        zstd = zstandard.ZstdDecompressor(max_window_size=ZSTD_MAX_WINDOW)
        # The reader asks `self.read` for what is compressed.
        self._reader = zstd.stream_reader(self, read_across_frames=True)  # type: ignore[arg-type]

    def read_into(self, target: memoryview) -> int | None:
        """Fill `target` as far as the bytes go, and return how far; 0 at the end, None where this way ends.

        Raises:
            SourceError: reading failed, and all that came before was given.
        """
        try:
            count = self._reader.readinto(target)
        except zstandard.ZstdError:
            return None
        self._given += count
        if not self._expansion.allows(self._given):
            return None
        if not count and self._error:
            raise self._error
        return count if count or self._frames.whole else None

    def read(self, _: int) -> memoryview:
        """Return more of what is compressed, for the library; nothing at the end."""
        try:
            count = self._file.read_into(self._fed)
        except SourceError as error:  # raised when all that came before was given
            count, self._error = 0, error
        self._expansion.taken += count
        self._frames.add(self._fed[:count])
        return self._fed[:count]
