"""Connections of which no more was seen than a SYN, or a SYN and its answer: kept as these segments alone.

A port scan or a flood opens connections by the million and says nothing on them. Nothing is delivered of one and no
patience runs for it, so its segments can wait here, at a third of the memory and a fifth of the work of a `Connection`,
until something else comes; they are then received as if they came now, and no result shows that they had waited.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.packets.packet import ACK, FIN, RST, SYN
from sigtrace.streams.sequence import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.packets.packet import Segment

# Handshakes that nothing followed yet, some 0.6 KiB each: what a server's backlog holds (Linux: 4096) several times.
MAX_HALF_OPEN: Final = 32_768

_KIND: Final = ACK | SYN | FIN | RST


class Handshake(NamedTuple):
    """What was seen of one: the first segment, and the answer to it."""

    number: int  # of the flow
    first: Segment  # a SYN or SYN-ACK
    answer: Segment | None = None


class HalfOpen:
    """All of them, those that began first in front."""

    __slots__ = ("_handshakes",)

    def __init__(self) -> None:
        self._handshakes: dict[bytes, Handshake] = {}  # by packed source and destination of the first segment

    def __len__(self) -> int:
        return len(self._handshakes)

    def __iter__(self) -> Iterator[Handshake]:
        return iter(self._handshakes.values())

    def add(self, endpoints: bytes, number: int, segment: Segment) -> None:
        """Keep the first segment of a connection, one that `opens` lets pass."""
        self._handshakes[endpoints] = Handshake(number, segment)

    def answered(self, segment: Segment) -> bool:
        """Keep a segment if it is the answer to a SYN that is here."""
        endpoints = segment.destination + segment.source
        known = self._handshakes.get(endpoints)
        if known is None or known.answer is not None or not _answers(segment, known.first):
            return False
        self._handshakes[endpoints] = known._replace(answer=segment)
        return True

    def knows(self, endpoints: bytes) -> bool:
        """Tell whether one is here that began with a segment between these endpoints."""
        return endpoints in self._handshakes

    def take(self, segment: Segment) -> Handshake | None:
        """Remove and return what is here of a segment's connection; None when it is not here."""
        there, back = segment.source + segment.destination, segment.destination + segment.source
        return self._handshakes.pop(there, None) or self._handshakes.pop(back, None)

    def forget_oldest(self, count: int) -> None:
        """Let those go that began first."""
        for endpoints in list(islice(self._handshakes, count)):
            del self._handshakes[endpoints]

    def take_all(self) -> list[Handshake]:
        """Remove and return all."""
        handshakes = list(self._handshakes.values())
        self._handshakes.clear()
        return handshakes


def opens(segment: Segment) -> bool:
    """Tell whether a connection's first segment can be kept here: part of a handshake, and nothing else."""
    return bool(segment.flags & SYN) and not segment.flags & (FIN | RST) and not segment.length


def _answers(segment: Segment, syn: Segment) -> bool:
    return (
        segment.flags & _KIND == SYN | ACK
        and not segment.length
        and syn.flags & _KIND == SYN
        and segment.acknowledgment == (syn.sequence + 1) & MASK
        and segment.source != segment.destination  # else both would be of the same stream
    )
