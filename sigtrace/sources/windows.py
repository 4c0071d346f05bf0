"""Bytes of a stream → the windows that a capture reader looks at, without moving what it is done with.

Theory of operation
-------------------
Bytes are read into buffers that are used again and again. A reader consumes nearly all of a window and leaves the
beginning of a record, which must come first in the next one. So a buffer has room in front: what was left over is kept
aside, and put there once the bytes behind it are in the buffer.

```text
  one buffer     | room        | bytes that were read ...................... [rest] |
  the next       | ..... [rest]| bytes that were read ............................. |
                         `------ window ---------------------------------- - - -
```

More than the room holds is rare; the parts are then put together in memory of their own. A byte stands in memory where
it stands in the stream, up to multiples of `ALIGNMENT`, because readers look at whole words.

What a reader could not consume is looked at again only when twice as much is there, so that a long record in small
pieces, or many that each wait for what is far behind, cost no more than a few looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.capture.reader import CaptureReader, Window
    from sigtrace.sources.bytestream import ByteStream

ROOM_LENGTH = 2**17  # bytes in front of what was read: longer than packets of nearly all networks
ALIGNMENT = 16  # bytes: what NumPy gives a new array, and more than the words that readers look at have


class Buffer:
    """Memory for the bytes of one window, which are `memory[start:end]`, with room in front of them.

    `taken` is how much of the input, as it is on disk, was read to get them, and all before them.
    """

    __slots__ = ("end", "memory", "start", "taken")

    def __init__(self, length: int) -> None:
        self.memory = np.empty(ROOM_LENGTH + ALIGNMENT + length, np.uint8)
        self.start = self.end = ROOM_LENGTH
        self.taken = 0


class Filler:
    """Fills buffers with what a stream gives.

    Args:
        stream: where the bytes come from.
        length: how many bytes a buffer gets at most.
    """

    def __init__(self, stream: ByteStream, length: int) -> None:
        self.length = length
        self._stream = stream
        self._given = 0  # bytes
        self._error: SourceError | None = None

    def new_buffer(self) -> Buffer:
        """Return a buffer to fill."""
        return Buffer(self.length)

    def fill(self, buffer: Buffer) -> bool:
        """Put into it what can be had without waiting, but at least a byte; False at the end.

        Raises:
            SourceError: reading failed, and all that came before was given.
        """
        if self._error:
            raise self._error
        buffer.start = buffer.end = ROOM_LENGTH + self._given % ALIGNMENT
        target = memoryview(buffer.memory)[buffer.start : buffer.start + self.length]  # type: ignore[arg-type]
        filled = 0
        try:
            while filled < self.length and (count := self._stream.read_into(target[filled:])):
                filled += count
                if not self._stream.is_ready():
                    break
        except SourceError as error:
            if not filled:
                raise
            self._error = error
        buffer.end = buffer.start + filled
        buffer.taken = self._stream.taken
        self._given += filled
        return filled > 0

    def fill_again_and_again(self, buffer: Buffer) -> Generator[Buffer]:
        """Yield one buffer whenever it was filled."""
        while self.fill(buffer):
            yield buffer


def read_windows(
    reader: CaptureReader, buffers: Iterable[Buffer], length: int, on_taken: Callable[[int], None]
) -> Iterator[CaptureItem]:
    """Yield what a reader makes of the bytes in `buffers`; it is not closed.

    Args:
        reader: of the capture.
        buffers: its bytes; each is needed only until the next one is asked for.
        length: of a window, in bytes: what of it a reader may leave over before it has to wait for more.
        on_taken: told `Buffer.taken` before what came of a buffer is yielded.
    """
    rest = _Rest(length // 2)
    for buffer in buffers:
        on_taken(buffer.taken)
        if (window := rest.join(buffer)) is not None:
            items, consumed = reader.read(window, final=False)
            yield from items
            rest.keep(window, consumed)
    yield from reader.read(rest.all(), final=True).items


class _Rest:
    """What a reader left over, and what came behind it while that was not worth another look."""

    def __init__(self, crowd: int) -> None:
        self._crowd = crowd  # bytes: more than this, with less consumed, is not looked at for every few bytes that come
        self._bytes = bytearray()
        self._wanted = 1  # bytes before the reader is asked again

    def join(self, buffer: Buffer) -> Window | None:
        """Return what was left over and what the buffer has, as one; None when it is not worth a look."""
        length = len(self._bytes)
        wait = length + buffer.end - buffer.start < self._wanted
        if wait or length > ROOM_LENGTH:
            self._bytes += memoryview(buffer.memory)[buffer.start : buffer.end]  # type: ignore[arg-type]
            return None if wait else self.all()
        start = buffer.start - length
        if length:
            buffer.memory[start : buffer.start] = self.all()
        return buffer.memory[start : buffer.end]

    def keep(self, window: Window, consumed: int) -> None:
        """Copy what the reader did not consume."""
        self._bytes = bytearray(memoryview(window)[consumed:])  # type: ignore[arg-type]
        left = len(self._bytes)
        crowded = consumed < left and left > self._crowd
        self._wanted = 2 * left if crowded or not consumed else 1

    def all(self) -> Window:
        """Return all that is kept."""
        return np.frombuffer(self._bytes, np.uint8)
