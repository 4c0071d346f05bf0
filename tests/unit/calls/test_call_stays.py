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


def test_an_offer_after_coming_again_begins_another_call() -> None:
    """The first call ended with the stay; an offer to the next stay is no re-offer, be it of the same description."""
    peers = [stay("alice", 1, None), stay("bob", 1, 9), stay("bob", 10, None)]
    calls = find_calls(1, [offer(5), offer(12)], peers, None)
    assert [(call.offers, call.ended_ns, call.ended) for call in calls] == [
        (1, 9, CallEnd.SIGNED_OUT),
        (1, None, CallEnd.CAPTURE_ENDED),
    ]


def test_an_offer_during_the_stay_is_a_reoffer() -> None:
    """As long as nobody has come again, whoever offers a second time goes on with the call."""
    peers = [stay("alice", 1, None), stay("bob", 1, 15), stay("bob", 20, None)]
    calls = find_calls(1, [offer(5), offer(12)], peers, None)
    assert [(call.offers, call.ended_ns) for call in calls] == [(2, 15)]
