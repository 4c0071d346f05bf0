"""Signals: every message one peer sent another, its two legs through the server paired; or the server itself."""

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
    UNSENT = "unsent"  # delivered, and its sending was not captured
    UNSEEN = "unseen"  # sent, and what its receiver got was not captured
    DIRECT = "direct"  # between a peer and the server itself: nobody relays it


class Signal(Value, frozen=True, kw_only=True):
    """One message from peer to peer: seen on its way to the server, from it, or both.

    A message to everyone is as many signals as there were receivers, all with the same sending.
    """

    number: int  # from 1, in order of time over the whole trace
    protocol: str
    session: int
    server: Endpoint
    sender: PeerId | None
    receiver: PeerId | None
    content: Content
    began_ns: int  # its first byte on the wire
    sent_ns: int | None  # last byte of what brought it to the server
    delivered_ns: int | None  # first byte of what brought it to its receiver
    queued: bool | None  # the receiver had no wait open; None when nothing tells
    fate: Fate
    sent_exchange: int | None  # numbers of what bore it: an exchange or a WebSocket message, each way
    delivered_exchange: int | None
    sent_message: int | None = None
    delivered_message: int | None = None
    to_all: bool = False  # it was for everyone in the room
    dialog: str | None = None  # tells negotiations of the same two peers apart
    call: int | None = None  # number of the call it belongs to

    @property
    def kind(self) -> SignalKind:
        """What kind of message it is."""
        return self.content.kind

    @property
    def sent_by(self) -> int | None:
        """Number of the exchange or message that brought it to the server."""
        return self.sent_exchange if self.sent_exchange is not None else self.sent_message

    @property
    def delivered_by(self) -> int | None:
        """Number of the exchange or message that brought it to its receiver."""
        return self.delivered_exchange if self.delivered_exchange is not None else self.delivered_message

    @property
    def relay_ns(self) -> int | None:
        """From the last byte to the server to the first byte to the receiver; None without either, or without relay."""
        if self.sent_ns is None or self.delivered_ns is None or self.fate is Fate.DIRECT:
            return None
        return max(self.delivered_ns - self.sent_ns, 0)  # a copy of the POST may be captured after its effect
