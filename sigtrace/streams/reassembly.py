"""Segments in capture order → the ordered streams of every TCP connection, with gaps and ends.

This is the door of `streams/`: it finds the connection of a segment, passes the ordinary segment through on a short
path, and looks after what concerns all connections: numbers, copies, patience and bounds.
"""

from __future__ import annotations

from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from sigtrace.packets.endpoint import decode_endpoint
from sigtrace.packets.packet import ACK, FIN, RST, SYN
from sigtrace.streams.alarms import Alarms
from sigtrace.streams.connection import Connection
from sigtrace.streams.flow import Chunk, Delivery, Ending, Ends
from sigtrace.streams.half_open import MAX_HALF_OPEN, HalfOpen, opens
from sigtrace.streams.outlet import Mark
from sigtrace.streams.patience import confirmed_time
from sigtrace.streams.report import flows_left_out, too_many_flows
from sigtrace.streams.sequence import HALF, MASK, NEVER
from sigtrace.streams.shared import Shared
from sigtrace.streams.taking import Turns, goes_on, listens, take_acknowledgments, take_conversation, take_run

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from sigtrace.notices import Notice
    from sigtrace.packets.packet import Segment
    from sigtrace.packets.rows import Rows
    from sigtrace.streams.acknowledgments import Acknowledgments
    from sigtrace.streams.conversation import Conversation
    from sigtrace.streams.flow import Flow, Words
    from sigtrace.streams.half_open import Handshake
    from sigtrace.streams.runs import Run
    from sigtrace.streams.shared import Out
    from sigtrace.streams.stream import Stream

# Connections followed at one time, some 1.5 KiB each and 3 KiB more where HTTP is spoken. A busy signaling server has
# ten thousand open; a flood makes as many as it likes.
MAX_FLOWS: Final = 25_000
# Connections that are over and whose facts are kept, 0.6 KiB each: one for every exchange that is kept.
MAX_KEPT_FACTS: Final = 300_000
# Alarms, for each connection that may be followed: what is over leaves its own behind until they would have rung.
ALARMS_EACH: Final = 4

_KIND: Final = ACK | SYN | FIN | RST
_NOTHING: Final[tuple[Delivery | Notice, ...]] = ()


class Reassembler:
    """Puts the streams of TCP connections in order.

    Args:
        digest: whether `Counts.sha256` of the delivered bytes is wanted, per direction.
        max_flows: connections followed at one time, and handshakes kept besides.
        max_kept: connections that are over whose facts stay known.
    """

    def __init__(self, *, digest: bool = False, max_flows: int = MAX_FLOWS, max_kept: int = MAX_KEPT_FACTS) -> None:
        self._shared = Shared(digest=digest)
        self._copies = self._shared.copies
        self._streams: dict[bytes, Stream] = {}  # packed source and destination → the stream between them
        self._connections: dict[int, Connection] = {}
        self._half_open = HalfOpen()
        self._facts: dict[int, Flow] = {}  # of connections that are over
        self._numbers = 0
        self._alarms = Alarms()
        self._before_ns = 0  # time of the segment before
        self._turns: Turns | None = None  # of the rows that are being fed or taken
        self._max_flows = max_flows
        self._max_kept = max_kept
        self._max_half_open = min(max_flows, MAX_HALF_OPEN)
        self._left: list[int] = []  # not followed any more; known until the next segment, as deliveries may name them
        self._said_too_many = self._said_left_out = False

    def feed(self, segment: Segment) -> Sequence[Delivery | Notice]:
        """Take one segment; return what became known by it, of this and of other flows, in order for each stream."""
        (
            number,
            at_ns,
            interface,
            source,
            destination,
            sequence,
            acknowledgment,
            flags,
            window,
            payload,
            length,
            identity,
        ) = segment
        shared = self._shared
        shared.turn = turn = shared.turn + 1
        copies = self._copies
        if turn >= copies.turning:
            copies.rotate(turn)
        endpoints = source + destination
        stream = self._streams.get(endpoints)
        if (
            stream is None
            or not stream.plain
            or flags & _KIND != ACK
            or (sequence - stream.next) & MASK
            or (stream.peer.next - acknowledgment) & MASK >= HALF
            or len(payload) != length
            or interface != stream.interface
            or at_ns >= self._alarms.next_ns
        ):
            if stream is not None and stream.connection.forgotten and not flags & SYN:
                return self._let_pass(stream, segment)
            return self._examine(endpoints, stream, segment)
        # The ordinary segment: an acknowledgment, or data in order, and nothing else to learn from it.
        connection = stream.connection
        connection.last_ns = self._before_ns = at_ns
        stream.packets += 1
        if not length:
            stream.copies += copies.seen(endpoints, segment, turn)
            stream.tell(acknowledgment)
            return _NOTHING
        copies.recent[endpoints, sequence, acknowledgment, flags, window, length, identity] = (at_ns, interface, turn)
        stream.bytes += length
        shared.delivered.pieces.append((turn, stream, stream.next, payload))
        stream.next += length
        if stream.digest is not None:
            stream.digest.update(payload)
        return [Delivery(connection.number, stream.from_originator, Chunk(payload, at_ns, number))]

    def advance(self, at_ns: int) -> Sequence[Delivery | Notice]:
        """Let the time of the capture pass without a segment: holes are given up whose time has come."""
        out: Out = []
        if at_ns >= self._alarms.next_ns:
            self._expire(at_ns, out)
        return out

    # Rows of a batch, some of them taken in runs

    def begin(self, rows: Rows) -> None:
        """Say which rows come next, in order of time: each is then fed, or taken in a run when its first row is."""
        self._turns = Turns(rows, self._shared.turn, self._before_ns)

    def has_room(self, flows: int) -> bool:
        """Tell whether what is taken before its turn cannot change who leaves the tables, among rows of so many flows.

        Either nobody has to leave, or so many connections are over that those which were for longest are the same. A
        flow is counted again with each SYN; two connections of each may be added, where the old one carried nothing
        and is followed by a stray one, and one that is over be met.
        """
        if len(self._half_open) + flows >= self._max_half_open:
            return False
        if len(self._connections) + 2 * flows < self._max_flows:
            return True
        over = sum(connection.closed for connection in self._connections.values())
        return over >= 3 * flows + self._max_flows // 10

    def reach(self, place: int) -> Sequence[Delivery | Notice]:
        """Let time pass for the rows before a place that were taken in runs, as if each had come by itself."""
        turns = self._turns
        if turns is None or turns.turn(place - 1) == self._shared.turn:
            return _NOTHING
        out: Out = []
        before_ns, at_ns = turns.before(place)
        while (due_ns := self._alarms.next_ns) <= before_ns:
            self._shared.turn, now_ns = turns.passes(due_ns)
            self._expire(now_ns, out)
        self._shared.turn = turn = turns.turn(place - 1)
        self._before_ns = at_ns
        if turn >= self._copies.turning:
            self._copies.rotate(turn)
        return out

    def carrier(self, run: Run) -> Stream | None:
        """Return the stream that goes on with a run; None when it does not, or something else is going on there."""
        stream = self._streams.get(run.endpoints)
        return stream if stream is not None and goes_on(stream, run) else None

    def take(self, stream: Stream, run: Run, data: bytes) -> None:
        """Take a run, all at once, that `carrier` found the stream of; `data` is what it joins to."""
        if self._turns is not None:
            take_run(stream, run, data, self._turns)

    def take_acknowledgments(self, run: Acknowledgments) -> bool:
        """Take a run of bare acknowledgments, all at once, if its rows can do nothing else; tell whether they can."""
        stream = self._streams.get(run.endpoints)
        if stream is None or self._turns is None or not listens(stream, run):
            return False
        take_acknowledgments(stream, run, self._turns)
        return True

    def take_conversation(self, whole: Conversation, words: tuple[Words, Words], out: Out) -> int | None:
        """Take a whole connection, all at once, if nothing that is known makes it anything else.

        Its words are not delivered: who takes it knows them.

        Returns: the number of its flow; None when it is for the plain way.
        """
        turns, syn, half_open, copies = self._turns, whole.syn, self._half_open, self._copies
        there, back = whole.ways
        stream = self._streams.get(there)
        if (
            turns is None
            or turns.turn(whole.last_place) >= copies.turning
            or copies.knows(there, back)
            or half_open.knows(there)
            or half_open.knows(back)
            or (stream is not None and stream.connection.belongs(stream, syn))
        ):
            return None
        if self._left:
            self._tidy(out)
        if stream is None:
            self._make_room(syn, out)
            stream = self._open(there, syn)
        else:
            stream = self._replace(there, stream, syn, out)
        take_conversation(stream.connection, whole, words, turns)
        return stream.connection.number

    def pass_by(self, run: Run | Acknowledgments) -> bool:
        """Let a run pass of a connection that is not followed any more; tell whether it is of one.

        What is forgotten amid a batch has the rest of it still to come.
        """
        stream = self._streams.get(run.endpoints)
        if stream is None or not stream.connection.forgotten:
            return False
        stream.connection.last_ns = run.last_ns
        for one, rows in zip((stream, stream.peer), run.parts, strict=False):
            one.packets += len(rows)
        return True

    def end(self) -> Sequence[Delivery | Notice]:
        """Say that all rows have been fed or taken."""
        turns = self._turns
        if turns is None:
            return _NOTHING
        out = self.reach(turns.size)
        self._shared.delivered.tidy(turns.first)
        self._turns = None
        return out

    def close(self) -> Sequence[Delivery | Notice]:
        """End the capture: what waits is delivered, holes become gaps, open directions end with CAPTURE_ENDED."""
        out: Out = []
        self._tidy(out)
        for handshake in self._half_open.take_all():
            self._follow(handshake, out)
        for number in sorted(self._connections):
            connection = self._connections[number]
            if not connection.forgotten:
                connection.conclude(Ending.CAPTURE_ENDED, Mark(connection.last_ns, 0), out)
        self._streams.clear()
        self._alarms.clear()
        return out

    def flow(self, number: int) -> Flow:
        """Return what is known of a flow now. Raises KeyError when it is not known any more."""
        known = self._connections.get(number)
        return known.facts() if known is not None else self._facts[number]

    def ends(self, number: int) -> Ends:
        """Return who opened a flow and who answered, as known now. Raises KeyError when it is not known any more."""
        connection = self._connections[number]
        return Ends(
            decode_endpoint(connection.originator.endpoint),
            decode_endpoint(connection.responder.endpoint),
            connection.handshake_seen,
        )

    def flows(self, numbers: Iterable[int] | None = None) -> list[Flow]:
        """Return the facts of all flows that are still known, by number; of mere handshakes only after `close`.

        Args: numbers: only of these; None: of all.
        """
        if numbers is None:
            return [self.flow(number) for number in sorted([*self._connections, *self._facts])]
        known = (number for number in numbers if number in self._connections or number in self._facts)
        return [self.flow(number) for number in sorted(known)]

    @property
    def kept(self) -> int:
        """Connections that are over and whose facts are known."""
        return len(self._facts)

    def keep_only(self, numbers: Container[int]) -> None:
        """Let the facts go of all connections that are over, but for these."""
        self._facts = {number: facts for number, facts in self._facts.items() if number in numbers}

    def let_closed_go(self, needed: Container[int], before_ns: int) -> None:
        """Know connections no longer that were over before a time, but for these; what may still come is another flow.

        Of a file they are few beside the rest, and go when there are too many. Who watches for days looks at all there
        are again and again.
        """
        for number, connection in self._connections.items():
            if connection.closed and connection.last_ns < before_ns and number not in needed:
                self._take_out(connection)

    def idlest(self, numbers: Iterable[int]) -> list[int]:
        """Return those flows that are followed in order of their last packets, oldest first."""
        followed = (number for number in numbers if self.follows(number))
        return sorted(followed, key=lambda number: self._connections[number].last_ns)

    def follows(self, number: int) -> bool:
        """Tell whether more may come of a flow: it is known, and was not forgotten."""
        connection = self._connections.get(number)
        return connection is not None and not connection.forgotten

    def let_go(self, number: int) -> Sequence[Delivery | Notice]:
        """Follow a flow no longer: it ends as if the capture did; what comes of it is another flow."""
        out: Out = []
        self._leave(self._connections[number], out)
        return out

    def forget(self, number: int) -> tuple[bytes, bytes]:
        """Stop reassembling a flow; its facts stay until its ports are used again.

        Returns: its packed endpoints, the originator's first. Raises KeyError when the flow is not known any more.
        """
        connection = self._connections[number]
        connection.forget()
        return connection.originator.endpoint, connection.responder.endpoint

    # One segment, whole

    def _examine(self, endpoints: bytes, stream: Stream | None, segment: Segment) -> Sequence[Delivery | Notice]:
        out: Out = []
        if self._left:
            self._tidy(out)
        copy = self._copies.seen(endpoints, segment, self._shared.turn)
        if stream is None:
            stream = self._meet(endpoints, segment, out, copy=copy)
            if stream is None:
                self._pass_time(segment.at_ns, out)
                return out or _NOTHING
        elif not copy and not stream.connection.belongs(stream, segment):
            stream = self._replace(endpoints, stream, segment, out)
        connection = stream.connection
        connection.last_ns = segment.at_ns
        stream.packets += 1
        if not segment.length and segment.flags & _KIND == ACK:
            stream.tell(segment.acknowledgment)
        if copy:
            stream.copies += 1
        elif connection.forgotten or (connection.closed and segment.flags & _KIND == ACK and not segment.length):
            pass  # nothing can be learnt: it is not followed, or this is the last acknowledgment of all
        else:
            connection.receive(stream, segment, out)
            stream.refresh()
            peer = stream.peer
            peer.refresh()
            if connection.reset is not None or stream.pending or peer.pending:
                self._arm(connection)
        if segment.at_ns >= connection.alarm_ns:
            self._end_patience(connection, segment.at_ns, out)
        self._pass_time(segment.at_ns, out)
        return out or _NOTHING

    def _let_pass(self, stream: Stream, segment: Segment) -> Sequence[Delivery | Notice]:
        """Only count a segment of a connection that is not followed any more."""
        out: Out = []
        if self._left:
            self._tidy(out)
        stream.connection.last_ns = segment.at_ns
        stream.packets += 1
        self._pass_time(segment.at_ns, out)
        return out or _NOTHING

    # The table of connections

    def _meet(self, endpoints: bytes, segment: Segment, out: Out, *, copy: bool) -> Stream | None:
        """Return the stream of a segment that has none yet; None when it is a part of a handshake, and kept as such."""
        half_open = self._half_open
        if not copy and half_open.answered(segment):
            return None
        self._make_room(segment, out)
        handshake = half_open.take(segment)
        if handshake is not None:
            self._follow(handshake, out)
            stream = self._streams[endpoints]
            if copy or stream.connection.belongs(stream, segment):
                return stream
            return self._replace(endpoints, stream, segment, out)
        if not opens(segment):
            return self._open(endpoints, segment)
        if len(half_open) >= self._max_half_open:
            half_open.forget_oldest(max(1, self._max_half_open // 10))
            self._say_too_many(self._max_half_open, segment, out)
        self._numbers += 1
        half_open.add(endpoints, self._numbers, segment)
        return None

    def _follow(self, handshake: Handshake, out: Out) -> None:
        """Receive the segments of a handshake as if they came now."""
        number, first, answer = handshake
        stream = self._open(first.source + first.destination, first, number=number)
        if answer is not None:
            stream.connection.open_whole(first, answer)
            return
        stream.packets += 1
        stream.connection.receive(stream, first, out)
        stream.refresh()
        stream.peer.refresh()

    def _open(self, endpoints: bytes, segment: Segment, *, number: int | None = None) -> Stream:
        if number is None:
            self._numbers = number = self._numbers + 1
        connection = Connection(number, segment, self._shared)
        self._connections[number] = connection
        sender = connection.originator
        if sender.endpoint != segment.source:
            sender = connection.responder
        self._streams[segment.destination + segment.source] = sender.peer
        self._streams[endpoints] = sender
        return sender

    def _replace(self, endpoints: bytes, stream: Stream, segment: Segment, out: Out) -> Stream:
        """Start a new connection on the ports of an old one; strays that the old one kept come first."""
        self._make_room(segment, out)
        old = stream.connection
        kept = [] if segment.flags & SYN else sorted(old.strays(), key=_number)
        first = kept[0] if kept else segment
        if not old.forgotten:
            old.conclude(Ending.REPLACED, Mark(first.at_ns, first.number), out)
        if old.forgotten or old.carried:
            self._left.append(old.number)
        self._open(first.source + first.destination, first)
        for stray in kept:
            sender = self._streams[stray.source + stray.destination]
            sender.connection.receive(sender, stray, out)
        return self._streams[endpoints]

    def _make_room(self, segment: Segment, out: Out) -> None:
        """At the bound, let a tenth of the connections go: who closed, then who carried nothing, then the idlest."""
        if len(self._connections) < self._max_flows:
            return
        wanted = max(1, self._max_flows // 10)
        followed = sorted(self._connections.values(), key=attrgetter("last_ns"))
        leaving = list(islice((one for one in followed if one.forgotten or one.closed), wanted))
        if len(leaving) < wanted:
            leaving = sorted(followed, key=_worth)[:wanted]
        if not all(connection.closed or connection.forgotten for connection in leaving):
            self._say_too_many(self._max_flows, segment, out)
        for connection in leaving:
            self._leave(connection, out)

    def _say_too_many(self, bound: int, segment: Segment, out: Out) -> None:
        if not self._said_too_many:
            self._said_too_many = True
            out.append(too_many_flows(bound, segment.number))

    def _in_table(self, connection: Connection) -> bool:
        there = self._streams.get(connection.originator.endpoint + connection.responder.endpoint)
        return there is not None and there.connection is connection

    def _leave(self, connection: Connection, out: Out) -> None:
        """Take a connection out of the table; one of which nothing was ever delivered goes without a word."""
        if not connection.forgotten and not connection.silent:
            connection.conclude(Ending.CAPTURE_ENDED, Mark(connection.last_ns, 0), out)
        self._take_out(connection)

    def _take_out(self, connection: Connection) -> None:
        if self._in_table(connection):
            for stream in connection.streams:
                self._streams.pop(stream.endpoint + stream.peer.endpoint, None)
        self._left.append(connection.number)

    def _tidy(self, out: Out) -> None:
        """Of connections that are not followed any more, keep the facts of those that carried something."""
        for number in self._left:
            connection = self._connections.pop(number, None)
            if connection is None:
                continue
            if connection.carried and not connection.forgotten:
                self._keep_facts(connection, out)
            connection.untie()
        self._left.clear()

    def _keep_facts(self, connection: Connection, out: Out) -> None:
        if len(self._facts) < self._max_kept:
            self._facts[connection.number] = connection.facts()
        elif not self._said_left_out:
            self._said_left_out = True
            out.append(flows_left_out(self._max_kept, connection.first_packet))

    # Patience

    def _arm(self, connection: Connection) -> None:
        due = connection.deadline()
        if due < connection.alarm_ns:
            connection.alarm_ns = due
            if len(self._alarms) >= ALARMS_EACH * self._max_flows:
                self._alarms.keep(self._means_something)
            self._alarms.add(due, connection.number)

    def _means_something(self, due_ns: int, number: int) -> bool:
        connection = self._connections.get(number)
        return connection is not None and connection.alarm_ns == due_ns

    def _pass_time(self, at_ns: int, out: Out) -> None:
        now_ns = confirmed_time(self._before_ns, at_ns)
        self._before_ns = at_ns
        if now_ns >= self._alarms.next_ns:
            self._expire(now_ns, out)

    def _expire(self, now_ns: int, out: Out) -> None:
        for due_ns, number in self._alarms.ring(now_ns):
            if self._means_something(due_ns, number):
                self._end_patience(self._connections[number], now_ns, out)

    def _end_patience(self, connection: Connection, now_ns: int, out: Out) -> None:
        connection.alarm_ns = NEVER
        if not connection.forgotten:
            connection.expire(now_ns, out)
            self._arm(connection)


def _number(segment: Segment) -> int:
    return segment.number


def _worth(connection: Connection) -> tuple[bool, bool, bool, int]:
    """Order connections by how much is lost when they are dropped."""
    return (not connection.forgotten, not connection.closed, connection.carried, connection.last_ns)
