"""Plain Socket.IO: events of any program, where no protocol that we know claims them.

What clients say to each other by way of the server shows by its copies; all else is between one client and the server,
and remarked with its name and arguments. A namespace is no room: everyone who needs it is in it, and rooms of Socket.IO
are only known to the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.socketio.packet import SocketPacket, SocketPacketKind
from sigtrace.signaling.bearer import bearer_of
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.room_events import Delivered, Remarked, Sent
from sigtrace.signaling.socket_arguments import show_arguments
from sigtrace.signaling.socket_lifecycle import decode_lifecycle
from sigtrace.signaling.socket_relays import content_of_copy, find_relays
from sigtrace.text import keep_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import SignalingEvent


class SocketIO(SignalingProtocol):
    """socket.io: connects, events and acknowledgements of any program; yields to every protocol that knows more."""

    name = "socket.io"

    def fit(self, unit: Unit) -> Fit:
        """Say whether a unit is a packet of Socket.IO at all."""
        return Fit.GENERIC if isinstance(unit, SocketPacket) else Fit.NONE

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what a packet says by itself: an event is between its client and the server."""
        if not isinstance(unit, SocketPacket):
            return
        if unit.kind is SocketPacketKind.EVENT:
            wanted = "" if unit.ack is None else f"ack {unit.ack} wanted"
            text = ", ".join(filter(None, (show_arguments(unit), wanted)))
            yield _remark(unit, keep_text(unit.name or ""), text)
        elif unit.kind is SocketPacketKind.ACK:
            yield _remark(unit, f"ack {unit.ack}", show_arguments(unit))
        else:
            yield from decode_lifecycle(unit)

    def decode_together(self, units: Sequence[Unit]) -> Iterator[SignalingEvent | Notice]:
        """Yield what packets say; an event that the server passed on to others is a message between clients."""
        packets = [unit for unit in units if isinstance(unit, SocketPacket)]
        relays = find_relays(packets)
        for packet in packets:
            relay = relays.get(packet.number)
            if relay is None:
                yield from self.decode(packet)
                continue
            bearer, content = bearer_of(packet), content_of_copy(packet, relay)
            if packet is relay.said:
                yield Sent(bearer=bearer, at_ns=packet.at_ns, content=content, to_all=relay.to_many)
            else:
                yield Delivered(bearer=bearer, at_ns=packet.at_ns, content=content)


def _remark(packet: SocketPacket, name: str, text: str) -> Remarked:
    return Remarked(bearer=bearer_of(packet), at_ns=packet.at_ns, name=name, text=text)
