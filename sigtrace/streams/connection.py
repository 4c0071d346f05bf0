"""One TCP connection: its two streams, who opened and closed it, and which segments still belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.packets.endpoint import decode_endpoint
from sigtrace.packets.packet import ACK, FIN, RST, SYN
from sigtrace.streams.flow import Closer, Ending, Flow
from sigtrace.streams.outlet import Mark
from sigtrace.streams.patience import RESET_NS, deadline
from sigtrace.streams.sequence import MASK, NEVER, PLAUSIBLE, UNKNOWN, difference
from sigtrace.streams.stream import Stream

if TYPE_CHECKING:
    from sigtrace.packets.packet import Segment
    from sigtrace.streams.conversation import Conversation
    from sigtrace.streams.shared import Out, Shared

# A SYN captured after the first data of its stream still fits when it stands this close to it.
LATE_SYN: Final = 1 << 16


class Connection:
    """The state of one connection, and after its end the facts that stay known of it."""

    __slots__ = (
        "alarm_ns",
        "closed_by",
        "closed_ns",
        "first_packet",
        "forgotten",
        "gap_notices",
        "handshake_seen",
        "last_ns",
        "number",
        "opened_ns",
        "originator",
        "reported",
        "reset",
        "reset_by",
        "responder",
        "syn_ack_ns",
        "syn_ns",
    )

    def __init__(self, number: int, segment: Segment, shared: Shared) -> None:
        opens = _sender_opened(segment)
        sender = Stream(segment.source, shared, from_originator=opens)
        receiver = Stream(segment.destination, shared, from_originator=not opens)
        sender.peer, receiver.peer = receiver, sender
        sender.connection = receiver.connection = self
        self.originator, self.responder = (sender, receiver) if opens else (receiver, sender)
        self.number = number
        self.opened_ns = self.last_ns = segment.at_ns
        self.first_packet = segment.number
        self.handshake_seen = self.forgotten = False
        self.syn_ns: int | None = None
        self.syn_ack_ns: int | None = None
        self.closed_ns: int | None = None
        self.closed_by: Closer | None = None
        self.reset: Mark | None = None
        self.reset_by: Stream | None = None
        self.alarm_ns = NEVER
        self.gap_notices = 0
        self.reported: frozenset[str] = frozenset()

    @property
    def streams(self) -> tuple[Stream, Stream]:
        """Both directions, the originator's first."""
        return self.originator, self.responder

    @property
    def closed(self) -> bool:
        """True when both directions have ended."""
        return self.originator.ended and self.responder.ended

    @property
    def carried(self) -> bool:
        """True when payload was seen in either direction."""
        one, other = self.originator, self.responder
        return bool(one.bytes or other.bytes or one.gap_bytes or other.gap_bytes or one.waiting or other.waiting)

    @property
    def silent(self) -> bool:
        """True when nothing was ever delivered of either direction, and nothing is waited for."""
        return not (self.carried or any(stream.ended or stream.hole for stream in self.streams))

    def facts(self) -> Flow:
        """Return what is known now."""
        connect_ns = None
        if self.syn_ns is not None and self.syn_ack_ns is not None and self.syn_ack_ns >= self.syn_ns:
            connect_ns = self.syn_ack_ns - self.syn_ns
        return Flow(
            number=self.number,
            originator=decode_endpoint(self.originator.endpoint),
            responder=decode_endpoint(self.responder.endpoint),
            handshake_seen=self.handshake_seen,
            opened_ns=self.opened_ns,
            first_packet=self.first_packet,
            last_ns=self.last_ns,
            closed_ns=self.closed_ns,
            closed_by=self.closed_by,
            connect_ns=connect_ns,
            from_originator=self.originator.counts(),
            from_responder=self.responder.counts(),
        )

    # What belongs here

    def belongs(self, stream: Stream, segment: Segment) -> bool:
        """Tell whether a segment is of this connection; if not, a new one took the same ports."""
        if segment.flags & RST:
            return True
        if segment.flags & SYN:
            return self._same_handshake(stream, segment)
        if self.forgotten or not segment.length:
            return True
        if self.closed:
            return not _foreign(stream, segment)
        return not _confirms_stray(stream, segment)

    def _same_handshake(self, stream: Stream, segment: Segment) -> bool:
        if stream.syn != UNKNOWN:
            return stream.syn == segment.sequence or self._answered_anew(stream, segment)
        if stream.lowest == UNKNOWN or self.closed:
            return stream.lowest == UNKNOWN and not self.closed
        start = stream.lowest if stream.soft else stream.base
        ahead = difference(segment.sequence + 1, start)
        return -LATE_SYN < ahead <= 0 or (ahead == 1 and stream.probed)

    def _answered_anew(self, stream: Stream, segment: Segment) -> bool:
        """Tell a second SYN-ACK with another number to the same SYN: the first one's state was lost."""
        syn = stream.peer.syn
        anew = bool(segment.flags & ACK) and syn != UNKNOWN and (syn + 1) & MASK == segment.acknowledgment
        if anew and not self.closed and stream.untouched:
            stream.restart()
            return True
        return False

    def strays(self) -> list[Segment]:
        """Return the segments that did not fit and were kept in case something confirms them; forget them here."""
        kept = [stream.stray for stream in self.streams if stream.stray is not None]
        self.originator.stray = self.responder.stray = None
        return kept

    # What a segment does

    def open_whole(self, syn: Segment, answer: Segment) -> None:
        """Take a SYN and the right answer to it, nothing before: leave what `receive` leaves of one and the other.

        Both directions start behind their SYN, nothing is beyond or behind that, and nothing is delivered.
        """
        for stream, segment in (self.originator, syn), (self.responder, answer):
            stream.begin(segment.sequence)
            stream.syn, stream.interface = segment.sequence, segment.interface
            stream.packets = 1
            stream.plain = True
        self.handshake_seen = True
        self.syn_ns, self.syn_ack_ns = syn.at_ns, answer.at_ns
        self.last_ns = answer.at_ns

    def take_whole(self, whole: Conversation) -> None:
        """Take all segments of a conversation, nothing before: leave what `receive` leaves of one after the other."""
        self.handshake_seen = True
        self.syn_ns, self.syn_ack_ns, self.last_ns = whole.syn_ns, whole.syn_ack_ns, whole.last_ns
        first = whole.closed_first
        self.closed_ns, self.closed_by = whole.fins[first].at_ns, (Closer.ORIGINATOR, Closer.RESPONDER)[first]

    def receive(self, stream: Stream, segment: Segment, out: Out) -> None:
        """Take a segment that belongs here and is no copy."""
        flags = segment.flags
        if flags & RST:
            self._reset(stream, segment)
            return
        if flags & SYN:
            self._handshake(stream, segment)
        start = stream.locate(segment, out)
        if start == UNKNOWN:
            return
        if flags & ACK:
            stream.peer.acknowledge(segment, out)
        stream.receive(segment, start, out)
        if stream.waiting is not None or stream.peer.waiting is not None:
            self._release(out)
        if flags & FIN:
            self._close(Closer.ORIGINATOR if stream.from_originator else Closer.RESPONDER, segment.at_ns)

    def _handshake(self, stream: Stream, segment: Segment) -> None:
        if stream.syn != UNKNOWN:
            stream.retransmitted += 1
            return
        self._settle_roles(stream, segment)
        if stream.next == UNKNOWN or stream.soft:
            stream.begin(segment.sequence)
        stream.syn = segment.sequence
        if not segment.flags & ACK:
            self.syn_ns = segment.at_ns if self.syn_ns is None else self.syn_ns
        elif self.syn_ack_ns is None:
            self.syn_ack_ns = segment.at_ns

    def _settle_roles(self, stream: Stream, segment: Segment) -> None:
        """Let a handshake correct guessed roles, as long as nothing was delivered under them."""
        opens = not segment.flags & ACK
        if stream.from_originator == opens:
            self.handshake_seen = True
        elif not self.handshake_seen and not any(side.bytes or side.gap_bytes or side.ended for side in self.streams):
            self.originator, self.responder = self.responder, self.originator
            self.originator.from_originator, self.responder.from_originator = True, False
            self.handshake_seen = True

    def _reset(self, stream: Stream, segment: Segment) -> None:
        if self.reset is None and not self.closed:
            self.reset, self.reset_by = Mark(segment.at_ns, segment.number), stream
            self._close(Closer.RESET, segment.at_ns)

    def _close(self, closer: Closer, at_ns: int) -> None:
        if self.closed_ns is None or at_ns < self.closed_ns:
            self.closed_ns, self.closed_by = at_ns, closer

    # What time does

    def deadline(self) -> int:
        """Return when patience with something here ends."""
        if self.forgotten:
            return NEVER
        due = min(deadline(self.originator), deadline(self.responder))
        if self.reset is not None and not self.closed:
            due = min(due, self.reset.at_ns + RESET_NS)
        return due

    def expire(self, now_ns: int, out: Out) -> None:
        """Give up what patience has ended for."""
        if self.reset is not None and self.reset.at_ns + RESET_NS <= now_ns:
            self.conclude(Ending.PEER_RESET, self.reset, out)
        for stream in self.streams:
            while deadline(stream) <= now_ns:
                if stream.next == UNKNOWN:
                    stream.settle(out)
                else:
                    stream.give_up_acknowledged(out)
                self._release(out)
        for stream in self.streams:
            stream.refresh()

    def conclude(self, how: Ending, mark: Mark, out: Out) -> None:
        """End both directions: what waits is delivered, holes become gaps; a reset that was seen says how."""
        for stream in self.streams:
            stream.settle(out)
        while pending := [stream for stream in self.streams if stream.pending and not stream.ended]:
            stream = min(pending, key=_shown_first)
            stream.infer_fin()
            stream.give_up(out)
            self._release(out)
        for stream in self.streams:
            if self.reset is not None:
                how = Ending.RESET if stream is self.reset_by else Ending.PEER_RESET
                mark = self.reset
            if not stream.ended:
                stream.end(how, mark, out)
            stream.refresh()

    def _release(self, out: Out) -> None:
        """Let out what has waited for the other direction, as long as one helps the other."""
        before = None
        while (self.originator.waiting or self.responder.waiting) and before != (
            before := (self.originator.next, self.responder.next)
        ):
            for stream in self.streams:
                stream.advance(out)

    def forget(self) -> None:
        """Stop following both directions."""
        self.forgotten = True
        for stream in self.streams:
            stream.drop()
            stream.plain = False

    def untie(self) -> None:
        """Break the circles between this and its streams: memory is free at once, without the garbage collector."""
        for stream in self.streams:
            del stream.peer, stream.connection


def _sender_opened(segment: Segment) -> bool:
    """Tell, from its first segment, whether a connection's first sender opened it; by the ports if no SYN tells."""
    if segment.flags & SYN:
        return not segment.flags & ACK
    return segment.source[-2:] >= segment.destination[-2:]


def _shown_first(stream: Stream) -> tuple[bool, int]:
    return stream.blocked, stream.hole.packet if stream.hole else 0


def _foreign(stream: Stream, segment: Segment) -> bool:
    """Tell whether data after the end of a connection is so far from it that it must be of another."""
    if stream.next == UNKNOWN:
        return False
    ahead = difference(segment.sequence, stream.next)
    if stream.fin != UNKNOWN:
        return ahead > 0 or stream.next + ahead < stream.base - LATE_SYN
    return abs(ahead) > PLAUSIBLE


def _confirms_stray(stream: Stream, segment: Segment) -> bool:
    """Tell whether a segment continues an earlier stray, or is far off itself and answers one."""
    if stream.stray is not None and segment.sequence == _behind(stream.stray):
        return True
    answered = stream.peer.stray
    far = stream.lowest != UNKNOWN and abs(difference(segment.sequence, stream.lowest)) > PLAUSIBLE
    return answered is not None and far and segment.acknowledgment == _behind(answered)


def _behind(segment: Segment) -> int:
    return (segment.sequence + segment.length) & MASK
