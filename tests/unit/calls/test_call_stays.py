"""Calls of peers that come and go more than once: by which leaving each of them ends."""

from __future__ import annotations

import pytest

from sigtrace.calls.negotiation import CallEnd, find_calls
from sigtrace.calls.peers import Departure, Peer
from sigtrace.calls.signals import Fate, Signal
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.content import Content, SignalKind

SERVER = Endpoint("10.77.0.1", 8888)
OFFER = Content(kind=SignalKind.OFFER, length=1, sha256="00")


def offer(at_ns: int) -> Signal:
    """Return alice's offer to bob."""
    return Signal(
        number=0,
        protocol="toy",
        session=1,
        server=SERVER,
        sender="alice",
        receiver="bob",
        content=OFFER,
        began_ns=at_ns,
        sent_ns=at_ns,
        delivered_ns=at_ns,
        queued=False,
        fate=Fate.DELIVERED,
        sent_exchange=None,
        delivered_exchange=None,
    )


def stay(peer: str, joined_ns: int | None, left_ns: int | None) -> Peer:
    """Return a stay that ended, if it did, by signing out."""
    left = None if left_ns is None else Departure.SIGNED_OUT
    return Peer(
        session=1,
        id=peer,
        name=None,
        server=SERVER,
        protocol="toy",
        address=None,
        joined_ns=joined_ns,
        left_ns=left_ns,
        left=left,
    )


@pytest.mark.parametrize(
    ("bobs", "ended_ns"),
    [
        ([(1, 9), (10, 30)], 9),  # left the room, and came again
        ([(1, 2), (3, 9)], 9),  # came again before the call
        ([(1, 9), (2, None)], None),  # in another room, too
        ([(1, 9), (2, 12)], 12),
        ([(1, 3)], 5),  # gone before: as soon as the call began
        ([(None, None)], None),
        ([], None),
    ],
)
def test_a_call_ends_with_the_stay_in_which_it_began(
    bobs: list[tuple[int | None, int | None]], ended_ns: int | None
) -> None:
    """Of several stays of a peer those count during which the call began, and of these the last to end."""
    peers = [stay("alice", 1, None), *(stay("bob", *times) for times in bobs)]
    (call,) = find_calls(1, [offer(5)], peers, None)
    assert (call.ended_ns, call.ended) == (ended_ns, CallEnd.CAPTURE_ENDED if ended_ns is None else CallEnd.SIGNED_OUT)
