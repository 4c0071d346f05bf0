"""Whose a resource is: the meeting and the channel in which its address was told, whatever way its requests take.

A server may answer that what it made for a client is to be found on another host (RFC 9725 §4.2), and a client goes on
from another address when its network changes. Nobody else knows the address, so all that goes there is between the two
that it came up between first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigtrace.signaling.room_events import Direct
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.bearer import Bearer
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent


class _Home(NamedTuple):
    bearer: Bearer
    resource: PeerId | None  # what it is called there


def bring_home(events: Iterable[RoomEvent]) -> Iterator[tuple[Endpoint, RoomEvent]]:
    """Yield each event with the server of its meeting: its own, or where its address came up first.

    Args: events: of one protocol, in order of time.
    """
    homes: dict[str, _Home] = {}
    for event in events:
        if event.url is None:
            yield event.bearer.server, event
            continue
        resource = event.resource if isinstance(event, Direct) else None
        home = homes.get(event.url)
        if home is None or (home.resource is None and resource is not None):
            homes[event.url] = home = _Home(event.bearer if home is None else home.bearer, resource)
        yield home.bearer.server, _settled(event, home)


def _settled(event: RoomEvent, home: _Home) -> RoomEvent:
    """Return an event as said in its home: by the channel known there, of what goes by its name there."""
    bearer = event.bearer
    if bearer.channel != home.bearer.channel:
        event = replace(event, bearer=bearer._replace(channel=home.bearer.channel))
    if isinstance(event, Direct) and home.resource is not None and event.resource != home.resource:
        event = replace(event, resource=home.resource)
    return event
