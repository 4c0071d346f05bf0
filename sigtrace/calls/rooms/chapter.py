"""One session of a protocol of rooms: its peers and their stays, waits, signals, calls and acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.chapter import Chapter
from sigtrace.calls.negotiation import find_calls
from sigtrace.calls.rooms.coverage import Coverage
from sigtrace.calls.rooms.identities import Identities
from sigtrace.calls.rooms.legs import pair_legs, settle
from sigtrace.calls.rooms.neighbours import tell_apart
from sigtrace.calls.rooms.occurrences import find_acts
from sigtrace.calls.rooms.overheard import find_overheard
from sigtrace.calls.rooms.polls import HangingPolls, poll_of
from sigtrace.calls.rooms.routes import Router
from sigtrace.calls.rooms.stays import Stays
from sigtrace.calls.sessions import Session
from sigtrace.signaling.bearer import session_of_channel
from sigtrace.signaling.room_events import Delivered, Polled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sigtrace.application.socketio.packet import Poll
    from sigtrace.calls.rooms.meeting import Meeting
    from sigtrace.calls.surroundings import Surroundings
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent


def write_room_chapter(number: int, meeting: Meeting, around: Surroundings) -> Chapter:
    """Make out of the events of one server who was there, who said what to whom, and what came of it."""
    events = tell_apart(meeting.events)
    identities = Identities(events)
    legs = pair_legs(events, identities, identities.rooms | _unknown_receivers(events, identities), around.channels)
    polled = [event for event in events if isinstance(event, Polled)]
    polls = _polls_of(identities, [*around.polls, *map(poll_of, polled)])
    exchanges = {**around.exchanges, **{event.exchange.number: event.exchange for event in polled}}
    coverage = Coverage(identities, polls, around)
    signals = Router(number, meeting, identities, polls, coverage).signals(legs)
    overheard = find_overheard(legs, identities)
    negotiated = [signal for place, signal in enumerate(signals) if place not in overheard]
    strangers = identities.strangers()
    stays = Stays(number, meeting, identities, around.channels).collect(events)
    peers = [peer for peer in stays if peer.id not in strangers]
    calls = find_calls(number, negotiated, peers, None)
    session = Session(
        number=number,
        server=meeting.server,
        protocol=meeting.protocol,
        started_ns=events[0].at_ns,
        restarted=False,
    )
    return Chapter(
        session,
        peers,
        HangingPolls(exchanges, around.engines, around.last_ns).waits(number, polls, signals, events),
        signals,
        calls,
        find_acts(number, settle(events, legs), identities, around.channels),
        frozenset(call.number for call in calls if coverage.hides_answer(call)),
    )


def _unknown_receivers(events: Iterable[RoomEvent], identities: Identities) -> set[PeerId]:
    """Return whom messages named that another got: rooms whose joining was not captured, or other names of peers."""
    receivers: set[PeerId] = set()
    for event in events:
        if isinstance(event, Delivered) and event.receiver is not None:
            own = identities.known(event.bearer.channel)
            if own not in (None, event.receiver):
                receivers.add(event.receiver)
    return receivers


def _polls_of(identities: Identities, polls: Sequence[Poll]) -> dict[PeerId, list[Poll]]:
    """Return the polls of each peer; one in several namespaces polls for all of them as whom it was met first."""
    owners: dict[str, PeerId] = {}
    for peer, keys in identities.channels().items():
        for key in keys:
            owners.setdefault(session_of_channel(key), peer)
    mine: dict[PeerId, list[Poll]] = {}
    for poll in polls:
        owner = owners.get(poll.channel)
        if owner is not None:
            mine.setdefault(owner, []).append(poll)
    return mine
