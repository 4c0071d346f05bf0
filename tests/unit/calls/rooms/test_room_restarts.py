"""A server that is started anew while nobody saw the old connections close: the same ids, and calls of their own."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.peers import Departure
from tests.builders.homemade import ANSWER, OFFER
from tests.builders.sockets import Sockets

if TYPE_CHECKING:
    from sigtrace.calls.history import History


def call(made: Sockets, alice: int, bob: int, at: float) -> None:
    """Open two connections; alice and bob say who they are, and negotiate."""
    for flow, name in ((alice, "alice"), (bob, "bob")):
        made.open(flow, at)
        made.say(flow, at + 0.1, {"type": "register", "from": name})
    offer = {"type": "offer", "sdp": OFFER, "from": "alice", "to": "bob"}
    answer = {"type": "answer", "sdp": ANSWER, "from": "bob", "to": "alice"}
    made.say(alice, at + 0.2, offer)
    made.tell(bob, at + 0.201, offer)
    made.say(bob, at + 0.3, answer)
    made.tell(alice, at + 0.301, answer)


def stays(history: History, peer: str) -> list[tuple[int | None, Departure | None]]:
    """Return leaving in seconds and manner of each stay."""
    return [
        (None if one.left_ns is None else one.left_ns // 10**9, one.left) for one in history.peers if one.id == peer
    ]


def test_the_same_ids_after_a_restart_have_a_call_of_their_own() -> None:
    """Each newer connection under an id ends the stay over the one that fell silent, and the first call with it."""
    made = Sockets()
    call(made, 1, 2, 1.0)
    call(made, 3, 4, 20.0)
    history = made.history()
    assert stays(history, "alice") == stays(history, "bob") == [(20, Departure.VANISHED), (None, None)]
    assert [(one.offers, one.answers, one.ended) for one in history.calls] == [
        (1, 1, CallEnd.VANISHED),
        (1, 1, CallEnd.CAPTURE_ENDED),
    ]


def test_many_restarts_are_as_many_calls() -> None:
    """No call reaches into the next, however often everybody comes again."""
    made = Sockets()
    for turn in range(5):
        call(made, 2 * turn + 1, 2 * turn + 2, 1.0 + 10 * turn)
    calls = made.history().calls
    assert [one.answers for one in calls] == [1] * 5
    assert all((before.ended_ns or 0) <= after.began_ns for before, after in pairwise(calls))


def test_a_connection_that_still_speaks_is_one_of_two() -> None:
    """Whoever opens a second connection and goes on with the first has left nothing: the call goes on."""
    made = Sockets()
    call(made, 1, 2, 1.0)
    made.open(3, 20.0)
    made.say(3, 20.1, {"type": "register", "from": "alice"})
    made.say(1, 21.0, {"type": "offer", "sdp": OFFER, "from": "alice", "to": "bob"})
    made.tell(2, 21.001, {"type": "offer", "sdp": OFFER, "from": "alice", "to": "bob"})
    history = made.history()
    assert {left for _, left in stays(history, "alice")} == {None}
    assert [(one.offers, one.ended) for one in history.calls] == [(2, CallEnd.CAPTURE_ENDED)]
