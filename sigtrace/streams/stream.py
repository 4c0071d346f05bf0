"""What is learnt about one direction of a connection: from its own segments, and from what the other side acknowledges.

Theory of operation. A segment that starts at `next` is delivered at once; what lies beyond waits, and what lies before
was seen already: a retransmission, or the same bytes passing another interface in segments of another shape.

Where a stream starts. Behind its SYN. A stream whose SYN was not captured starts where the other side's
acknowledgments stand, if one was seen first: bytes between there and the first data were sent and missed. If its own
data comes first, that data is held for a moment (`next` is UNKNOWN) and the stream starts at the lowest position seen
by then, so that packets reordered at the start of a capture lose nothing. Until something is delivered such a start is
*soft*: earlier data moves it back.

Far jumps. A segment further than PLAUSIBLE from `next` is a stray: damaged, or of another connection. It is believed
when the other side acknowledges positions near it; when it is continued or answered, a new connection took the ports,
and `Connection.belongs` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.packets.packet import ACK, FIN, SYN
from sigtrace.streams.flow import Counts
from sigtrace.streams.outlet import Hole, Mark, Outlet
from sigtrace.streams.report import report_overlap, report_stray
from sigtrace.streams.sequence import HALF, MASK, PLAUSIBLE, UNKNOWN, difference, first_position
from sigtrace.streams.waiting import Piece, Waiting

if TYPE_CHECKING:
    from sigtrace.packets.packet import Segment
    from sigtrace.streams.shared import Out, Shared

# Payload kept of a stray, one per stream: a whole packet of ordinary size.
STRAY_KEPT: Final = 1500


class Stream(Outlet):
    """The whole state of one direction. `plain` says that only in-order delivery is going on: the short path."""

    __slots__ = (
        "copies",
        "far_ack",
        "interface",
        "packets",
        "plain",
        "reached",
        "retransmitted",
        "stray",
        "syn",
        "told",
    )

    peer: Stream

    def __init__(self, endpoint: bytes, shared: Shared, *, from_originator: bool) -> None:
        super().__init__(endpoint, shared, from_originator=from_originator)
        self.packets = self.retransmitted = self.copies = 0
        self.plain = False
        self.syn = UNKNOWN  # sequence number of the SYN
        self.far_ack = UNKNOWN  # an acknowledgment number far from `next`
        self.stray: Segment | None = None  # the last one
        self.interface = UNKNOWN  # of the first segment
        self.told = UNKNOWN  # the highest acknowledgment number in a segment of it without data
        self.reached: dict[int, int] | None = None  # interface → how far it brought this stream; when several do

    @property
    def lowest(self) -> int:
        """The first position not delivered that is known of; UNKNOWN before anything was seen."""
        return self.waiting.pieces[0].start if self.next == UNKNOWN and self.waiting is not None else self.next

    @property
    def soft(self) -> bool:
        """True while the start is a guess on which nothing depends yet."""
        return self.syn == UNKNOWN and self.next == self.base

    @property
    def probed(self) -> bool:
        """True while the start is where a segment without data stood: a keep-alive stands one before the first byte."""
        return self.soft and (self.waiting is None or self.waiting.pieces[0].start > self.next != UNKNOWN)

    @property
    def untouched(self) -> bool:
        """True while no data and no end of this stream was seen."""
        return self.next == self.base and self.waiting is None and self.fin == UNKNOWN

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
        """Work out again whether the short path may be taken."""
        self.plain = (
            not self.ended
            and self.fin == UNKNOWN
            and self.waiting is None
            and self.acked <= self.next >= self.high
            and self.reached is None
            and UNKNOWN not in (self.next, self.peer.next)
            and not self.connection.forgotten
        )

    # Where the stream starts

    def begin(self, sequence: int) -> None:
        """Start behind a SYN with this sequence number; what is held or acknowledged already keeps its positions."""
        near = self.lowest
        self.base = self.next = (
            first_position(sequence + 1) if near == UNKNOWN else near + difference(sequence + 1, near)
        )

    def restart(self) -> None:
        """Take back what an untouched stream believed of its numbers."""
        self.syn = self.base = self.next = self.acked = self.high = self.far_ack = UNKNOWN
        self.hole = None

    def tell(self, acknowledgment: int) -> None:
        """Note what a segment of this side without data acknowledges."""
        if self.told == UNKNOWN or (acknowledgment - self.told) & MASK < HALF:
            self.told = acknowledgment

    # What the other side tells

    def acknowledge(self, segment: Segment, out: Out) -> None:
        """Learn from an acknowledgment of the other side."""
        number = segment.acknowledgment
        if self.next == UNKNOWN:
            if self.waiting is None:
                self.base = self.next = first_position(number)
            elif difference(number, self.lowest) >= 0:
                self.settle(out)
            return
        ahead = difference(number, self.next)
        if ahead <= 0 or self.ended:
            return
        if ahead > PLAUSIBLE:
            self.far_ack = number
        elif ahead == 1 and self.soft and self.untouched and self.high <= self.next:
            self.base = self.next = self.next + 1  # the stream was first met in a keep-alive probe
        else:
            self._acknowledged_to(self.next + ahead, segment)

    def relied_on(self, segment: Segment) -> int:
        """Return up to where a segment of the other side relies on this stream, if that was not delivered; or 0."""
        if self.hole is None or self.ended or not self.packets or not segment.flags & ACK:
            return 0
        ahead = difference(segment.acknowledgment, self.next)
        return self.next + ahead if 0 < ahead <= PLAUSIBLE else 0

    def _acknowledged_to(self, position: int, segment: Segment) -> None:
        if self.fin != UNKNOWN:
            position = min(position, self.fin)
        if position <= self.next:
            return
        if self.acked <= self.next:
            self.acked_by = Mark(segment.at_ns, segment.number)
        self.acked = max(self.acked, position)
        self._show_hole(segment)

    def _show_hole(self, segment: Segment) -> None:
        if self.hole is None:
            self.hole = Hole(self.next, segment.at_ns, segment.number)

    # What this side sends

    def locate(self, segment: Segment, out: Out) -> int:
        """Return the position of a segment's first byte; UNKNOWN for a stray, which is kept in case it is confirmed."""
        sequence = segment.sequence + 1 if segment.flags & SYN else segment.sequence
        near = self.next if self.next != UNKNOWN else self.lowest
        if near == UNKNOWN:
            return first_position(sequence)
        ahead = difference(sequence, near)
        if -PLAUSIBLE <= ahead <= PLAUSIBLE:
            return near + ahead
        if self.far_ack != UNKNOWN and abs(difference(sequence, self.far_ack)) <= PLAUSIBLE:
            return self._believe(near + ((sequence - near) & MASK), segment)
        if self.soft and self.untouched:
            self.restart()  # the start was guessed from a damaged packet
            return first_position(sequence)
        if segment.length and not self.ended:
            self.stray = segment._replace(payload=segment.payload[:STRAY_KEPT])
            report_stray(self, segment.number, out)
        return UNKNOWN

    def _believe(self, start: int, segment: Segment) -> int:
        """Accept a far segment because the other side acknowledged positions near it."""
        acked = start + difference(self.far_ack, start)
        self.far_ack = UNKNOWN
        self._acknowledged_to(acked, segment)
        return start

    def receive(self, segment: Segment, start: int, out: Out) -> None:
        """Take one segment of this direction whose first byte stands at `start`, and that is no copy."""
        if self.interface == UNKNOWN:
            self.interface = segment.interface
        if self.ended:
            self.retransmitted += bool(segment.length or segment.flags & FIN)
            return
        if segment.length:
            self._take(segment, start, out)
        elif self.next == UNKNOWN:
            if self.waiting is None:
                self.base = self.next = start
        elif start > self.next:
            self._show_to(start, segment)
        if segment.flags & FIN:
            self._finish(start + segment.length, segment)
        self.advance(out)

    def _take(self, segment: Segment, start: int, out: Out) -> None:
        end = start + segment.length
        new_here = self._reach(segment.interface, end)
        if self._is_probe(segment, start):
            return
        if self.fin != UNKNOWN:
            end = min(end, self.fin)  # nothing follows a FIN
            if start >= end:
                return
        if self.soft and start < self.next:
            self.base = self.next = start
        needs = self.peer.relied_on(segment)
        piece = Piece(start, end, segment.payload[: end - start], segment.at_ns, segment.number, needs)
        if self._place(piece, segment, out):
            return
        if new_here:
            self.copies += 1
        else:
            self.retransmitted += 1

    def _is_probe(self, segment: Segment, start: int) -> bool:
        """Tell a keep-alive probe with a byte in it, before the next one to send (RFC 9293 §3.8.4)."""
        return segment.length == 1 and not segment.flags & (SYN | FIN) and start + 1 == self.next >= self.high

    def _place(self, piece: Piece, segment: Segment, out: Out) -> bool:
        """Deliver a piece or let it wait; return whether it brought anything new."""
        if piece.start < self.next:
            shared = self.shared
            if shared.delivered.contradicts(self, piece.start, piece.data, shared.turn):
                report_overlap(self, piece.packet, out)
            if piece.end <= self.next:
                return False
            piece = piece.part(self.next, piece.end)
        if piece.start == self.next and self.waiting is None and not piece.needs:
            self.deliver(piece, out)
            return True
        if piece.start > self.next != UNKNOWN:
            self._show_to(piece.end, segment)
        return self._wait(piece, out)

    def _wait(self, piece: Piece, out: Out) -> bool:
        if self.waiting is None:
            self.waiting = Waiting()
        before, pieces = self.waiting.size, len(self.waiting.pieces)
        brought, differs = self.waiting.insert(piece)
        self.shared.waiting += self.waiting.size - before
        self.shared.pieces += len(self.waiting.pieces) - pieces
        if differs:
            report_overlap(self, piece.packet, out)
        return brought

    def _show_to(self, position: int, segment: Segment) -> None:
        self.high = max(self.high, position)
        self._show_hole(segment)

    def _finish(self, position: int, segment: Segment) -> None:
        if self.fin != UNKNOWN:
            self.retransmitted += not segment.length
            return
        if position < self.next or (self.waiting is not None and position < self.waiting.pieces[-1].end):
            return  # damaged: there is data behind it
        self.fin, self.fin_mark = position, Mark(segment.at_ns, segment.number)
        self.acked, self.high = min(self.acked, position), min(self.high, position)
        if position > self.next != UNKNOWN:
            self._show_to(position, segment)

    def _reach(self, interface: int, end: int) -> bool:
        """Note how far an interface brought this stream; tell whether it had not been there, though another had."""
        if self.reached is None:
            if self.interface == interface:
                return False
            self.reached = {self.interface: max(self.next, self.high)}
        before = self.reached.get(interface, UNKNOWN)
        self.reached[interface] = max(before, end)
        return end > before
