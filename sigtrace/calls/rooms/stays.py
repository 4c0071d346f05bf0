"""Stays: which peer was in which room from when to when, and how it left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sigtrace.calls.peers import Departure, Peer
from sigtrace.signaling.room_events import (
    Delivered,
    Direct,
    Identified,
    JoinAsked,
    Joined,
    JoinRefused,
    LeaveAsked,
    PeerJoined,
    PeerLeft,
    Sent,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sigtrace.calls.rooms.channels import Channel
    from sigtrace.calls.rooms.identities import Identities
    from sigtrace.calls.rooms.meeting import Meeting
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent


@dataclass(slots=True)
class _Stay:
    """One peer in one room while its events are read."""

    peer: PeerId
    room: str | None
    channel: str | None
    joined_ns: int | None = None
    sign_in: int | None = None
    left_ns: int | None = None
    left: Departure | None = None
    confirmed: bool = False  # the server said that it is in


@dataclass(slots=True)
class _Member:
    """What is known of one peer over all its stays."""

    stays: list[_Stay] = field(default_factory=list)
    address: str | None = None
    is_server: bool = False


class Stays:
    """Collects the stays of one session's peers.

    Args:
        number: of the session.
        meeting: its protocol and server.
        identities: of its channels, with all that pairing told.
        channels: how each began and ended.
    """

    def __init__(self, number: int, meeting: Meeting, identities: Identities, channels: Mapping[str, Channel]) -> None:
        self._number = number
        self._protocol = meeting.protocol
        self._server = meeting.server
        self._identities = identities
        self._channels = channels
        self._members: dict[PeerId, _Member] = {}

    def collect(self, events: Iterable[RoomEvent]) -> list[Peer]:
        """Return the stays, in the order their peers appeared."""
        for event in events:
            self._note(event)
        for peer, keys in self._identities.channels().items():
            for key in keys:
                self._end_channel(peer, key)
        return [self._peer(member, stay) for member in self._members.values() for stay in member.stays]

    def _note(self, event: RoomEvent) -> None:
        own = self._identities.of(event.bearer)
        member = self._meet(own, event)
        if isinstance(event, JoinAsked):
            self._ask(member, own, event)
        elif isinstance(event, Joined):
            self._join(member, own, event)
            for other in event.others:
                self._meet_told(other.peer, event.room or _stay_on(member, event).room)
        elif isinstance(event, JoinRefused):
            self._refuse(member, event)
        elif isinstance(event, LeaveAsked):
            _leave(member.stays, event.room, event.at_ns, Departure.SIGNED_OUT)
        elif isinstance(event, PeerJoined):
            self._meet_told(event.peer, event.room or _only_room(member), event.at_ns)
        elif isinstance(event, PeerLeft):
            self._tell_left(event)
        elif isinstance(event, Direct):
            self._meet_told(event.resource, None).is_server = True
        else:
            self._hear(member, event)

    def _hear(self, member: _Member, event: RoomEvent) -> None:
        """Meet whom a message is for or from, where no joining told of them: with signalmaster, none ever does."""
        if isinstance(event, Sent) and event.receiver is not None and event.receiver in self._identities.told:
            self._meet_told(event.receiver, None)
        elif isinstance(event, Delivered) and event.sender is not None and event.sender not in self._members:
            self._meet_told(event.sender, _only_room(member))

    def _meet(self, peer: PeerId, event: RoomEvent) -> _Member:
        """Return a peer that has a channel here; from its first event on it is there, in no room yet."""
        member = self._members.setdefault(peer, _Member())
        if member.address is None:
            member.address = event.bearer.client.address
        if not member.stays:
            member.stays.append(_Stay(peer, None, event.bearer.channel))
        stay = member.stays[-1]
        if stay.channel is None:
            stay.channel = event.bearer.channel
        if isinstance(event, Identified) and stay.joined_ns is None and self._began_here(event.bearer.channel):
            stay.joined_ns, stay.sign_in = event.at_ns, event.bearer.number
        return member

    def _began_here(self, channel: str) -> bool:
        known = self._channels.get(channel)
        return known is not None and known.opened_ns is not None

    def _meet_told(self, peer: PeerId, room: str | None, joined_ns: int | None = None) -> _Member:
        """Return a peer that others were told of; it may have no channel in this capture."""
        member = self._members.setdefault(peer, _Member())
        if not member.stays:
            member.stays.append(_Stay(peer, room, None, joined_ns=joined_ns))
        elif member.stays[-1].room is None:
            member.stays[-1].room = room
        if member.stays[-1].joined_ns is None:
            member.stays[-1].joined_ns = joined_ns
        return member

    def _ask(self, member: _Member, peer: PeerId, event: JoinAsked) -> None:
        """Being let in may never be confirmed: then the asking is all there is to date a stay by."""
        stay = _stay_on(member, event)
        if stay.confirmed or stay.left_ns is not None or stay.channel != event.bearer.channel:
            stay = _Stay(peer, None, event.bearer.channel)
            member.stays.append(stay)
        stay.room = event.room if event.room is not None else stay.room
        stay.joined_ns, stay.sign_in = event.at_ns, event.bearer.number

    def _join(self, member: _Member, peer: PeerId, event: Joined) -> None:
        stay = _stay_on(member, event)
        if stay.left_ns is not None or (stay.confirmed and event.room not in (None, stay.room)):
            stay = _Stay(peer, None, event.bearer.channel)
            member.stays.append(stay)
        if event.room is not None:
            stay.room = event.room
        if not stay.confirmed:
            stay.joined_ns = event.at_ns
            stay.sign_in = stay.sign_in if stay.sign_in is not None else event.bearer.number
        stay.confirmed = True

    def _refuse(self, member: _Member, event: JoinRefused) -> None:
        """It stays connected, and is in no room, or still in the one before."""
        stay = _stay_on(member, event)
        if stay.confirmed or stay.channel != event.bearer.channel:
            return
        if len(member.stays) > 1:
            member.stays = [one for one in member.stays if one is not stay]
        else:
            stay.room = stay.joined_ns = None

    def _tell_left(self, event: PeerLeft) -> None:
        """Where a server confirms joining, what others are told before that is of the stay before."""
        stays = self._meet_told(event.peer, event.room).stays
        if any(stay.confirmed for stay in stays):
            stays = [stay for stay in stays if stay.confirmed or stay.channel is None]
        if self._identities.of(event.bearer) == event.peer:
            self._tell_leaver(stays, event)
        else:
            _leave(stays, event.room, event.at_ns, Departure.VANISHED)

    def _tell_leaver(self, stays: Sequence[_Stay], event: PeerLeft) -> None:
        """Signalmaster tells the leaver too, so it is still there: it left as it wished, perhaps for another room."""
        still = (stay for stay in stays if stay.left_ns is None or stay.left is Departure.VANISHED)
        meant = next((stay for stay in still if event.room in (None, stay.room)), None)
        if meant is None:
            return
        every = self._members[event.peer].stays
        following = next((stay.joined_ns for stay in every[every.index(meant) + 1 :]), None)
        told_ns = event.at_ns if meant.left_ns is None else meant.left_ns
        meant.left_ns = told_ns if following is None else min(following, told_ns)
        meant.left = Departure.SIGNED_OUT

    def _end_channel(self, peer: PeerId, key: str) -> None:
        channel = self._channels.get(key)
        member = self._members.get(peer)
        if channel is None or channel.closed_ns is None or member is None:
            return
        departure = Departure.VANISHED
        if channel.closed_by_client is False:
            departure = Departure.DROPPED
        elif channel.said:
            departure = Departure.SIGNED_OUT
        for stay in member.stays:
            told = stay.left is Departure.VANISHED and stay.left_ns is not None and stay.left_ns >= channel.closed_ns
            if stay.channel in (key, None) and (stay.left_ns is None or told):
                stay.left_ns, stay.left = channel.closed_ns, departure

    def _peer(self, member: _Member, stay: _Stay) -> Peer:
        return Peer(
            session=self._number,
            id=stay.peer,
            name=self._identities.names.get(stay.peer),
            server=self._server,
            protocol=self._protocol,
            address=member.address,
            room=stay.room,
            joined_ns=stay.joined_ns,
            left_ns=stay.left_ns,
            left=stay.left,
            sign_in=stay.sign_in,
            is_server=member.is_server,
        )


def _stay_on(member: _Member, event: RoomEvent) -> _Stay:
    """Return the newest stay over the channel that bore an event: one peer may have several, in a room each."""
    channel = event.bearer.channel
    return next((stay for stay in reversed(member.stays) if stay.channel == channel), member.stays[-1])


def _only_room(member: _Member) -> str | None:
    """Return the room that a peer is in; None when it is in several, so that what it is told may be of any."""
    rooms = {stay.room for stay in member.stays if stay.left_ns is None}
    return rooms.pop() if len(rooms) == 1 else None


def _leave(stays: Sequence[_Stay], room: str | None, at_ns: int, departure: Departure) -> None:
    """End the stay that is meant: the one in that room, else the oldest that has not ended and may be there."""
    still = [stay for stay in stays if stay.left_ns is None]
    there = [stay for stay in still if room is not None and stay.room == room]
    meant = there or [stay for stay in still if None in (room, stay.room)]
    if meant:
        meant[0].left_ns, meant[0].left = at_ns, departure
