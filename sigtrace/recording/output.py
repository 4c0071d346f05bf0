"""One open file that only ever holds whole blocks.

It is written without a buffer, a call of `write` for all that came at once: what is in the file does not depend on how
the run ends. Nothing is forced to the disk (`fsync`): a crash of the system may cost the last seconds, a crash or kill
of sigtrace does not.

A new file is readable by its owner alone (0600), as dumpcap's are and tcpdump's are not: packets hold what people said
and what logs them in. A file that is there already is overwritten, as both do, and keeps its permissions.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sigtrace.errors import OutputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bytes: TypeAlias = bytes | bytearray | memoryview

STANDARD_OUTPUT = "-"
OWNER_ONLY = 0o600
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)  # Windows changes line ends without it


class Output:
    """A file, pipe or device that is being written.

    Args:
        descriptor: of the opened file.
        owned: whether to close it.
    """

    _put = staticmethod(os.write)

    def __init__(self, descriptor: int, *, owned: bool) -> None:
        self.size = 0  # bytes of whole blocks written to it
        self.packets = 0
        self._descriptor = descriptor
        self._owned = owned
        status = os.fstat(descriptor)
        self._is_file = stat.S_ISREG(status.st_mode)
        self._has_name = status.st_nlink > 0  # some file systems do not count names
        self._base = os.lseek(descriptor, 0, os.SEEK_CUR) if self._is_file else 0

    def write(self, data: Bytes, packet_ends: NDArray[np.int64] | None = None) -> None:
        """Write blocks, all at once.

        Args:
            data: whole blocks.
            packet_ends: where each of them ends, if they are packets; None: they belong together, and are none.
        Raises: OSError: not all could be written. The file ends with the last block that could, and `size` and
            `packets` count up to there; what a pipe has taken of a block cannot be had back.
        """
        try:
            self._write_all(memoryview(data))
        except BaseException:  # also what a signal raises
            self._cut(len(data), packet_ends)
            raise
        self._count(len(data), len(data), packet_ends)
        self._check_it_exists()

    def _write_all(self, data: memoryview) -> None:
        while data:
            try:
                data = data[self._put(self._descriptor, data) :]
            except BlockingIOError:  # somebody else made this end of the pipe a non-blocking one
                select.select([], [self._descriptor], [])

    def _cut(self, length: int, packet_ends: NDArray[np.int64] | None) -> None:
        """Take back what was written of a block without its end."""
        if not self._is_file:
            return
        try:
            written = os.lseek(self._descriptor, 0, os.SEEK_CUR) - self._base - self.size
            self._count(written, length, packet_ends)
            os.ftruncate(self._descriptor, self._base + self.size)
            os.lseek(self._descriptor, self._base + self.size, os.SEEK_SET)
        except OSError:  # the device is gone: readers will take what is whole
            return

    def _count(self, written: int, length: int, packet_ends: NDArray[np.int64] | None) -> None:
        """Count what is whole of so many bytes that were written, and of the length that was to be."""
        if packet_ends is None:
            self.size += length if written == length else 0
            return
        if written == length:  # nearly always
            self.size, self.packets = self.size + length, self.packets + len(packet_ends)
            return
        packets = int(np.searchsorted(packet_ends, written, side="right"))
        self.size += int(packet_ends[packets - 1]) if packets else 0
        self.packets += packets

    def _check_it_exists(self) -> None:
        """Raise OSError if the file was deleted meanwhile: writing to it would go on to succeed, and keep nothing."""
        if self._is_file and self._has_name and os.fstat(self._descriptor).st_nlink == 0:
            self.size = self.packets = 0
            raise FileNotFoundError(errno.ENOENT, "it was deleted")

    def close(self) -> None:
        """Close the file. Raises OSError: what was written may not be kept, as network file systems tell only now."""
        if self._owned:
            self._owned = False
            os.close(self._descriptor)


def open_output(path: str) -> Output:
    """Open a file to be written, and overwritten; `-` is standard output. Raises OSError."""
    if path == STANDARD_OUTPUT:
        return Output(sys.stdout.fileno(), owned=False)
    return Output(os.open(path, _FLAGS, OWNER_ONLY), owned=True)


def open_first(path: str) -> Output:
    """Open the first file of a recording. Raises OutputError: that cannot be; the hint says what to do."""
    if path == STANDARD_OUTPUT and sys.stdout.isatty():
        raise OutputError("packets are not written to a terminal", hint="give -w FILE, or send them on: -w - | COMMAND")
    try:
        return open_output(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {explain(error)}", hint=_hint(path, error)) from error


def explain(error: OSError) -> str:
    """Say in a few words why something could not be written."""
    known = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EROFS: "the file system is read-only",
        errno.EPIPE: "whoever read it has gone",
        errno.EFBIG: "the file is as large as a file may be",
    }
    return known.get(error.errno or 0) or (error.strerror or str(error)).lower()


def _hint(path: str, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"is the directory there? mkdir -p {os.path.dirname(path) or '.'}"  # noqa: PTH120 - as it was typed
        case errno.EISDIR:
            return "give the name of a file in it"
        case errno.EACCES | errno.EPERM:
            return "choose a directory of your own, or change its permissions"
    return "choose another place for it"
