"""A fuzzer's bytes → numbers and pieces, read from the front, so that what a mutation changes stays in one place."""

from __future__ import annotations


class Draw:
    """Reads bytes as choices; where none are left, numbers are 0 and pieces empty."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def more(self) -> bool:
        """Whether there are bytes left."""
        return self._at < len(self._data)

    def byte(self) -> int:
        """Take one byte."""
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def word(self) -> int:
        """Take two bytes as a number."""
        return self.byte() << 8 | self.byte()

    def long(self) -> int:
        """Take four bytes as a number."""
        return self.word() << 16 | self.word()

    def take(self, length: int) -> bytes:
        """Take so many bytes, or what is left of them."""
        start = self._at
        self._at += length
        return self._data[start : self._at]

    def piece(self) -> bytes:
        """Take a piece with its length, two bytes, before it; `encode_piece` writes one."""
        return self.take(self.word())

    def rest(self) -> bytes:
        """Take all that is left."""
        return self.take(len(self._data))


def encode_piece(data: bytes) -> bytes:
    """Write a piece as `Draw.piece` reads it."""
    return len(data[:0xFFFF]).to_bytes(2, "big") + data[:0xFFFF]
