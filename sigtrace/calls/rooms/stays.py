"""Stays: which peer was in which room from when to when, and how it left."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from sigtrace.calls.peers import Departure, Peer
from sigtrace.calls.rooms.membership import Member, Stay
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
        self._members: dict[PeerId, Member] = {}

    def collect(self, events: Iterable[RoomEvent]) -> list[Peer]:
        """Return the stays, in the order their peers appeared."""
        for event in events:
            self._note(event)
        for peer, keys in self._identities.channels().items():
            if peer in self._members:
                self._end(self._members[peer], keys)
        return [
            self._peer(peer, member, stay) for peer, member in self._members.items() for stay, _ in member.bearers()
        ]

    def _note(self, event: RoomEvent) -> None:
        own = self._identities.of(event.bearer)
        member = self._meet(own, event)
        if isinstance(event, JoinAsked):
            self._ask(member, event)
        elif isinstance(event, Joined):
            self._join(member, event)
            for other in event.others:
                self._meet_told(other.peer, event.room or member.stay_on(event.bearer.channel).room)
        elif isinstance(event, JoinRefused):
            self._refuse(member, event)
        elif isinstance(event, LeaveAsked):
            member.leave(event.room, event.at_ns)
        elif isinstance(event, PeerJoined):
            self._meet_told(event.peer, event.room or member.only_room(), event.at_ns)
        elif isinstance(event, PeerLeft):
            self._tell_left(event)
        elif isinstance(event, Direct):
            self._meet_told(event.resource, None).is_server = True
        else:
            self._hear(member, event)

    def _hear(self, member: Member, event: RoomEvent) -> None:
        """Meet whom a message is for or from, where no joining told of them: with signalmaster, none ever does.

        Whoever has come again without a word of joining is there from the first message on.
        """
        stay = member.stay_on(event.bearer.channel)
        if stay.place > 0 and stay.joined_ns is None and self._began_here(event.bearer.channel):
            stay.joined_ns = event.at_ns
        if isinstance(event, Sent) and event.receiver is not None and event.receiver in self._identities.told:
            self._meet_told(event.receiver, None)
        elif isinstance(event, Delivered) and event.sender is not None and event.sender not in self._members:
            self._meet_told(event.sender, member.only_room())

    def _meet(self, peer: PeerId, event: RoomEvent) -> Member:
        """Return a peer that has a channel here; from its first event on it is there, in no room yet."""
        member = self._members.setdefault(peer, Member())
        if member.address is None:
            member.address = event.bearer.client.address
        if not member.stays:
            member.begin(event.bearer.channel)
        stay = self._continue(member, event.bearer.channel)
        if isinstance(event, Identified) and stay.joined_ns is None and self._began_here(event.bearer.channel):
            stay.joined_ns, stay.sign_in = event.at_ns, event.bearer.number
        return member

    def _continue(self, member: Member, channel: str) -> Stay:
        """Return the newest stay; whoever comes again over a channel opened after that had ended begins another."""
        stay = member.stays[-1]
        if stay.channel is not None and member.is_on(channel):
            return stay
        known = self._channels.get(channel)
        if known is None or known.opened_ns is None:
            return member.go_on(channel)
        own = set() if stay.channel is None else {stay.channel, member.latest or stay.channel}
        ended_ns = stay.left_ns
        if ended_ns is None:
            ended_ns, _ = self._end_of(own)
        if ended_ns is not None and ended_ns < known.opened_ns:
            return member.begin(channel)
        if stay.left_ns is None and own and all(self._is_silent(key, known.opened_ns) for key in own):
            member.come_again(own, known.opened_ns)
            return member.begin(channel)
        return member.go_on(channel)

    def _is_silent(self, channel: str, since_ns: int) -> bool:
        """Tell whether nothing came over a channel any more, which then ended without anybody seeing it."""
        known = self._channels.get(channel)
        return known is not None and known.heard_ns is not None and known.heard_ns < since_ns

    def _end_of(self, keys: Iterable[str]) -> tuple[int | None, Departure]:
        """Return when the last of some channels ended, and how its client left by that; None: one has not ended."""
        known = [channel for key in keys if (channel := self._channels.get(key)) is not None]
        closed = [(channel.closed_ns, channel) for channel in known if channel.closed_ns is not None]
        if not closed or len(closed) < len(known):
            return None, Departure.VANISHED
        closed_ns, last = max(closed, key=itemgetter(0))
        if last.closed_by_client is False:
            return closed_ns, Departure.DROPPED
        return closed_ns, Departure.SIGNED_OUT if last.said else Departure.VANISHED

    def _began_here(self, channel: str) -> bool:
        known = self._channels.get(channel)
        return known is not None and known.opened_ns is not None

    def _meet_told(self, peer: PeerId, room: str | None, joined_ns: int | None = None) -> Member:
        """Return a peer that others were told of; it may have no channel in this capture."""
        member = self._members.setdefault(peer, Member())
        came_again = joined_ns is not None and bool(member.stays) and member.stays[-1].left_ns is not None
        if not member.stays or came_again:
            member.begin(None, room)
        elif member.stays[-1].room is None:
            member.stays[-1].room = room
        if member.stays[-1].joined_ns is None:
            member.stays[-1].joined_ns = joined_ns
        return member

    def _ask(self, member: Member, event: JoinAsked) -> None:
        """Being let in may never be confirmed: then the asking is all there is to date a stay by."""
        stay = member.stay_on(event.bearer.channel)
        if stay.confirmed or stay.left_ns is not None or stay.channel != event.bearer.channel:
            stay = member.begin(event.bearer.channel)
        stay.room = event.room if event.room is not None else stay.room
        stay.joined_ns, stay.sign_in = event.at_ns, event.bearer.number

    def _join(self, member: Member, event: Joined) -> None:
        stay = member.stay_on(event.bearer.channel)
        if stay.left_ns is not None or (stay.confirmed and event.room not in (None, stay.room)):
            stay = member.begin(event.bearer.channel)
        if event.room is not None:
            stay.room = event.room
        if not stay.confirmed:
            stay.joined_ns = event.at_ns
            stay.sign_in = stay.sign_in if stay.sign_in is not None else event.bearer.number
        stay.confirmed = member.is_confirmed = True

    def _refuse(self, member: Member, event: JoinRefused) -> None:
        """It stays connected, and is in no room, or still in the one before."""
        stay = member.stay_on(event.bearer.channel)
        if stay.confirmed or stay.channel != event.bearer.channel:
            return
        if member.lasting > 1:
            member.forget(stay)
        else:
            stay.room = stay.joined_ns = None

    def _tell_left(self, event: PeerLeft) -> None:
        member = self._meet_told(event.peer, event.room)
        own = self._identities.of(event.bearer) == event.peer
        (member.tell_leaver if own else member.tell_others)(event.room, event.at_ns)

    def _end(self, member: Member, keys: Sequence[str]) -> None:
        """End stays with the last of their channels, or of all that the peer has; who vanished is told of late."""
        of_all = self._end_of(keys)
        for stay, own in member.bearers():
            closed_ns, departure = self._end_of(own) if own else of_all
            told_ns = stay.left_ns if stay.left is Departure.VANISHED else None
            if closed_ns is not None and (stay.left_ns is None or (told_ns is not None and told_ns >= closed_ns)):
                stay.left_ns, stay.left = closed_ns, departure

    def _peer(self, peer: PeerId, member: Member, stay: Stay) -> Peer:
        return Peer(
            session=self._number,
            id=peer,
            name=self._identities.names.get(peer),
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
