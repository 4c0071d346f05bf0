"""Where a capture's bytes come from: a file, a pipe, or another stream that has to be decompressed."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

from sigtrace.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigtrace.capture.compression import Expansion
    from sigtrace.capture.detect import Compression
    from sigtrace.notices import Notice

Path: TypeAlias = str | os.PathLike[str] | BinaryIO

STANDARD_INPUT = "-"
PIECE_LENGTH = 2**17  # compressed bytes read at a time


class ByteStream(Protocol):
    """Bytes in order."""

    def read_into(self, target: memoryview) -> int:
        """Fill some of `target`, and return how much; 0 only at the end. Raises SourceError: reading failed."""
        ...


class FileStream:
    """The bytes of an opened file.

    Args:
        name: how to name it in errors.
        file: what to read; it is closed only when it is `owned`.
        on_read: told how many bytes each reading gave.
    """

    def __init__(self, name: str, file: BinaryIO, *, owned: bool, on_read: Callable[[int], None]) -> None:
        self._name = name
        self._file = file
        self._owned = owned
        self._on_read = on_read
        # A buffered pipe gives what has come, instead of waiting for all that was asked for.
        self._read_some: Callable[[memoryview], int | None] | None = getattr(file, "readinto1", None)
        self._read_some = self._read_some or getattr(file, "readinto", None)

    def read_into(self, target: memoryview) -> int:
        """Fill some of `target`, and return how much; 0 only at the end. Raises SourceError: reading failed."""
        try:
            count = self._read_some(target) if self._read_some else _copy(self._file.read(len(target)), target)
        except OSError as error:
            raise SourceError(f"{self._name} could not be read to its end: {error.strerror or error}") from error
        if count:
            self._on_read(count)
        return count or 0

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


class DecompressedStream:
    """What a compressed stream holds; ends where that is damaged, and `notices` then says so."""

    def __init__(self, compressed: ByteStream, compression: Compression) -> None:
        from sigtrace.capture.compression import Decompressor  # most captures are not compressed

        expansion = compressed.expansion if isinstance(compressed, DecompressedStream | PrefixedStream) else None
        self._decompressor = Decompressor(compression, expansion)
        self._pieces = self._decompress(compressed)
        self._piece = b""
        self.notices: list[Notice] = []

    @property
    def expansion(self) -> Expansion:
        """What was taken of the outermost compression."""
        return self._decompressor.expansion

    @property
    def damaged(self) -> bool:
        """Bytes are missing at the end."""
        return self._decompressor.damaged

    def read_into(self, target: memoryview) -> int:
        """Fill `target` as far as the bytes go, and return how far; 0 only at the end."""
        filled = 0
        while filled < len(target):
            if not self._piece:
                self._piece = next(self._pieces, b"")
                if not self._piece:
                    break
            count = _copy(self._piece, target[filled:])
            self._piece = self._piece[count:]
            filled += count
        return filled

    def _decompress(self, compressed: ByteStream) -> Iterator[bytes]:
        piece = bytearray(PIECE_LENGTH)
        while not self._decompressor.stopped and (count := compressed.read_into(memoryview(piece))):
            yield from self._decompressor.feed(bytes(piece[:count]))
        if notice := self._decompressor.close():
            self.notices.append(notice)


def _copy(data: bytes, target: memoryview) -> int:
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

    def open(self, on_read: Callable[[int], None] = lambda _: None) -> FileStream:
        """Open it. Raises SourceError: it cannot be opened."""
        if not isinstance(self._path, str | os.PathLike):
            return FileStream(self.name, self._path, owned=False, on_read=on_read)
        if self.name == STANDARD_INPUT:
            if sys.stdin.isatty():
                raise SourceError(
                    "standard input is a terminal", hint="pipe a capture into it: tcpdump -w - | sigtrace analyze -"
                )
            return FileStream("standard input", sys.stdin.buffer, owned=False, on_read=on_read)
        try:
            file = open(self.name, "rb", buffering=0)  # noqa: SIM115, PTH123  closed by the stream's user
        except OSError as error:
            raise _opening_error(self.name, error) from error
        return FileStream(self.name, file, owned=True, on_read=on_read)


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
