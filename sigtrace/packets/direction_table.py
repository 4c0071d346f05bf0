"""Directions of TCP flows in a table, of which a whole column is looked up at once.

Theory of operation
-------------------
Each direction has its slot, by a hash of its words. A slot is EMPTY, or it HOLDS one direction, whose bytes are in it,
or it is UNSURE: more than one belongs there, or one that did was taken out. So what belongs to an empty slot is not in
the table, what belongs to one that holds a direction is told by comparing with that, and of what belongs to an unsure
one only the set itself knows which the table was made of. There are several times as many slots as directions, which
makes the unsure ones few; were it all of them, looking up would cost what asking the set of each row does.

What is added or taken out waits in lists until the table is asked: then it is entered by vector operations too. In
which order does not matter, as taking out only makes a slot unsure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sigtrace.packets.windows import Headers

_LEAST_BITS: Final = 12  # 4096 slots: 48 KiB for IPv4
_SPARSE: Final = 4  # slots a direction at least: then four of five are alone in theirs
_WORD: Final = np.dtype("<u4")  # directions are some of these long
_MIX: Final = np.uint32(0x9E3779B1)  # 2^32 divided by the golden ratio, as in Fibonacci hashing
_EMPTY, _HOLDS, _UNSURE = range(3)


class LookedUp(NamedTuple):
    """What the table knows of a column of directions."""

    found: NDArray[np.bool_]  # of each row, whether its direction is in the table
    unsure: NDArray[np.int64]  # rows of which the table does not know it


class DirectionTable:
    """The table.

    Args:
        directions: those that are in it at first, all of one length.
        length: of a direction, in bytes.
    """

    __slots__ = ("_added", "_content", "_room", "_shift", "_state", "_taken_out", "_type")

    def __init__(self, directions: Sequence[bytes], length: int) -> None:
        bits = max(_LEAST_BITS, (2 * _SPARSE * len(directions)).bit_length())
        self._shift = np.uint32(32 - bits)
        self._type = np.dtype(f"V{length}")
        self._content = np.zeros(1 << bits, self._type)
        self._state = np.full(1 << bits, _EMPTY, np.uint8)
        self._room = (1 << bits) // _SPARSE
        self._added = [*directions]
        self._taken_out: list[bytes] = []

    @property
    def is_full(self) -> bool:
        """Whether a larger one is due."""
        return self._room < len(self._added)

    def add(self, direction: bytes) -> None:
        """Enter a direction."""
        self._added.append(direction)

    def take_out(self, direction: bytes) -> None:
        """Know a direction no longer."""
        self._taken_out.append(direction)

    def look_up(self, directions: Headers) -> LookedUp:
        """Tell of each direction whether it is in the table."""
        self._enter()
        slot = self._slots(directions)
        state = self._state[slot]
        found = (state == _HOLDS) & self._same(directions, slot)
        return LookedUp(found, np.flatnonzero(state == _UNSURE))

    def _enter(self) -> None:
        """Enter what was added and what was taken out."""
        if self._added:
            added, slot = self._column(self._added)
            free = self._state[slot] == _EMPTY
            self._content[slot[free]] = added[free]
            self._state[slot[free]] = _HOLDS
            self._state[slot[~self._same(added, slot)]] = _UNSURE
            self._room -= len(added)
            self._added.clear()
        if self._taken_out:
            _, slot = self._column(self._taken_out)
            self._state[slot] = _UNSURE
            self._taken_out.clear()

    def _column(self, directions: Sequence[bytes]) -> tuple[Headers, NDArray[np.uint32]]:
        column: Headers = np.frombuffer(b"".join(directions), self._type)
        return column, self._slots(column)

    def _slots(self, directions: Headers) -> NDArray[np.uint32]:
        mixed = np.zeros(len(directions), np.uint32)
        for word in _words(directions):
            mixed = (mixed ^ word) * _MIX
        return mixed >> self._shift

    def _same(self, directions: Headers, slot: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Tell of each direction whether it is what its slot holds."""
        same = np.ones(len(slot), np.bool_)
        for one, other in zip(_words(directions), _words(self._content[slot]), strict=True):
            same &= one == other
        return same


def _words(directions: Headers) -> NDArray[np.uint32]:
    """Return the words of directions, one column a row: faster to compare than bytes."""
    words: NDArray[np.uint32] = directions.view(_WORD).reshape(len(directions), directions.itemsize // _WORD.itemsize)
    return words.T
