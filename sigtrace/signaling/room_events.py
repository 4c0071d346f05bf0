"""Signaling events of protocols in which a lasting channel is the peer: who joined which room, and who said what.

A protocol sees one unit at a time and states what that unit says by itself. Whose channel it is, which delivery is the
copy of which sending, and who was in which room when, `calls.rooms` finds out from all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.signaling.events import SignalingEvent

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.signaling.bearer import Bearer
    from sigtrace.signaling.content import Content
    from sigtrace.signaling.events import Listed, PeerId


class RoomEvent(SignalingEvent, frozen=True, kw_only=True):
    """What all of them share: what bore the event; `at_ns` is its first byte."""

    bearer: Bearer
    url: str | None = None  # of what the server keeps for this client, where one is told: all that has it is one


class Identified(RoomEvent, frozen=True, kw_only=True):
    """The server tells a client which id it has; or the client says so itself."""

    peer: PeerId
    name: str | None = None


class JoinAsked(RoomEvent, frozen=True, kw_only=True):
    """A client asks to be let into a room."""

    room: str | None
    peer: PeerId | None = None  # where it names itself
    name: str | None = None


class Joined(RoomEvent, frozen=True, kw_only=True):
    """The server tells a client that it is in, and who else is."""

    room: str | None = None  # None: the one it asked for
    peer: PeerId | None = None  # its id, where this is how it learns of it
    others: tuple[Listed, ...] = ()
    counted: bool = True  # False: it did not say who else is there


class JoinRefused(RoomEvent, frozen=True, kw_only=True):
    """The server tells a client that it is not let in."""

    reason: str
    room: str | None = None


class LeaveAsked(RoomEvent, frozen=True, kw_only=True):
    """A client leaves a room, and stays connected or not."""

    room: str | None = None  # None: the one it is in


class PeerJoined(RoomEvent, frozen=True, kw_only=True):
    """The server tells a client of somebody who joined."""

    peer: PeerId
    name: str | None = None
    room: str | None = None


class PeerLeft(RoomEvent, frozen=True, kw_only=True):
    """The server tells a client of somebody who left."""

    peer: PeerId
    room: str | None = None


class Polled(RoomEvent, frozen=True, kw_only=True):
    """A client asks over HTTP for what there is for it, by a request that may hang; `at_ns` is when it asks."""

    exchange: Exchange
    peer: PeerId | None = None  # where it names itself
    nothing: bool = False  # the answer says that there is nothing


class Remarked(RoomEvent, frozen=True, kw_only=True):
    """Something the protocol knows that is neither coming, going nor a message: `stunservers`, `shareScreen`."""

    name: str
    text: str = ""  # what is worth showing of it; secrets are masked


class Sent(RoomEvent, frozen=True, kw_only=True):
    """A client hands the server a message for others."""

    content: Content
    receiver: PeerId | None = None  # None: nobody is named
    to_all: bool = False  # for everyone in the room, perhaps the sender too
    sender: PeerId | None = None  # where it names itself
    name: str | None = None  # of the sender, where the message has it beside its id
    dialog: str | None = None  # tells negotiations of the same two peers apart: SimpleWebRTC's screen, a stream's id
    unless_relayed: Remarked | None = None  # what it is when nobody gets it: then it was for the server alone


class Delivered(RoomEvent, frozen=True, kw_only=True):
    """The server brings a client a message of another; the leg SENT is that client's `Sent`."""

    content: Content
    sender: PeerId | None = None  # None: it does not say
    name: str | None = None  # of the sender, where the message has it beside its id
    receiver: PeerId | None = None  # where it names whom it is for
    dialog: str | None = None
    unless_relayed: Remarked | None = None  # what it is when nobody sent it: then it is the server's own


class Direct(RoomEvent, frozen=True, kw_only=True):
    """A message between a client and something that the server is itself, such as a WHIP resource: nobody relays it."""

    content: Content
    resource: PeerId  # what the server is to this client
    accepted: bool | None = None  # by status; None when no answer was seen
    dialog: str | None = None


class Unknown(RoomEvent, frozen=True, kw_only=True):
    """An event whose name the protocol does not know; it comes with a notice."""

    name: str
    payload: str  # as text, bounded by its unit
