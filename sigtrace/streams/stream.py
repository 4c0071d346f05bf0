"""One direction of a connection: segments in any order → chunks in order, gaps, and one end.

Theory of operation. `next` is the position of the first byte not yet delivered. A segment at `next` is delivered at
once; what lies beyond waits (`waiting`), and what lies before was seen already. Between `next` and what waits is a
*hole*. Three things show a hole: data beyond it, a segment without data that stands beyond it, and an acknowledgment of
the other side that covers it. A hole closes when its bytes come, or it is given up and becomes a `Gap`: `patience.py`
says when. FIN takes a position of its own behind the last byte (RFC 9293 §3.4), so the end comes when `next` is there.

Where a stream starts. After a SYN: one behind it. A stream whose SYN was not captured starts where the other side's
acknowledgments stand, if one was seen first: bytes between there and the first data were sent and missed. If its own
data comes first, that data is held for a moment (`next` is UNKNOWN) and the stream starts at the lowest position seen
by then, so that packets reordered at the start of a capture lose nothing. Until something is delivered such a start is
*soft*: earlier data moves it back.

Far jumps. A segment further than PLAUSIBLE from `next` is a stray: damaged, or of another connection. It is believed
when the other side acknowledges positions near it; when a second segment continues it, it belongs to a new connection
on the same ports, and `Connection.belongs` says so.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.packets.packet import FIN, SYN
from sigtrace.streams.flow import Chunk, Counts, Delivery, End, Ending, Gap
from sigtrace.streams.report import report_bound, report_cut, report_gap, report_overlap, report_stray
from sigtrace.streams.sequence import MASK, PLAUSIBLE, UNKNOWN, difference, first_position
from sigtrace.streams.waiting import Piece, Waiting

if TYPE_CHECKING:
    from sigtrace.packets.packet import Segment
    from sigtrace.streams.connection import Connection
    from sigtrace.streams.flow import StreamItem
    from sigtrace.streams.shared import Out, Shared

# Pieces held of a stream whose start is not known yet; reordering rarely passes over more than three packets.
HELD_PIECES: Final = 4
# Bytes that may wait behind a hole: a receiver's window that is acknowledged already, and one that is not. The number
# of pieces keeps the cost of one insertion near that of handling its segment.
WAITING_ACKNOWLEDGED: Final = 1 << 20
WAITING_BYTES: Final = 16 << 20
WAITING_PIECES: Final = 16_384
WAITING_TOTAL: Final = 64 << 20  # over all flows: what a small machine can spare


class Mark(NamedTuple):
    """The packet that showed something."""

    at_ns: int
    packet: int


class Hole(NamedTuple):
    """Where bytes are missing, and the packet that showed it."""

    position: int
    at_ns: int
    packet: int


class Stream:
    """The state of one direction. `plain` says that nothing but in-order delivery is going on: the fast path."""

    __slots__ = (
        "acked",
        "acked_by",
        "base",
        "bytes",
        "connection",
        "copies",
        "digest",
        "ended",
        "endpoint",
        "far_ack",
        "fin",
        "fin_mark",
        "from_originator",
        "gap_bytes",
        "high",
        "hole",
        "interface",
        "next",
        "packets",
        "peer",
        "plain",
        "reached",
        "retransmitted",
        "shared",
        "stray",
        "syn",
        "waiting",
    )

    connection: Connection
    peer: Stream

    def __init__(self, endpoint: bytes, shared: Shared, *, from_originator: bool) -> None:
        self.endpoint = endpoint  # packed, the sender's
        self.shared = shared
        self.from_originator = from_originator
        self.packets = self.bytes = self.gap_bytes = self.retransmitted = self.copies = 0
        self.digest = hashlib.sha256() if shared.digest else None
        self.plain = self.ended = False
        self.syn = UNKNOWN  # sequence number of the SYN
        self.base = self.next = UNKNOWN  # positions of the first byte, and of the first not delivered
        self.high = self.acked = UNKNOWN  # highest positions shown by this side's segments and by acknowledgments
        self.fin = UNKNOWN
        self.far_ack = self.stray = UNKNOWN  # sequence numbers: acknowledged far away; where a stray would go on
        self.hole: Hole | None = None
        self.acked_by: Mark | None = None
        self.fin_mark: Mark | None = None
        self.waiting: Waiting | None = None
        self.interface = UNKNOWN
        self.reached: dict[int, int] | None = None  # interface → how far it brought this stream; when several do

    @property
    def soft(self) -> bool:
        """True while the start is a guess on which nothing depends yet."""
        return self.syn == UNKNOWN and self.next == self.base

    @property
    def pending(self) -> bool:
        """True while something is waited for."""
        return self.hole is not None or self.waiting is not None

    @property
    def untouched(self) -> bool:
        """True while no data and no end of this stream was seen."""
        return self.next == self.base and self.waiting is None and self.fin == UNKNOWN

    def restart(self) -> None:
        """Take back what an untouched stream believed of its numbers."""
        self.syn = self.base = self.next = self.acked = self.high = self.far_ack = UNKNOWN
        self.hole = None

    def counts(self) -> Counts:
        """Return what was counted so far."""
        return Counts(
            packets=self.packets,
            bytes=self.bytes,
            gap_bytes=self.gap_bytes,
            retransmitted=self.retransmitted,
            copies=self.copies,
            sha256=self.digest.hexdigest() if self.digest else None,
        )

    def refresh(self) -> None:
        """Work out again whether the fast path may be taken."""
        self.plain = (
            self.waiting is None
            and not self.ended
            and self.acked <= self.next
            and self.high <= self.next
            and self.fin == UNKNOWN
            and self.reached is None
            and UNKNOWN not in (self.next, self.peer.next)
            and not self.connection.forgotten
        )

    # What the other side tells

    def acknowledge(self, segment: Segment, out: Out) -> None:
        """Learn from an acknowledgment of the other side."""
        number = segment.acknowledgment
        if self.next == UNKNOWN:
            self._start_at_acknowledgment(number, out)
            return
        ahead = difference(number, self.next)
        if ahead <= 0 or self.ended:
            return
        if ahead > PLAUSIBLE:
            self.far_ack = number
            return
        if self.soft and self.untouched and ahead == 1 and self.high <= self.next:
            self.base = self.next = self.next + 1  # the stream was first met in a keep-alive probe
            return
        self._acknowledged_to(self.next + ahead, Mark(segment.at_ns, segment.number))

    def _start_at_acknowledgment(self, number: int, out: Out) -> None:
        if self.waiting is None:
            self.base = self.next = first_position(number)
        elif difference(number, self.waiting.pieces[0].start) == 0:
            self.settle(out)

    def _acknowledged_to(self, position: int, mark: Mark) -> None:
        if self.fin != UNKNOWN:
            position = min(position, self.fin)
        if position <= self.next:
            return
        if self.acked <= self.next:
            self.acked_by = mark
        self.acked = max(self.acked, position)
        self.hole = self.hole or Hole(self.next, mark.at_ns, mark.packet)

    # What this side sends

    def receive(self, segment: Segment, out: Out) -> None:
        """Take one segment of this direction that is neither a copy nor a reset."""
        if self.interface == UNKNOWN:
            self.interface = segment.interface
        if self.ended:
            self.retransmitted += bool(segment.length or segment.flags & FIN)
            return
        start = self._locate(segment, out)
        if start == UNKNOWN:
            return
        end = start + segment.length
        if segment.length:
            self._take(segment, start, end, out)
        elif self.next == UNKNOWN:
            if self.waiting is None:
                self.base = self.next = start
        elif start > self.next:
            self._shown_to(start, Mark(segment.at_ns, segment.number))
        if segment.flags & FIN:
            self._finish(end, Mark(segment.at_ns, segment.number))
        self.advance(out)

    def begin(self, sequence: int) -> None:
        """Start behind a SYN with this sequence number; what is held or acknowledged already keeps its positions."""
        self.syn = sequence
        near = self.next if self.waiting is None else self.waiting.pieces[0].start
        first = first_position(sequence + 1)
        self.base = self.next = first if near == UNKNOWN else near + difference(sequence + 1, near)

    def _locate(self, segment: Segment, out: Out) -> int:
        """Return the position of a segment's first byte; UNKNOWN for a stray."""
        sequence = (segment.sequence + 1) & MASK if segment.flags & SYN else segment.sequence
        near = self.next
        if near == UNKNOWN:
            if self.waiting is None:
                return first_position(sequence)
            near = self.waiting.pieces[0].start
        ahead = difference(sequence, near)
        if -PLAUSIBLE <= ahead <= PLAUSIBLE:
            return near + ahead
        return self._far(segment, sequence, near, out)

    def _far(self, segment: Segment, sequence: int, near: int, out: Out) -> int:
        """Decide about a segment far from what is expected: believed, or UNKNOWN for a stray."""
        if self.far_ack != UNKNOWN and abs(difference(sequence, self.far_ack)) <= PLAUSIBLE:
            start = near + ((sequence - near) & MASK)
            acked = start + difference(self.far_ack, start)
            self.far_ack = UNKNOWN
            self._acknowledged_to(acked, Mark(segment.at_ns, segment.number))
            return start
        if self.soft and self.untouched:
            self.restart()  # the guess came from a damaged packet
            return first_position(sequence)
        if segment.length:
            self.stray = (sequence + segment.length) & MASK
            report_stray(self, segment.number, out)
        return UNKNOWN

    def _take(self, segment: Segment, start: int, end: int, out: Out) -> None:
        new_here = self.reach(segment.interface, end)
        if self._is_probe(segment, start):
            return
        if self.fin != UNKNOWN and end > self.fin:
            end = self.fin  # nothing follows a FIN
            if start >= end:
                return
        piece = Piece(start, end, segment.payload[: end - start], segment.at_ns, segment.number)
        if self.soft and self.next != UNKNOWN and start < self.next:
            self.base = self.next = start
        if not self._place(piece, out):
            if new_here:
                self.copies += 1
            else:
                self.retransmitted += 1

    def _is_probe(self, segment: Segment, start: int) -> bool:
        """Tell a keep-alive probe: one byte, before the next one to send (RFC 9293 §3.8.4)."""
        return segment.length == 1 and not segment.flags & (SYN | FIN) and start + 1 == self.next >= self.high

    def _place(self, piece: Piece, out: Out) -> bool:
        """Deliver a piece or let it wait; return whether it brought anything new."""
        if piece.start < self.next:
            if self.shared.contradicts(self, piece.start, piece.data):
                report_overlap(self, piece.packet, out)
            if piece.end <= self.next:
                return False
            piece = piece.part(self.next, piece.end)
        if piece.start == self.next and self.waiting is None:
            self._deliver(piece, out)
            return True
        if piece.start > self.next != UNKNOWN:
            self._shown_to(piece.end, Mark(piece.at_ns, piece.packet))
        return self._wait(piece, out)

    def _wait(self, piece: Piece, out: Out) -> bool:
        if self.waiting is None:
            self.waiting = Waiting()
        before = self.waiting.size
        brought, differs = self.waiting.insert(piece)
        self.shared.waiting += self.waiting.size - before
        if differs:
            report_overlap(self, piece.packet, out)
        return brought

    def _shown_to(self, position: int, mark: Mark) -> None:
        self.high = max(self.high, position)
        self.hole = self.hole or Hole(self.next, mark.at_ns, mark.packet)

    def _finish(self, position: int, mark: Mark) -> None:
        if self.fin != UNKNOWN:
            self.retransmitted += 1
            return
        if position < self.next or (self.waiting is not None and position < self.waiting.pieces[-1].end):
            return  # damaged: there is data behind it
        self.fin, self.fin_mark = position, mark
        self.acked = min(self.acked, position)
        self.high = min(self.high, position)
        if position > self.next != UNKNOWN:
            self._shown_to(position, mark)

    def reach(self, interface: int, end: int) -> bool:
        """Note how far an interface brought this stream; tell whether it had not been there, though another had."""
        if self.reached is None:
            if self.interface == interface:
                return False
            self.reached = {self.interface: max(self.next, self.high)}
        before = self.reached.get(interface, UNKNOWN)
        self.reached[interface] = max(before, end)
        return end > before

    # What comes out

    def advance(self, out: Out) -> None:
        """Deliver what waits at `next`, keep the bounds, and end when the FIN is reached."""
        if self.next == UNKNOWN:
            if self.waiting is None or len(self.waiting.pieces) < HELD_PIECES:
                return
            self.settle(out)
        elif self.waiting is not None:
            self._deliver_run(out)
            self._keep_bounds(out)
        if self.next == self.fin and not self.ended and self.fin_mark:
            self._end(Ending.FIN, self.fin_mark, out)
            self.next += 1
        self._next_hole()

    def settle(self, out: Out) -> None:
        """Decide that a stream whose start is not known starts with the lowest byte seen."""
        if self.next == UNKNOWN and self.waiting is not None:
            self.base = self.next = self.waiting.pieces[0].start
            self.high = self.waiting.pieces[-1].end
            self.advance(out)

    def _deliver_run(self, out: Out) -> None:
        waiting = self.waiting
        if waiting is None:
            return
        before = waiting.size
        for piece in waiting.take_run(self.next):
            self._deliver(piece, out)
        self.shared.waiting -= before - waiting.size
        if not waiting.pieces:
            self.waiting = None

    def _next_hole(self) -> None:
        """Note what shows the hole at `next`: of one behind another, the packet that waits behind it."""
        hole = self.hole
        if hole is not None and hole.position == self.next:
            return
        if self.waiting is not None:
            behind = self.waiting.pieces[0]
            self.acked_by = Mark(behind.at_ns, behind.packet)
            self.hole = Hole(self.next, behind.at_ns, behind.packet)
        elif hole is not None and self.next < max(self.acked, self.high):
            self.hole = hole._replace(position=self.next)
        else:
            self.hole = None

    def _deliver(self, piece: Piece, out: Out) -> None:
        data = piece.data
        if data:
            self._emit(Chunk(data, piece.at_ns, piece.packet), out)
            self.bytes += len(data)
            self.shared.delivered.append((self, piece.start, data))
            if self.digest is not None:
                self.digest.update(data)
        self.next = piece.start + len(data)
        if self.next < piece.end:
            report_cut(self, piece.packet, out)
            self._skip(piece.end, Mark(piece.at_ns, piece.packet), out)

    def _emit(self, item: StreamItem, out: Out) -> None:
        out.append(Delivery(self.connection.number, self.from_originator, item))

    def _skip(self, position: int, mark: Mark, out: Out) -> None:
        length = position - self.next
        self._emit(Gap(length, mark.at_ns, mark.packet), out)
        self.gap_bytes += length
        self.next = position

    def _end(self, how: Ending, mark: Mark, out: Out) -> None:
        self._emit(End(how, mark.at_ns, mark.packet or None), out)
        self.ended = True

    # Giving up

    def _keep_bounds(self, out: Out) -> None:
        """Give holes up while more waits behind them than may wait."""
        while self.waiting is not None:
            size = self.waiting.size
            over = (
                size > WAITING_BYTES or len(self.waiting.pieces) > WAITING_PIECES or self.shared.waiting > WAITING_TOTAL
            )
            if not over and not (size > WAITING_ACKNOWLEDGED and self.acked > self.next):
                return
            if over:
                report_bound(self, self.waiting.pieces[0].packet, out)
            self._give_up(self.waiting.pieces[0].start, out)

    def give_up(self, out: Out) -> None:
        """Give up the hole at `next`, or as much of it as is acknowledged, and deliver what follows."""
        limit = self.tail() if self.waiting is None else self.waiting.pieces[0].start
        if self.next < self.acked < limit:
            limit = self.acked
        self._give_up(limit, out)
        self.advance(out)

    def _give_up(self, position: int, out: Out) -> None:
        shown = self.hole or (self.waiting.pieces[0] if self.waiting is not None else None)
        if position > self.next and shown is not None:
            report_gap(self, position - self.next, shown.packet, out)
            self._skip(position, Mark(shown.at_ns, shown.packet), out)
        self._deliver_run(out)
        self._next_hole()

    def tail(self) -> int:
        """Return the position up to which bytes are known to exist."""
        return self.fin if self.fin != UNKNOWN else max(self.next, self.high, self.acked)

    def conclude(self, how: Ending, mark: Mark, out: Out) -> None:
        """End this direction: what waits is delivered, holes become gaps, and the end is said unless it was."""
        if self.ended:
            return
        self.settle(out)
        while self.waiting is not None:
            self._give_up(self.waiting.pieces[0].start, out)
        self.advance(out)
        if self.ended or self.next == UNKNOWN:
            self._end_if_open(how, mark, out)
            return
        limit = self.tail()
        if self.fin == UNKNOWN and limit > self.next and (limit == self.next + 1 or self.peer.fin != UNKNOWN):
            # The last position acknowledged is that of a FIN which was not captured.
            limit -= 1
            if how in (Ending.REPLACED, Ending.CAPTURE_ENDED):
                how, mark = Ending.FIN, self.acked_by or mark
        self._give_up(limit, out)
        self.advance(out)
        self._end_if_open(how, mark, out)

    def _end_if_open(self, how: Ending, mark: Mark, out: Out) -> None:
        if not self.ended:
            self._end(how, mark, out)
            self.stray = self.far_ack = UNKNOWN

    def drop(self) -> None:
        """Let all buffers go."""
        if self.waiting is not None:
            self.shared.waiting -= self.waiting.size
            self.waiting = None
        self.plain = False
        self.digest = None
