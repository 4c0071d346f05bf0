"""A stream of bytes that gives them in the pieces one wants, and fails where one wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.errors import SourceError


class Trickle:
    """A `ByteStream`.

    Args:
        data: what it holds.
        pieces: at most so many bytes at a time, in turn.
        ready: whether the next can be had without waiting, in turn.
        error: raised again and again behind the data, instead of its end.
    """

    def __init__(
        self, data: bytes, pieces: Sequence[int], ready: Sequence[bool] = (True,), error: SourceError | None = None
    ) -> None:
        self.taken = 0
        self.reads = 0
        self._data = data
        self._pieces = pieces
        self._ready = ready
        self._error = error

    def read_into(self, target: memoryview) -> int:
        """Give the next piece, as far as it fits."""
        piece = self._data[self.taken :][: self._pieces[self.reads % len(self._pieces)]][: len(target)]
        self.reads += 1
        if not piece and self._error:
            raise self._error
        target[: len(piece)] = piece
        self.taken += len(piece)
        return len(piece)

    def is_ready(self) -> bool:
        """Tell what was planned."""
        return self._ready[self.reads % len(self._ready)]
