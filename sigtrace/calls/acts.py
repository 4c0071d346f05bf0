"""Acts: what peers and the server did that is neither a message between peers nor a wait, as the trace keeps it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.signaling.events import PeerId


class ActKind(Enum):
    """What was done."""

    IDENTIFIED = "identified"  # the server told a peer its id, or the peer said it
    JOIN_ASKED = "join-asked"
    JOINED = "joined"  # the server let it in
    JOIN_REFUSED = "join-refused"
    LEAVE_ASKED = "leave-asked"
    TOLD_JOINED = "told-joined"  # the server told a peer that another joined
    TOLD_LEFT = "told-left"
    REMARK = "remark"  # something else the protocol knows
    UNKNOWN = "unknown"  # something the protocol does not know
    OPENED = "opened"  # from here on the server reaches the peer at once
    CLOSED = "closed"  # the channel ended


class Act(Value, frozen=True, kw_only=True):
    """One of them."""

    kind: ActKind
    session: int
    at_ns: int
    packet: int | None
    number: int | None  # of the exchange or message that bore it; None where none did
    peer: PeerId  # whose channel it was
    from_client: bool
    about: PeerId | None = None  # who joined or left; with IDENTIFIED the peer itself
    room: str | None = None
    name: str | None = None  # of a remark or unknown event; how a channel ended
    text: str = ""  # what is worth showing beside it
    others: int | None = None  # with JOINED: how many were there; None when it was not said
