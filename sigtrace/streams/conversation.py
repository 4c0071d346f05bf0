"""A whole connection that does what most do, as found among the rows of a batch by `conversations.py`."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sigtrace.packets.packet import SYN, Segment
from sigtrace.streams.flow import Chunk, Delivery, End, Ending, Words
from sigtrace.streams.outlet import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray

    from sigtrace.packets.rows import Rows


class Conversed(NamedTuple):
    """The rows of all conversations of a batch, those of each together and in order."""

    rows: Rows  # of the batch
    chosen: NDArray[np.int64]
    said: NDArray[np.int64]  # those with data
    spans: list[tuple[int, int]]  # where that is in the buffer


class Conversation(NamedTuple):
    """A whole connection: handshake, words of who opened it, words of who answers if any, FIN both ways.

    What there is of both sides comes in pairs, who opened it first. Of words that there are none of, the marks mean
    nothing.
    """

    of: Conversed
    first: int  # of `chosen`
    last: int  # behind those
    asked: int  # the first row with data, of `said`
    answered: int  # the first of who answers
    said: int  # behind those
    place: int  # in the batch: of the SYN
    answer_place: int  # of the last word of who answers
    last_place: int
    source: bytes
    destination: bytes
    number: int  # of the SYN
    acknowledgment: int  # of the SYN
    syn_ns: int
    syn_ack_ns: int
    last_ns: int
    sequences: tuple[int, int]  # of SYN and SYN-ACK
    interfaces: tuple[int, int]
    packets: tuple[int, int]
    fins: tuple[Mark, Mark]
    fin_places: tuple[int, int]  # in the batch
    begins: tuple[Mark, Mark]  # of the first words
    ends: tuple[Mark, Mark]  # of the last ones

    @property
    def rows(self) -> NDArray[np.int64]:
        """Its rows in the batch."""
        return self.of.chosen[self.first : self.last]

    @property
    def parts(self) -> tuple[NDArray[np.int64], ...]:
        """The same, as of one part."""
        return (self.rows,)

    @property
    def ways(self) -> tuple[bytes, bytes]:
        """Packed source and destination of what each side sends."""
        return self.source + self.destination, self.destination + self.source

    @property
    def syn(self) -> Segment:
        """The SYN as an object, but for what only copies are told by."""
        ends = (self.interfaces[0], self.source, self.destination)
        return _segment((self.number, self.syn_ns, *ends, self.sequences[0], self.acknowledgment, SYN, 0, b"", 0, -1))

    @property
    def closed_first(self) -> int:
        """The side whose FIN came first."""
        return int(self.fins[1].packet < self.fins[0].packet)

    def words(self, side: int) -> Words:
        """Return what one side says."""
        spans = self.of.spans[self._said(side)]
        buffer, begin, end = self.of.rows.buffer.data, self.begins[side], self.ends[side]
        data = b"".join([buffer[start:stop] for start, stop in spans])
        first_length = spans[0][1] - spans[0][0] if spans else 0
        return _words((data, first_length, len(spans), begin.at_ns, end.at_ns, begin.packet, end.packet))

    @property
    def said_rows(self) -> NDArray[np.int64]:
        """The rows with data, in the batch."""
        return self.of.said[self.asked : self.said]

    def pieces(self, side: int) -> tuple[list[int], list[int]]:
        """Return the rows with what one side says, in the batch, and how long each is."""
        chosen = self.of.said[self._said(side)]
        return chosen.tolist(), self.of.rows.length[chosen].tolist()

    def items(self, words: tuple[Words, Words]) -> list[tuple[int, Delivery]]:
        """Return what is delivered of the connection, by the rows of the batch; as of flow 0."""
        rows, found = self.of.rows, []
        for side, said in enumerate(words):
            begin = 0
            for place, size in zip(*self.pieces(side), strict=True):
                chunk = Chunk(said.data[begin : begin + size], rows.at_ns.item(place), rows.number.item(place))
                found.append((place, Delivery(0, not side, chunk)))
                begin += size
            found.append((self.fin_places[side], Delivery(0, not side, End(Ending.FIN, *self.fins[side]))))
        return sorted(found, key=itemgetter(0))

    def _said(self, side: int) -> slice:
        return slice(self.answered, self.said) if side else slice(self.asked, self.answered)


# What `_make` does, without its Python frame: there are thousands in a batch.
make_conversation: Callable[[Iterable[Any]], Conversation] = partial(tuple.__new__, Conversation)
make_mark: Callable[[Iterable[Any]], Mark] = partial(tuple.__new__, Mark)
_segment: Callable[[Iterable[Any]], Segment] = partial(tuple.__new__, Segment)
_words: Callable[[Iterable[Any]], Words] = partial(tuple.__new__, Words)
