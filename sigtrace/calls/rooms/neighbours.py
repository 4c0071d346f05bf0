"""Several clients behind one address, which is all that a channel of plain HTTP is until they say who they are.

Two programs tried out on one machine, or two people behind one router, have one address. Where requests from there name
more than one peer, each of them is a channel of its own; what names nobody goes with its connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.rooms.meeting import rooms_of
from sigtrace.signaling.room_events import Delivered, Identified, JoinAsked, Joined, Polled, Sent
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent


def tell_apart(events: Sequence[RoomEvent]) -> list[RoomEvent]:
    """Return the events with channels that are one peer's each, as far as they say whose they are."""
    rooms = rooms_of(events)
    named: dict[str, set[PeerId]] = {}
    of_connection: dict[Endpoint, set[PeerId]] = {}
    for event in events:
        peer = _named(event, rooms)
        if peer is not None and event.bearer.channel.startswith("http "):
            named.setdefault(event.bearer.channel, set()).add(peer)
            of_connection.setdefault(event.bearer.client, set()).add(peer)
    shared = {channel for channel, peers in named.items() if len(peers) > 1}
    return [
        _apart(event, _named(event, rooms), of_connection) if event.bearer.channel in shared else event
        for event in events
    ]


def _named(event: RoomEvent, rooms: Collection[PeerId]) -> PeerId | None:
    """Return the peer whose channel an event says it is; what is delivered for a room says nothing of that."""
    if isinstance(event, Sent):
        return event.sender
    if isinstance(event, Delivered):
        return None if event.receiver in rooms else event.receiver
    return event.peer if isinstance(event, Identified | JoinAsked | Joined | Polled) else None


def _apart(event: RoomEvent, peer: PeerId | None, of_connection: dict[Endpoint, set[PeerId]]) -> RoomEvent:
    known = of_connection.get(event.bearer.client, set())
    if peer is None and len(known) == 1:
        (peer,) = known
    if peer is None:
        return event
    return replace(event, bearer=event.bearer._replace(channel=f"{event.bearer.channel} {peer}"))
