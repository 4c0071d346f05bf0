"""What leaves one direction of a connection: chunks in order, gaps for what is given up, and one end.

`next` is the position of the first byte not yet delivered. Between it and what waits behind it is a *hole*. Three
things show a hole: data beyond it, a segment without data that stands beyond it, and an acknowledgment of the other
side that covers it. A hole closes when its bytes come, or it is given up and becomes a `Gap`: `patience.py` says when.
FIN takes a position of its own behind the last byte (RFC 9293 §3.4), so the end comes when `next` is there.

Cause comes before effect. Data that acknowledges bytes of the other direction waits until those have come out or were
given up, so that a response never overtakes its request because a part of the request was lost or captured late.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.streams.flow import Chunk, Delivery, End, Ending, Gap
from sigtrace.streams.report import report_bound, report_cut, report_gap
from sigtrace.streams.sequence import NEVER, UNKNOWN

if TYPE_CHECKING:
    from sigtrace.streams.connection import Connection
    from sigtrace.streams.flow import StreamItem
    from sigtrace.streams.shared import Out, Shared
    from sigtrace.streams.waiting import Piece, Waiting

# Pieces held of a stream whose start is not known yet; reordering rarely passes over more packets than a burst has.
HELD_PIECES: Final = 16
# Bytes that may wait behind a hole: behind one that the receiver has acknowledged, which only the capture can still
# fill, and behind any. The number of pieces keeps the cost of one insertion near that of handling its segment.
WAITING_ACKNOWLEDGED: Final = 1 << 20
WAITING_BYTES: Final = 16 << 20
WAITING_PIECES: Final = 16_384
WAITING_TOTAL: Final = 64 << 20  # over all flows: what a small machine can spare
WAITING_TOTAL_PIECES: Final = 131_072  # over all flows, a quarter KiB each beside its bytes: 32 MiB


class Mark(NamedTuple):
    """The packet that showed something."""

    at_ns: int
    packet: int


class Hole(NamedTuple):
    """Where bytes are missing, and the packet that showed it."""

    position: int
    at_ns: int
    packet: int


class Outlet:
    """The state of one direction as far as delivering needs it."""

    __slots__ = (
        "acked",
        "acked_by",
        "base",
        "bytes",
        "connection",
        "digest",
        "ended",
        "endpoint",
        "fin",
        "fin_mark",
        "from_originator",
        "gap_bytes",
        "high",
        "hole",
        "next",
        "peer",
        "shared",
        "waiting",
    )

    connection: Connection
    peer: Outlet

    def __init__(self, endpoint: bytes, shared: Shared, *, from_originator: bool) -> None:
        self.endpoint = endpoint  # packed, the sender's
        self.shared = shared
        self.from_originator = from_originator
        self.bytes = self.gap_bytes = 0
        self.digest = hashlib.sha256() if shared.digest else None
        self.base = self.next = UNKNOWN  # positions of the first byte, and of the first not delivered
        self.high = self.acked = UNKNOWN  # highest positions shown by this side's segments and by acknowledgments
        self.acked_by: Mark | None = None  # the first acknowledgment beyond `next`
        self.fin = UNKNOWN
        self.fin_mark: Mark | None = None
        self.hole: Hole | None = None
        self.waiting: Waiting | None = None
        self.ended = False

    def advance(self, out: Out) -> None:
        """Deliver what waits at `next`, keep the bounds, and end when the FIN is reached."""
        if self.next == UNKNOWN:
            if self.waiting is not None and len(self.waiting.pieces) >= HELD_PIECES:
                self.settle(out)
            return
        if self.waiting is not None:
            self._deliver_run(out, self.peer.allowed)
            self._keep_bounds(out)
        if self.next == self.fin and self.fin_mark is not None and not self.ended:
            self.end(Ending.FIN, self.fin_mark, out)
            self.next += 1
        if self.hole is not None or self.waiting is not None:
            self._next_hole()

    @property
    def allowed(self) -> int:
        """The position up to which data of the other direction may rely on this one."""
        return NEVER if self.ended else max(self.next, 0)

    @property
    def pending(self) -> bool:
        """True while something is waited for."""
        return self.hole is not None or self.waiting is not None

    @property
    def blocked(self) -> bool:
        """True while no byte is missing and the other direction is waited for."""
        return self.waiting is not None and self.waiting.pieces[0].start == self.next

    def settle(self, out: Out) -> None:
        """Decide that a stream whose start is not known starts with the lowest byte seen."""
        if self.next == UNKNOWN and self.waiting is not None:
            self.base = self.next = self.waiting.pieces[0].start
            self.high = self.waiting.pieces[-1].end
            self.advance(out)

    def give_up(self, out: Out) -> None:
        """Give up the hole at `next` and deliver what follows; without a hole, deliver what is blocked."""
        self._give_up(self._tail() if self.waiting is None else self.waiting.pieces[0].start, out)
        self.advance(out)

    def give_up_acknowledged(self, out: Out) -> None:
        """Give up the hole at `next`, but only as much as is acknowledged if a part of it is."""
        limit = self._tail() if self.waiting is None else self.waiting.pieces[0].start
        self._give_up(self.acked if self.next < self.acked < limit else limit, out)
        self.advance(out)

    def infer_fin(self) -> None:
        """Take the last position that is known to exist for that of a FIN which was not captured.

        It is one when the other side has closed, for then this one has answered, and when nothing else is missing.
        """
        if self.fin != UNKNOWN or self.waiting is not None:
            return
        tail, shown = self._tail(), self.acked_by or self.hole
        if tail > self.next and shown is not None and (self.peer.fin != UNKNOWN or tail == self.next + 1):
            self.fin, self.fin_mark = tail - 1, Mark(shown.at_ns, shown.packet)

    def end(self, how: Ending, mark: Mark, out: Out) -> None:
        """End this direction."""
        self._emit(End(how, mark.at_ns, mark.packet or None), out)
        self.ended = True

    def drop(self) -> None:
        """Let all buffers go."""
        if self.waiting is not None:
            self.shared.waiting -= self.waiting.size
            self.shared.pieces -= len(self.waiting.pieces)
            self.waiting = None
        self.digest = self.hole = None

    def deliver(self, piece: Piece, out: Out) -> None:
        """Deliver a piece that starts at `next`; what a snap length cut off is a gap."""
        data = piece.data
        if data:
            self._emit(Chunk(data, piece.at_ns, piece.packet), out)
            self.bytes += len(data)
            self.shared.delivered.pieces.append((self.shared.turn, self, piece.start, data))
            if self.digest is not None:
                self.digest.update(data)
        self.next = piece.start + len(data)
        if self.next < piece.end:
            report_cut(self, piece.packet, out)
            self._skip(piece.end, Mark(piece.at_ns, piece.packet), out)

    def _deliver_run(self, out: Out, allowed: int) -> None:
        waiting = self.waiting
        if waiting is None:
            return
        before, pieces = waiting.size, len(waiting.pieces)
        for piece in waiting.take_run(self.next, allowed):
            self.deliver(piece, out)
        self.shared.waiting -= before - waiting.size
        self.shared.pieces -= pieces - len(waiting.pieces)
        if not waiting.pieces:
            self.waiting = None

    def _next_hole(self) -> None:
        """Note what shows the hole at `next`: of one behind another, the packet that waits behind it."""
        hole = self.hole
        if self.waiting is None and max(self.acked, self.high, self.fin) <= self.next:
            self.hole = None
            return
        if hole is not None and hole.position == self.next:
            return
        if self.waiting is not None:
            behind = self.waiting.pieces[0]
            self.acked_by = Mark(behind.at_ns, behind.packet)
            self.hole = Hole(self.next, behind.at_ns, behind.packet)
        elif hole is not None:
            self.hole = hole._replace(position=self.next)

    def _keep_bounds(self, out: Out) -> None:
        """Give holes up while more waits behind them than may wait."""
        while self.waiting is not None:
            pieces, size = self.waiting.pieces, self.waiting.size
            full = (
                size > WAITING_BYTES
                or len(pieces) > WAITING_PIECES
                or self.shared.waiting > WAITING_TOTAL
                or self.shared.pieces > WAITING_TOTAL_PIECES
            )
            if full:
                report_bound(self, pieces[0].packet, out)
            elif size <= WAITING_ACKNOWLEDGED or self.acked <= self.next:
                return
            self._give_up(pieces[0].start, out)

    def _give_up(self, position: int, out: Out) -> None:
        """Make everything before a position a gap and deliver what waits there, blocked or not if there was no gap."""
        shown = self.hole or (self.waiting.pieces[0] if self.waiting is not None else None)
        if position > self.next and shown is not None:
            report_gap(self, position - self.next, shown.packet, out)
            self._skip(position, Mark(shown.at_ns, shown.packet), out)
            self._deliver_run(out, self.peer.allowed)
        else:
            self._deliver_run(out, NEVER)
        self._next_hole()

    def _tail(self) -> int:
        """Return the position up to which bytes are known to exist."""
        return self.fin if self.fin != UNKNOWN else max(self.next, self.high, self.acked)

    def _emit(self, item: StreamItem, out: Out) -> None:
        out.append(Delivery(self.connection.number, self.from_originator, item))

    def _skip(self, position: int, mark: Mark, out: Out) -> None:
        length = position - self.next
        self._emit(Gap(length, mark.at_ns, mark.packet), out)
        self.gap_bytes += length
        self.next = position
