"""Where a capture's bytes come from: a file, a pipe, or another stream that has to be decompressed."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

from sigtrace.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO

    from sigtrace.capture.compression import Data, Expansion
    from sigtrace.capture.detect import Compression
    from sigtrace.notices import Notice

Path: TypeAlias = str | os.PathLike[str] | BinaryIO

STANDARD_INPUT = "-"
PIECE_LENGTH = 2**19  # compressed bytes read at a time
PIPE_LENGTH = 2**20  # bytes a pipe is asked to hold, the most that Linux allows everybody


class ByteStream(Protocol):
    """Bytes in order."""

    @property
    def taken(self) -> int:
        """How many bytes were read of what is on disk, to get those that were given."""
        ...

    def read_into(self, target: memoryview) -> int:
        """Fill some of `target`, and return how much; 0 only at the end. Raises SourceError: reading failed."""
        ...

    def is_ready(self) -> bool:
        """Tell whether reading gives something, or the end, without waiting. Raises SourceError: reading failed."""
        ...


class FileStream:
    """The bytes of an opened file.

    Args:
        name: how to name it in errors.
        file: what to read; it is closed only when it is `owned`.
    """

    def __init__(self, name: str, file: BinaryIO, *, owned: bool) -> None:
        self._name = name
        self._file = file
        self._owned = owned
        self.taken = 0
        self.is_ready = _readiness_of(file)
        # A buffered pipe gives what has come, instead of waiting for all that was asked for.
        self._read_some: Callable[[memoryview], int | None] | None = getattr(file, "readinto1", None)
        self._read_some = self._read_some or getattr(file, "readinto", None)

    def read_into(self, target: memoryview) -> int:
        """Fill some of `target`, and return how much; 0 only at the end. Raises SourceError: reading failed."""
        try:
            count = self._read_some(target) if self._read_some else _copy(self._file.read(len(target)), target)
        except OSError as error:
            raise SourceError(f"{self._name} could not be read to its end: {error.strerror or error}") from error
        self.taken += count or 0
        return count or 0

    def rewind(self) -> None:
        """Begin again at the start of a file on disk. Raises SourceError: that failed."""
        try:
            self._file.seek(0)
        except OSError as error:
            raise SourceError(f"{self._name} could not be read again: {error.strerror or error}") from error
        self.taken = 0

    def close(self) -> None:
        """Close the file if it was opened for this stream."""
        if self._owned:
            self._file.close()


class PrefixedStream:
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: ByteStream) -> None:
        self._head = head
        self._rest = rest

    @property
    def taken(self) -> int:
        """How many bytes were read of what is on disk."""
        return self._rest.taken

    @property
    def expansion(self) -> Expansion | None:
        """What was taken of the outermost compression, None where there is none."""
        return self._rest.expansion if isinstance(self._rest, DecompressedStream | PrefixedStream) else None

    def read_into(self, target: memoryview) -> int:
        """Fill some of `target`, and return how much; 0 only at the end."""
        if not self._head:
            return self._rest.read_into(target)
        count = _copy(self._head, target)
        self._head = self._head[count:]
        return count

    def is_ready(self) -> bool:
        """Tell whether reading gives something, or the end, without waiting."""
        return bool(self._head) or self._rest.is_ready()


class DecompressedStream:
    """What a compressed stream holds; ends where that is damaged, and `notices` then says so."""

    def __init__(self, compressed: ByteStream, compression: Compression) -> None:
        from sigtrace.capture.compression import Decompressor  # most captures are not compressed

        expansion = compressed.expansion if isinstance(compressed, DecompressedStream | PrefixedStream) else None
        self._compressed = compressed
        self._decompressor = Decompressor(compression, expansion)
        self._fed = memoryview(bytearray(PIECE_LENGTH))
        self._pieces: Iterator[Data] = iter(())  # what comes of the bytes that were fed last
        self._piece = memoryview(b"")  # what is not given yet of the last of them
        self.notices: list[Notice] = []

    @property
    def taken(self) -> int:
        """How many bytes were read of what is on disk."""
        return self._compressed.taken

    @property
    def expansion(self) -> Expansion:
        """What was taken of the outermost compression."""
        return self._decompressor.expansion

    @property
    def damaged(self) -> bool:
        """Bytes are missing at the end."""
        return self._decompressor.damaged

    def read_into(self, target: memoryview) -> int:
        """Fill some of `target`, and return how much; 0 only at the end. Raises SourceError: reading failed."""
        while not self._has_piece():
            count = 0 if self._decompressor.stopped else self._compressed.read_into(self._fed)
            if not count:
                self.notices = [notice] if (notice := self._decompressor.close()) else []
                return 0
            self._pieces = self._decompressor.feed(self._fed[:count])
        count = _copy(self._piece, target)
        self._piece = self._piece[count:]
        return count

    def is_ready(self) -> bool:
        """Tell whether reading gives something without waiting."""
        return self._has_piece() or self._compressed.is_ready()

    def _has_piece(self) -> bool:
        """Decompress a piece of what was fed if there is none, and tell whether there is now."""
        if not self._piece:
            self._piece = memoryview(next(self._pieces, b""))
        return bool(self._piece)


def widen_pipe(file: BinaryIO | FileIO | int) -> None:
    """Let a pipe hold much, where that is allowed, so that its writer waits less and more is read at once."""
    if sys.platform == "linux":
        import fcntl  # not on Windows

        with suppress(OSError):  # it is no pipe, or all that this user may have are as long already
            fcntl.fcntl(file, fcntl.F_SETPIPE_SZ, PIPE_LENGTH)


def _readiness_of(file: BinaryIO) -> Callable[[], bool]:
    """Return what tells whether a file can be read without waiting; where that cannot be known, it says no."""
    try:
        number = file.fileno()
        if stat.S_ISREG(os.fstat(number).st_mode):
            return lambda: True
    except (AttributeError, OSError):
        return lambda: False
    import select  # for pipes

    if not hasattr(select, "poll"):
        return lambda: False
    waiter = select.poll()
    waiter.register(number, select.POLLIN)
    return lambda: bool(waiter.poll(0))


def _copy(data: Data, target: memoryview) -> int:
    """Copy as much as fits, and return how much that was."""
    count = min(len(data), len(target))
    target[:count] = data[:count]
    return count


def read_head(stream: ByteStream, length: int) -> bytes:
    """Return the first bytes of a stream, fewer only when there are no more."""
    head = bytearray(length)
    filled = 0
    while filled < length and (count := stream.read_into(memoryview(head)[filled:])):
        filled += count
    return bytes(head[:filled])


class Input:
    """One input as the user gave it: a path, `-`, or an open binary file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_path = isinstance(path, str | os.PathLike)
        self.name = os.fspath(path) if isinstance(path, str | os.PathLike) else _name_of(path)

    @property
    def can_reopen(self) -> bool:
        """Opening it twice gives the same bytes twice."""
        return self.length is not None

    @property
    def length(self) -> int | None:
        """Bytes on disk, None when that is not known before the end."""
        if not self._is_path or self.name == STANDARD_INPUT:
            return None
        try:
            status = os.stat(self.name)  # noqa: PTH116  the path may be anything that `open` takes
        except OSError:
            return None  # opening it says why
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def open(self) -> FileStream:
        """Open it. Raises SourceError: it cannot be opened."""
        if not isinstance(self._path, str | os.PathLike):
            return FileStream(self.name, self._path, owned=False)
        if self.name == STANDARD_INPUT:
            if sys.stdin.isatty():
                raise SourceError(
                    "standard input is a terminal", hint="pipe a capture into it: tcpdump -w - | sigtrace analyze -"
                )
            widen_pipe(sys.stdin.buffer)
            return FileStream("standard input", sys.stdin.buffer, owned=False)
        try:
            file = open(self.name, "rb", buffering=0)  # noqa: SIM115, PTH123  closed by the stream's user
        except OSError as error:
            raise _opening_error(self.name, error) from error
        widen_pipe(file)
        return FileStream(self.name, file, owned=True)


def _name_of(file: BinaryIO) -> str:
    """Return what to call an open file."""
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else "<stream>"


def _opening_error(name: str, error: OSError) -> SourceError:
    """Return what to tell a person who gave a file that cannot be opened."""
    match error:
        case FileNotFoundError():
            return SourceError(f"{name}: no such file", hint="is the path right, seen from the current directory?")
        case IsADirectoryError():
            return SourceError(f"{name} is a directory", hint="give the captures in it")
        case PermissionError():
            return SourceError(f"{name}: no permission to read it", hint="whoever made the capture can allow it: chmod")
    return SourceError(f"{name} cannot be opened: {error.strerror or error}")
