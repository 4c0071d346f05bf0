"""Values that were found lately: what is asked for again soon is found once."""

from __future__ import annotations

from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Found = TypeVar("_Found")


class Remembered(Generic[_Key, _Found]):
    """Remembers values in two generations: when the newer one is full, it becomes the older, and that one is forgotten.

    Args: bound: how large the values of one generation are together, in whatever `keep` is told sizes in.
    """

    __slots__ = ("_bound", "_older", "_recent", "_size")

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._size = 0
        self._recent: dict[_Key, _Found] = {}
        self._older: dict[_Key, _Found] = {}

    def get(self, key: _Key) -> _Found | None:
        """Return what was kept for a key; None when that was too long ago."""
        found = self._recent.get(key)
        return self._older.get(key) if found is None else found

    def keep(self, key: _Key, found: _Found, size: int) -> None:
        """Remember a value; one that is larger than a generation is left alone."""
        if size > self._bound:
            return
        if self._size + size > self._bound:
            self._older, self._recent, self._size = self._recent, {}, 0
        self._recent[key] = found
        self._size += size
