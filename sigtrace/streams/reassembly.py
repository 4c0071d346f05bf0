"""Segments in capture order → the ordered streams of every TCP connection, with gaps and ends.

This is the door of `streams/`: it finds the connection of a segment, passes the ordinary segment through on a short
path, and looks after what concerns all connections: numbers, copies, patience and bounds.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from sigtrace.packets.endpoint import decode_endpoint
from sigtrace.packets.packet import ACK, FIN, RST, SYN
from sigtrace.streams.connection import Connection
from sigtrace.streams.copies import GENERATION, Copies
from sigtrace.streams.flow import Chunk, Delivery, Ending, Ends
from sigtrace.streams.outlet import Mark
from sigtrace.streams.patience import confirmed_time
from sigtrace.streams.report import too_many_flows
from sigtrace.streams.sequence import HALF, MASK, NEVER
from sigtrace.streams.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.notices import Notice
    from sigtrace.packets.packet import Segment
    from sigtrace.streams.flow import Flow
    from sigtrace.streams.shared import Out
    from sigtrace.streams.stream import Stream

# Connections followed at one time, some 1.5 KiB each. A busy signaling server has tens of thousands open; a SYN flood
# makes as many as it likes.
MAX_FLOWS: Final = 100_000

_KIND: Final = ACK | SYN | FIN | RST
_NOTHING: Final[tuple[Delivery | Notice, ...]] = ()


class Reassembler:
    """Puts the streams of TCP connections in order.

    Args:
        digest: whether `Counts.sha256` of the delivered bytes is wanted, per direction.
        max_flows: connections followed at one time.
    """

    def __init__(self, *, digest: bool = False, max_flows: int = MAX_FLOWS) -> None:
        self._shared = Shared(digest=digest)
        self._copies = Copies()
        self._streams: dict[bytes, Stream] = {}  # packed source and destination → the stream between them
        self._connections: dict[int, Connection] = {}
        self._numbers = 0
        self._alarms: list[tuple[int, int]] = []  # a heap: when patience ends, of which connection
        self._next_alarm_ns = NEVER
        self._before_ns = 0  # time of the segment before
        self._max_flows = max_flows
        self._settled = 0  # connections that are kept for their facts alone
        self._dropped: list[int] = []  # not followed any more; known until room is made, as deliveries may name them
        self._said_too_many = False

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
            or at_ns >= self._next_alarm_ns
        ):
            return self._examine(endpoints, stream, segment)
        # The ordinary segment: an acknowledgment, or data in order, and nothing else to learn from it.
        connection = stream.connection
        connection.last_ns = self._before_ns = at_ns
        stream.packets += 1
        if not length:
            stream.copies += self._copies.seen(endpoints, segment)
            return _NOTHING
        recent = self._copies.recent
        recent[endpoints, sequence, acknowledgment, flags, window, length, identity] = (at_ns, interface)
        if len(recent) >= GENERATION:
            self._copies.rotate()
        stream.bytes += length
        self._shared.delivered.append((stream, stream.next, payload))
        stream.next += length
        if stream.digest is not None:
            stream.digest.update(payload)
        return [Delivery(connection.number, stream.from_originator, Chunk(payload, at_ns, number))]

    def advance(self, at_ns: int) -> Sequence[Delivery | Notice]:
        """Let the time of the capture pass without a segment: holes are given up whose time has come."""
        out: Out = []
        if at_ns >= self._next_alarm_ns:
            self._expire(at_ns, out)
        return out

    def close(self) -> Sequence[Delivery | Notice]:
        """End the capture: what waits is delivered, holes become gaps, open directions end with CAPTURE_ENDED."""
        out: Out = []
        for connection in self._connections.values():
            if not connection.forgotten:
                connection.conclude(Ending.CAPTURE_ENDED, Mark(connection.last_ns, 0), out)
        self._streams.clear()
        self._alarms.clear()
        self._next_alarm_ns = NEVER
        return out

    def flow(self, number: int) -> Flow:
        """Return what is known of a flow now. Raises KeyError when it is not known any more."""
        return self._connections[number].facts()

    def ends(self, number: int) -> Ends:
        """Return who opened a flow and who answered, as known now. Raises KeyError when it is not known any more."""
        connection = self._connections[number]
        return Ends(
            decode_endpoint(connection.originator.endpoint),
            decode_endpoint(connection.responder.endpoint),
            connection.handshake_seen,
        )

    def flows(self) -> list[Flow]:
        """Return the facts of all flows that are still known, by number."""
        return [self._connections[number].facts() for number in sorted(self._connections)]

    def forget(self, number: int) -> tuple[bytes, bytes]:
        """Stop reassembling a flow; its facts stay until its ports are used again.

        Returns: its packed endpoints, the originator's first. Raises KeyError when the flow is not known any more.
        """
        connection = self._connections[number]
        originator, responder = connection.originator.endpoint, connection.responder.endpoint
        if not connection.forgotten:
            if connection.settled:
                connection.settled = False
                self._settled -= 1
                self._dropped.append(number)
            connection.forget()
        return originator, responder

    # One segment, whole

    def _examine(self, endpoints: bytes, stream: Stream | None, segment: Segment) -> Sequence[Delivery | Notice]:
        out: Out = []
        copy = self._copies.seen(endpoints, segment)
        if stream is None:
            stream = self._open(endpoints, segment, out)
        elif not copy and not stream.connection.belongs(stream, segment):
            stream = self._replace(endpoints, stream, segment, out)
        connection = stream.connection
        connection.last_ns = segment.at_ns
        stream.packets += 1
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
        now_ns = confirmed_time(self._before_ns, segment.at_ns)
        self._before_ns = segment.at_ns
        if now_ns >= self._next_alarm_ns:
            self._expire(now_ns, out)
        return out or _NOTHING

    # The table of connections

    def _open(self, endpoints: bytes, segment: Segment, out: Out) -> Stream:
        if len(self._connections) - self._settled >= self._max_flows:
            self._make_room(segment, out)
        self._numbers += 1
        connection = Connection(self._numbers, segment, self._shared)
        self._connections[connection.number] = connection
        sender = connection.originator
        if sender.endpoint != segment.source:
            sender = connection.responder
        self._streams[segment.destination + segment.source] = sender.peer
        self._streams[endpoints] = sender
        return sender

    def _replace(self, endpoints: bytes, stream: Stream, segment: Segment, out: Out) -> Stream:
        """Start a new connection on the ports of an old one; strays that the old one kept come first."""
        old = stream.connection
        kept = [] if segment.flags & SYN else sorted(old.strays(), key=_number)
        first = kept[0] if kept else segment
        if old.forgotten:
            self._dropped.append(old.number)
        else:
            old.conclude(Ending.REPLACED, Mark(first.at_ns, first.number), out)
            if old.carried:
                self._settle(old)
        self._open(first.source + first.destination, first, out)
        for stray in kept:
            sender = self._streams[stray.source + stray.destination]
            sender.connection.receive(sender, stray, out)
        return self._streams[endpoints]

    def _make_room(self, segment: Segment, out: Out) -> None:
        """Let a tenth of the connections go: forgotten, closed and empty ones first, then those idle for longest."""
        for number in self._dropped:
            self._connections.pop(number).untie()
        self._dropped.clear()
        if len(self._connections) - self._settled < self._max_flows:
            return
        followed = [known for known in self._connections.values() if not known.settled]
        followed.sort(key=_worth)
        for connection in followed[: max(1, self._max_flows // 10)]:
            self._leave(connection, out)
        if not self._said_too_many:
            self._said_too_many = True
            out.append(too_many_flows(self._max_flows, segment.number))

    def _in_table(self, connection: Connection) -> bool:
        there = self._streams.get(connection.originator.endpoint + connection.responder.endpoint)
        return there is not None and there.connection is connection

    def _leave(self, connection: Connection, out: Out) -> None:
        """Take a connection out of the table; one of which nothing was ever delivered goes without a word."""
        if not connection.forgotten and not connection.silent:
            connection.conclude(Ending.CAPTURE_ENDED, Mark(connection.last_ns, 0), out)
        if self._in_table(connection):
            for stream in connection.streams:
                self._streams.pop(stream.endpoint + stream.peer.endpoint, None)
        if connection.carried and not connection.forgotten:
            self._settle(connection)
        else:
            self._dropped.append(connection.number)

    def _settle(self, connection: Connection) -> None:
        connection.settled = True
        self._settled += 1

    # Patience

    def _arm(self, connection: Connection) -> None:
        due = connection.deadline()
        if due < connection.alarm_ns:
            connection.alarm_ns = due
            heappush(self._alarms, (due, connection.number))
            self._next_alarm_ns = self._alarms[0][0]

    def _expire(self, now_ns: int, out: Out) -> None:
        alarms = self._alarms
        while alarms and alarms[0][0] <= now_ns:
            due, number = heappop(alarms)
            connection = self._connections.get(number)
            if connection is not None and connection.alarm_ns == due:
                self._end_patience(connection, now_ns, out)
        self._next_alarm_ns = alarms[0][0] if alarms else NEVER

    def _end_patience(self, connection: Connection, now_ns: int, out: Out) -> None:
        connection.alarm_ns = NEVER
        if not connection.forgotten:
            connection.expire(now_ns, out)
            self._arm(connection)


def _number(segment: Segment) -> int:
    return segment.number


def _worth(connection: Connection) -> tuple[bool, bool, bool, int]:
    """Order connections by how much is lost when they are dropped."""
    return (not connection.forgotten, connection.carried, not connection.closed, connection.last_ns)
