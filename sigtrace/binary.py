"""A bounded reader of binary fields that knows its offset: leaf decoders of every layer read through it."""

from __future__ import annotations

from sigtrace.errors import DecodeError


class FieldReader:
    """Reads fixed-size fields in order and refuses to read past the end.

    Args:
        data: the bytes of one header or block.
        big_endian: network order (the default) or the order of a little-endian capture.
    """

    __slots__ = ("_data", "_order", "offset")

    def __init__(self, data: bytes | memoryview, *, big_endian: bool = True) -> None:
        self._data = data
        self._order: str = "big" if big_endian else "little"
        self.offset = 0

    @property
    def remaining(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self.offset

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes. Raises DecodeError when fewer are left."""
        end = self.offset + length
        if length < 0 or end > len(self._data):
            raise DecodeError(f"{length} bytes wanted, {self.remaining} left", offset=self.offset)
        field = bytes(self._data[self.offset : end])
        self.offset = end
        return field

    def unsigned(self, size: int) -> int:
        """Return the next `size` bytes as an unsigned integer. Raises DecodeError when fewer are left."""
        return int.from_bytes(self.take(size), "big" if self._order == "big" else "little")

    def skip(self, length: int) -> None:
        """Pass over `length` bytes. Raises DecodeError when fewer are left."""
        self.take(length)

    def rest(self) -> bytes:
        """Return everything not yet read."""
        return self.take(self.remaining)
