"""One TCP connection: its two streams, who opened and closed it, and which segments still belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.packets.endpoint import decode_endpoint
from sigtrace.packets.packet import ACK, FIN, RST, SYN
from sigtrace.streams.flow import Closer, Ending, Flow
from sigtrace.streams.patience import NEVER, RESET_NS, deadline
from sigtrace.streams.sequence import HALF, MASK, PLAUSIBLE, UNKNOWN, difference
from sigtrace.streams.stream import Mark, Stream

if TYPE_CHECKING:
    from sigtrace.packets.packet import Segment
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
        "handshake_seen",
        "last_ns",
        "number",
        "opened_ns",
        "originator",
        "reports",
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
        self.reports: Reports | None = None
