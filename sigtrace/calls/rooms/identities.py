"""Whose channel it is: the id a server gave, the one a client goes by, or the one that its messages give away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.rooms.addressees import find_addressees
from sigtrace.calls.rooms.meeting import rooms_of
from sigtrace.signaling.bearer import SESSION_OF_FLOW, session_of_channel
from sigtrace.signaling.room_events import (
    Delivered,
    Identified,
    JoinAsked,
    Joined,
    JoinRefused,
    PeerJoined,
    Polled,
    Sent,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.signaling.bearer import Bearer
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent


class Identities:
    """The peers behind the channels of one session.

    What the server says goes first, then what a client says of itself. A channel of which nothing is said is named by
    what pairing its messages shows, and goes else by what the channel itself tells, or its client's address.
    """

    def __init__(self, events: Sequence[RoomEvent]) -> None:
        self._by_channel: dict[str, PeerId] = {}
        self._otherwise: dict[str, str] = {}  # by channel: what it goes by when nothing is said
        self.names: dict[PeerId, str] = {}
        self.told: set[PeerId] = set()  # ids that the server mentioned
        self.rooms = rooms_of(events)
        self._refused: set[str] = set()  # channels
        self._lasting: set[str] = set()  # channels that are more than single answers
        said: dict[str, PeerId] = {}
        for event in events:
            self._note(event, said)
        for channel, peer in said.items():
            self._by_channel.setdefault(channel, peer)
        for channel, peer in find_addressees(events, self.rooms):
            self._by_channel.setdefault(channel, peer)
        self._name_refused()
        self._placed = set(self._by_channel.values())

    def _note(self, event: RoomEvent, said: dict[str, PeerId]) -> None:
        bearer = event.bearer
        if bearer.channel not in self._otherwise:
            by_address = bearer.channel.startswith("http ")
            address = bearer.client.address if by_address else str(bearer.client)
            self._otherwise[bearer.channel] = address if bearer.peer is None else bearer.peer
        if not (bearer.is_exchange and bearer.channel.startswith(SESSION_OF_FLOW)):
            self._lasting.add(bearer.channel)
        if isinstance(event, Identified | Joined) and event.peer is not None:
            (said if bearer.from_client else self._by_channel).setdefault(bearer.channel, event.peer)
        elif isinstance(event, JoinAsked | Polled) and event.peer is not None:
            said.setdefault(bearer.channel, event.peer)
        elif isinstance(event, Sent) and event.sender is not None:
            said.setdefault(bearer.channel, event.sender)
        elif isinstance(event, Delivered) and event.sender is not None:
            self.told.add(event.sender)
        elif isinstance(event, JoinRefused):
            self._refused.add(bearer.channel)
        self._note_told(event)

    def _name_refused(self) -> None:
        """A client that is refused one namespace is who it is in the others of its session."""
        others = {session_of_channel(channel): peer for channel, peer in reversed(self._by_channel.items())}
        for channel in self._refused:
            peer = others.get(session_of_channel(channel))
            if peer is not None:
                self._by_channel.setdefault(channel, peer)

    def _note_told(self, event: RoomEvent) -> None:
        if isinstance(event, PeerJoined):
            self.told.add(event.peer)
        if isinstance(event, Joined):
            self.told.update(other.peer for other in event.others)
            for other in event.others:
                if other.name:
                    self.names.setdefault(other.peer, other.name)
        elif isinstance(event, Identified | PeerJoined) and event.name:
            self.names.setdefault(event.peer, event.name)
        elif isinstance(event, JoinAsked) and event.name:
            peer = event.peer if event.peer is not None else self._by_channel.get(event.bearer.channel)
            self.names.setdefault(self.of(event.bearer) if peer is None else peer, event.name)
        elif isinstance(event, Sent | Delivered) and event.name:
            peer = self.of(event.bearer) if isinstance(event, Sent) and event.sender is None else event.sender
            if peer is not None:
                self.names.setdefault(peer, event.name)

    def known(self, channel: str) -> PeerId | None:
        """Return the id that a channel goes by; None when nothing told yet."""
        return self._by_channel.get(channel)

    def learn(self, channel: str, peer: PeerId) -> None:
        """Take a channel for a peer's, since a message that went there was for it, or came from it."""
        if channel not in self._by_channel and peer not in self._placed:
            self._by_channel[channel] = peer
            self._placed.add(peer)

    def of(self, bearer: Bearer) -> PeerId:
        """Return the peer behind a bearer."""
        peer = self._by_channel.get(bearer.channel)
        return self._otherwise.get(bearer.channel, str(bearer.client)) if peer is None else peer

    def receiver(self, bearer: Bearer) -> PeerId | None:
        """Return who got something; None where that is nobody known: see `strangers`."""
        known = bearer.channel in self._lasting or bearer.channel in self._by_channel
        return self.of(bearer) if known else None

    def strangers(self) -> set[PeerId]:
        """Return what stands for nobody known: connections of which only answers were captured that polls got.

        A client that polls has many connections, so that one of them is no peer.
        """
        passing = self._otherwise.keys() - self._lasting - self._by_channel.keys()
        return {self._otherwise[channel] for channel in passing}

    def channels(self) -> dict[PeerId, list[str]]:
        """Return the channels of every peer, in the order they were first met."""
        channels: dict[PeerId, list[str]] = {}
        for channel, otherwise in self._otherwise.items():
            channels.setdefault(self._by_channel.get(channel, otherwise), []).append(channel)
        return channels
