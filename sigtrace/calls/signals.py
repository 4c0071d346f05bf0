"""Signals: every message one peer sent another through the server, its two legs paired."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.content import Content, SignalKind
    from sigtrace.signaling.events import PeerId


class Fate(Enum):
    """What became of a message."""

    DELIVERED = "delivered"
    ECHOED = "echoed"  # sent to oneself: the answer to the POST is the delivery
    REFUSED = "refused"
    UNDELIVERED = "undelivered"  # no wait brought it out, as far as the capture shows
    UNSENT = "unsent"  # delivered, and its POST was not captured


class Signal(Value, frozen=True, kw_only=True):
    """One message from peer to peer: seen as a POST, as the answer to a wait, or both."""

    number: int  # from 1, in order of time over the whole trace
    protocol: str
    session: int
    server: Endpoint
    sender: PeerId | None
    receiver: PeerId | None
    content: Content
    began_ns: int  # its first byte on the wire
    sent_ns: int | None  # last byte of the POST
    delivered_ns: int | None  # first byte of the wait's answer
    queued: bool | None  # the receiver had no wait open; None when nothing tells
    fate: Fate
    sent_exchange: int | None
    delivered_exchange: int | None
    call: int | None = None  # number of the call it belongs to

    @property
    def kind(self) -> SignalKind:
        """What kind of message it is."""
        return self.content.kind

    @property
    def relay_ns(self) -> int | None:
        """From the last byte of the POST to the first byte of the wait's answer; None when a leg is missing."""
        if self.sent_ns is None or self.delivered_ns is None:
            return None
        return max(self.delivered_ns - self.sent_ns, 0)  # a copy of the POST may be captured after its effect
