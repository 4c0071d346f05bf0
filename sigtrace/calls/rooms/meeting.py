"""The room events of one protocol on one server: what becomes a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.rooms.homes import bring_home
from sigtrace.signaling.room_events import JoinAsked, Joined
from sigtrace.value import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent


class Meeting(Struct):
    """The room events of one protocol on one server, in order of time."""

    server: Endpoint
    protocol: str
    events: list[RoomEvent]


def split_meetings(protocol: str, events: Iterable[RoomEvent]) -> list[Meeting]:
    """Group events by server, those of one resource together; the events in each group are in order of time."""
    meetings: dict[Endpoint, Meeting] = {}
    for server, event in bring_home(sorted(events, key=_place_in_time)):
        meetings.setdefault(server, Meeting(server, protocol, [])).events.append(event)
    return list(meetings.values())


def rooms_of(events: Iterable[RoomEvent]) -> set[PeerId]:
    """Return the rooms that were joined: a message for one is for all in it."""
    return {event.room for event in events if isinstance(event, JoinAsked | Joined) and event.room is not None}


def _place_in_time(event: RoomEvent) -> tuple[int, int, int]:
    return event.at_ns, event.bearer.span.first_packet, event.bearer.number
