"""What came before its turn: pieces of one stream that wait behind a hole, sorted and free of overlap."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class Piece(NamedTuple):
    """Bytes of a stream that one packet brought first. Longer than `data` when a snap length cut the packet."""

    start: int  # position
    end: int  # position after the last byte on the wire
    data: bytes
    at_ns: int
    packet: int
    needs: int = 0  # position of the other direction whose bytes come out before these, as these acknowledge them

    def part(self, start: int, end: int) -> Piece:
        """Return what lies between two positions."""
        data = self.data[start - self.start : end - self.start]
        return Piece(start, end, data, self.at_ns, self.packet, self.needs)


def contradict(start: int, data: bytes, other_start: int, other: bytes) -> bool:
    """Tell whether two runs of bytes, given where they start, differ where they overlap."""
    low = max(start, other_start)
    high = min(start + len(data), other_start + len(other))
    return low < high and data[low - start : high - start] != other[low - other_start : high - other_start]


class Waiting:
    """Pieces in order of position. Of two copies of a byte the first stays: RFC 9293 lets a receiver choose."""

    __slots__ = ("pieces", "size")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.size = 0  # bytes held

    def insert(self, new: Piece) -> tuple[bool, bool]:
        """Add what a piece brings that is not here yet; return whether it brought any, and whether it contradicts."""
        low = bisect_right(self.pieces, (new.start,))
        if low and self.pieces[low - 1].end > new.start:
            low -= 1
        high = low
        merged: list[Piece] = []
        start, differs = new.start, False
        while high < len(self.pieces) and self.pieces[high].start < new.end:
            old = self.pieces[high]
            if start < old.start:
                merged.append(new.part(start, old.start))
            differs = differs or contradict(new.start, new.data, old.start, old.data)
            merged.append(old)
            start = old.end
            high += 1
        if start < new.end:
            merged.append(new.part(start, new.end))
        brought = len(merged) > high - low
        if brought:
            self.size += sum(len(piece.data) for piece in merged)
            self.size -= sum(len(piece.data) for piece in self.pieces[low:high])
            self.pieces[low:high] = merged
        return brought, differs

    def take_run(self, position: int, allowed: int) -> list[Piece]:
        """Remove and return the pieces that follow each other from `position` on and need no more than is allowed."""
        count = 0
        for piece in self.pieces:
            if piece.start != position or piece.needs > allowed:
                break
            position = piece.end
            self.size -= len(piece.data)
            count += 1
        run = self.pieces[:count]
        del self.pieces[:count]
        return run
