"""Signaling events: protocol-neutral facts that one exchange or message states by itself.

Protocols are of two families. In one, a peer fetches what is for it by a request that hangs, and says who it is in
every request: their events are here. In the other, a lasting channel is the peer: their events are in `room_events`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.signaling.content import Content

PeerId: TypeAlias = int | str
"""What a server calls a peer: a number for peerconnection, text elsewhere."""


class ExchangeKind(Enum):
    """What an exchange is for."""

    SIGN_IN = "sign_in"
    WAIT = "wait"
    MESSAGE = "message"
    SIGN_OUT = "sign_out"
    QUIT = "quit"
    OPTIONS = "options"
    OPEN = "open"  # a session over which messages will go is begun
    UPGRADE = "upgrade"  # the connection becomes a WebSocket
    OFFER = "offer"  # a description is handed to the server itself, which may answer with one
    TRICKLE = "trickle"  # candidates are added, or ICE is restarted
    END = "end"  # what was negotiated is given up
    OTHER = "other"


class Leg(Enum):
    """Which half of a relay an event saw."""

    SENT = "sent"  # peer → server
    DELIVERED = "delivered"  # server → peer


class Listed(Value, frozen=True):
    """One entry of a server's list of peers."""

    name: str
    peer: PeerId
    connected: bool


class SignalingEvent(Value, frozen=True, kw_only=True):
    """What all events share: when the fact was true."""

    at_ns: int


class MailboxEvent(SignalingEvent, frozen=True, kw_only=True):
    """An event of a protocol in which every peer fetches what is for it by requests that hang; see `calls.mailbox`."""

    exchange: Exchange  # that bore it


class SignedIn(MailboxEvent, frozen=True, kw_only=True):
    """A peer asked to join and was taken; `at_ns` is the answer's first byte, or the request's last when it is lost."""

    peer: PeerId | None  # None: the answer that names it is damaged or missing
    name: str | None
    others: tuple[Listed, ...]  # who else was there
    counted: bool = True  # False: the answer did not say who else is there, or not all of it was captured


class SignedOut(MailboxEvent, frozen=True, kw_only=True):
    """A peer said that it leaves; the others are told when a connection closes, not now."""

    peer: PeerId


class Refused(MailboxEvent, frozen=True, kw_only=True):
    """The server would not do what was asked."""

    peer: PeerId | None
    status: int


class WaitAnswer(Enum):
    """What the answer to a hanging GET turned out to be."""

    PRESENCE = "presence"  # someone joined or left
    MESSAGE = "message"
    SERVER_QUIT = "server-quit"
    REFUSED = "refused"
    UNREADABLE = "unreadable"  # an answer came, or must have come, and what it said was not captured
    NONE = "none"  # the wait was never answered


class Waited(MailboxEvent, frozen=True, kw_only=True):
    """A hanging GET, whole; `at_ns` is when it was asked, or when it was answered if the asking was not seen."""

    peer: PeerId | None
    asked_ns: int | None  # last byte of the request
    answered_ns: int | None  # first byte of the answer
    answer: WaitAnswer
    listed: tuple[Listed, ...] = ()  # with PRESENCE: the entries it carried, one for the reference server
    sender: PeerId | None = None  # with MESSAGE
    content: Content | None = None  # with MESSAGE


class MessageSent(MailboxEvent, frozen=True, kw_only=True):
    """A peer handed the server a message for another; the leg DELIVERED is in that peer's `Waited`."""

    sender: PeerId | None
    receiver: PeerId | None
    content: Content
    accepted: bool | None  # by status; None when no answer was seen
    echoed: bool = False  # sent to itself: the server answers with the message


class ServerQuit(MailboxEvent, frozen=True, kw_only=True):
    """The server was told to end and said so: ids start again when it comes back."""
