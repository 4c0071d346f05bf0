"""Waits: every hanging GET, how long it hung, and what released it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.application.http.message import ExchangeEnd
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.signaling.events import PeerId


class Release(Enum):
    """What ended a wait."""

    PEER_JOINED = "peer-joined"
    PEER_LEFT = "peer-left"
    MESSAGE = "message"
    SERVER_QUIT = "server-quit"
    REFUSED = "refused"
    REPLACED = "replaced"  # the same peer asked again while this one was open: the server forgot it
    SERVER_CLOSED = "server-closed"
    CLIENT_CLOSED = "client-closed"
    RESET = "reset"
    CAPTURE_ENDED = "capture-ended"
    HEARTBEAT = "heartbeat"  # Engine.IO: a ping of the server, or the pong to one of the client
    NOTHING = "nothing"  # answered that there is nothing, after a while or at once
    UPGRADED = "upgraded"  # Engine.IO: nothing more comes this way, the WebSocket has taken over


class Wait(Value, frozen=True, kw_only=True):
    """One hanging GET."""

    exchange: int  # number of the exchange
    session: int
    peer: PeerId | None  # None when its request was never captured and nothing else tells whose it was
    asked_ns: int | None  # last byte of the request
    answered_ns: int | None  # first byte of the answer
    ended_ns: int  # answered, closed, replaced, or the end of the capture
    released_by: Release | None  # None when an answer came that says nothing we can read
    from_queue: bool | None  # the answer had been waiting; None without an answer, or when its cause was not seen
    by_peer: PeerId | None = None  # who joined, left or sent
    signal: int | None = None  # number of the signal it delivered
    blind_ns: int | None = None  # from its end to the next wait of this peer; None when there is none
    inferred: bool = False  # the answer was damaged: what released it follows from what the server held for the peer

    @property
    def hang_ns(self) -> int | None:
        """How long it hung; None when its request was not seen."""
        return None if self.asked_ns is None else max(self.ended_ns - self.asked_ns, 0)


_UNANSWERED = {
    ExchangeEnd.CLIENT_CLOSED: Release.CLIENT_CLOSED,
    ExchangeEnd.SERVER_CLOSED: Release.SERVER_CLOSED,
    ExchangeEnd.CLIENT_RESET: Release.RESET,
    ExchangeEnd.SERVER_RESET: Release.RESET,
    ExchangeEnd.CAPTURE_ENDED: Release.CAPTURE_ENDED,
}


def release_without_answer(exchange: Exchange, ended_ns: int, replaced_ns: int | None) -> tuple[Release | None, int]:
    """Say what ended a wait that was never answered, and when.

    Args:
        exchange: the wait's exchange.
        ended_ns: when its connection, or else the capture, ended.
        replaced_ns: when the same peer asked the next wait, if it did.
    """
    if replaced_ns is not None and replaced_ns < ended_ns:
        return Release.REPLACED, replaced_ns
    return _UNANSWERED.get(exchange.end) if exchange.end else Release.CAPTURE_ENDED, ended_ns
