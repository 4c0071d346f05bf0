"""Which deliveries only overhear: what names one client, and reached that one, and others too.

The simplest servers give every message to everyone, and clients drop what names somebody else. That is no negotiation
with those who drop it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.rooms.legs import essence_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.calls.rooms.identities import Identities
    from sigtrace.calls.rooms.legs import Leg
    from sigtrace.signaling.events import PeerId


def find_overheard(legs: Sequence[Leg], identities: Identities) -> set[int]:
    """Return the legs, by place, whose message reached the client that it names, and this other one beside it."""
    named = [_named(leg) for leg in legs]
    owners = [None if leg.delivered is None else identities.of(leg.delivered.bearer) for leg in legs]
    keys = [None if leg.delivered is None else essence_of(leg.delivered.content) for leg in legs]
    reached = {(key, peer) for key, peer, owner in zip(keys, named, owners, strict=True) if peer == owner}
    return {
        place
        for place, (key, peer, owner) in enumerate(zip(keys, named, owners, strict=True))
        if key is not None and peer not in (None, owner) and (key, peer) in reached
    }


def _named(leg: Leg) -> PeerId | None:
    if leg.delivered is not None and leg.delivered.receiver is not None:
        return leg.delivered.receiver
    return None if leg.sent is None else leg.sent.receiver
