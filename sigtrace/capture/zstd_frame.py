"""Where the blocks of a zstd frame end (RFC 8878 §3.1.1), so that it can be decompressed one block at a time.

The library gives all that its input expands to, and nothing of it when some of it is damaged. A block expands to 128
KiB at most; so whole blocks, one by one, bound both the memory and what damage costs.

```text
  frame:  magic (4), header (2 to 14), blocks, checksum (0 or 4)      skippable frame:  magic (4), length (4), content
  block:  last (1 bit), type (2 bits), size (21 bits), content: one byte when the type is "repeated", else size bytes
```
"""

from __future__ import annotations

MAGIC = 0xFD2FB528
SKIPPABLE_MAGIC, SKIPPABLE_MASK = 0x184D2A50, 0xFFFFFFF0
REPEATED, RESERVED = 1, 3  # block types
DICTIONARY_LENGTHS = (0, 1, 2, 4)
CONTENT_SIZE_LENGTHS = (0, 2, 4, 8)
CHECKSUM_LENGTH = 4


class FrameWalk:
    """Walks through one frame, from one end of a block to the next."""

    def __init__(self) -> None:
        self._left = 0  # bytes up to the next end
        self._in_blocks = False
        self._had_last = False  # the last block, or all that a skippable frame has, ends at the next end
        self._has_checksum = False  # behind the last block; False once that is what is walked through

    @property
    def ended(self) -> bool:
        """The frame is whole."""
        return self._had_last and not self._has_checksum and not self._left

    def step(self, data: bytes | memoryview) -> int:
        """Return how many of the first bytes belong together; 0 when `data` ends before that can be told."""
        if not self._left:
            self._left = self._next_length(data)
        length = min(self._left, len(data))
        self._left -= length
        return length

    def _next_length(self, data: bytes | memoryview) -> int:
        """Return how far it is to the next end; 0 when that cannot be told yet."""
        if not self._in_blocks:
            return self._header_length(data)
        if not self._had_last:
            return self._block_length(data)
        self._has_checksum = False
        return CHECKSUM_LENGTH

    def _header_length(self, data: bytes | memoryview) -> int:
        """Return the length of the frame's header, or of a whole skippable frame."""
        if len(data) < 8:
            return 0
        magic = int.from_bytes(data[:4], "little")
        if magic & SKIPPABLE_MASK == SKIPPABLE_MAGIC:
            self._had_last = True
            return 8 + int.from_bytes(data[4:8], "little")
        if magic != MAGIC:
            return len(data)  # the library will say what is wrong with it
        descriptor = data[4]
        is_single_segment = bool(descriptor & 0x20)
        self._in_blocks, self._has_checksum = True, bool(descriptor & 0x04)
        content_size = CONTENT_SIZE_LENGTHS[descriptor >> 6] or int(is_single_segment)
        return 5 + (not is_single_segment) + DICTIONARY_LENGTHS[descriptor & 0x03] + content_size

    def _block_length(self, data: bytes | memoryview) -> int:
        """Return the length of a block."""
        if len(data) < 3:
            return 0
        header = int.from_bytes(data[:3], "little")
        self._had_last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
        return 3 + {REPEATED: 1, RESERVED: 0}.get(kind, size)


class FramesWalk:
    """Walks through frames in a row, to tell whether they are whole."""

    def __init__(self) -> None:
        self._frame: FrameWalk | None = None  # that is not whole yet
        self._data: bytes | memoryview = b""  # too short to tell what they begin

    @property
    def whole(self) -> bool:
        """All bytes so far are whole frames, if the library finds nothing wrong with them."""
        return self._frame is None and not self._data

    def add(self, data: memoryview) -> None:
        """Walk on through the next bytes."""
        self._data = bytes(self._data) + data if self._data else data
        while self._data:
            frame = self._frame or FrameWalk()
            length = frame.step(self._data)
            self._data = self._data[length:]
            self._frame = None if frame.ended else frame
            if not length:
                self._data = bytes(self._data)
                return
