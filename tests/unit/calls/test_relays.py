"""What releases a wait, and whether it had been queued, where the wire shows less than all of it."""

from __future__ import annotations

from sigtrace.application.http.message import ExchangeEnd, ExchangeState
from sigtrace.calls.mailbox import SCAN_BOUND
from sigtrace.calls.signals import Fate
from sigtrace.calls.waits import Release
from sigtrace.value import replace
from tests.builders.exchanges import ALICE, BOB, OFFER, Wire, body_of
from tests.builders.histories import history_of, ns, the_wait, two_peers


def without_request(wire: Wire) -> None:
    """Forget the request of the newest exchange."""
    wire.exchanges[-1] = replace(wire.exchanges[-1], request=None, state=ExchangeState.DAMAGED)


def test_a_departure_is_told_when_the_connection_closes() -> None:
    """A wait asked between a sign-out and its close is told live, however long the close takes."""
    wire = two_peers()
    sign_out = wire.add(BOB, "/sign_out?peer_id=2", 20.0, 20.001)
    wait = wire.wait(ALICE, 1, 20.5, 21.0001, b"bob,2,0\n", 1)
    found = the_wait(history_of(wire, closed={sign_out.flow: 21.0}), wait)
    assert (found.released_by, found.from_queue) == (Release.PEER_LEFT, False)


def test_a_departure_before_the_wait_comes_from_the_queue() -> None:
    """A wait asked after the sign-out's connection closed gets the line from the queue."""
    wire = two_peers()
    sign_out = wire.add(BOB, "/sign_out?peer_id=2", 20.0, 20.001)
    wait = wire.wait(ALICE, 1, 20.5, 20.5001, b"bob,2,0\n", 1)
    assert the_wait(history_of(wire, closed={sign_out.flow: 20.002}), wait).from_queue is True


def test_a_line_told_before_the_newcomer_is_answered_was_not_queued() -> None:
    """The server tells those who wait before it answers a sign-in, whatever our copies' times say."""
    wire = Wire()
    wire.sign_in(ALICE, "alice", 1, 0.0)
    wire.sign_in(BOB, "bob", 2, 10.0, b"alice,1,1\n")  # answered at 10.0001
    wait = wire.wait(ALICE, 1, 10.00002, 10.00005, b"bob,2,1\n", 1)
    assert the_wait(history_of(wire), wait).from_queue is False


def test_an_answer_before_the_acknowledgement_shows_a_wait_whose_asking_was_not_seen() -> None:
    """A relay that the sender is told of later than the receiver met an open wait."""
    wire = two_peers()
    wire.post(BOB, 2, 1, 11.0, OFFER)  # acknowledged at 11.0003
    lost = wire.wait(ALICE, 1, 10.5, 11.0002, OFFER, 2)
    without_request(wire)
    history = history_of(wire)
    assert (the_wait(history, lost).from_queue, history.signals[0].queued) == (False, False)


def test_line_about_a_vanished_peer_after_a_long_wait_was_not_queued() -> None:
    """A wait that hung for half a minute was told as it happened, though nothing shows what the server saw."""
    wire = two_peers()
    wait = wire.wait(ALICE, 1, 10.1, 55.0, b"bob,2,0\n", 1)
    assert the_wait(history_of(wire), wait).from_queue is False


def test_line_about_a_vanished_peer_at_once_may_have_been_queued() -> None:
    """A wait answered at once with a line that nobody was told before may have met it in the queue or not."""
    wire = two_peers()
    wait = wire.wait(ALICE, 1, 60.0, 60.0002, b"bob,2,0\n", 1)
    assert the_wait(history_of(wire), wait).from_queue is None


def test_whole_list_says_who_is_new_and_who_is_missing() -> None:
    """Relatives answer a wait with the whole list, one's own line first: the news is what changed."""
    wire = Wire()
    wire.sign_in(ALICE, "alice", 1, 0.0, b"zoe,7,1\n")
    joined = wire.wait(ALICE, 1, 0.1, 10.0001, b"alice,1,1\nzoe,7,1\nbob,2,1\n", 1)
    wire.sign_in(BOB, "bob", 2, 10.0, b"alice,1,1\nzoe,7,1\n")
    left = wire.wait(ALICE, 1, 10.1, 20.01, b"alice,1,1\nzoe,7,1\n", 1)
    sign_out = wire.add(BOB, "/sign_out?peer_id=2", 20.0, 20.001)
    alone = wire.wait(ALICE, 1, 20.1, 60.0, b"alice,1,1\n", 1)
    history = history_of(wire, closed={sign_out.flow: 20.002})
    found = [the_wait(history, one) for one in (joined, left, alone)]
    assert [(one.released_by, one.by_peer) for one in found] == [
        (Release.PEER_JOINED, 2),
        (Release.PEER_LEFT, 2),
        (Release.PEER_LEFT, None),
    ]


def test_messages_are_found_behind_many_that_never_came_out() -> None:
    """However many messages are lost inside, later ones are still paired with what brings them."""
    wire = two_peers()
    for place in range(SCAN_BOUND + 10):
        wire.post(BOB, 2, 1, 11.0 + place / 100, b"lost %d" % place)
    wait = wire.wait(ALICE, 1, 49.0, 50.0002, OFFER, 2)
    post = wire.post(BOB, 2, 1, 50.0, OFFER)
    history = history_of(wire)
    delivered = [signal for signal in history.signals if signal.fate is Fate.DELIVERED]
    assert [(one.sent_exchange, one.delivered_exchange) for one in delivered] == [(post.number, wait.number)]


def test_equal_messages_of_two_senders_go_to_their_own() -> None:
    """Of equal bodies each delivery takes the oldest of its own sender."""
    wire = two_peers()
    wire.sign_in("10.77.0.13", "carol", 3, 10.5)
    posts = [wire.post(BOB, sender, 1, 11.0 + place, b"same") for place, sender in enumerate((2, 3, 2))]
    waits = [wire.wait(ALICE, 1, 20.0 + i, 20.001 + i, b"same", sender) for i, sender in enumerate((3, 2, 2))]
    pairs = {signal.sent_exchange: signal.delivered_exchange for signal in history_of(wire).signals}
    assert pairs == {
        posts[0].number: waits[1].number,
        posts[1].number: waits[0].number,
        posts[2].number: waits[2].number,
    }


def test_damaged_message_goes_out_in_its_turn() -> None:
    """A POST whose body is damaged is paired by its length, before a whole one that came later."""
    wire = two_peers()
    first = wire.post(BOB, 2, 1, 11.0, b"he", missing=3)
    wire.post(BOB, 2, 1, 12.0, b"hello")
    wait = wire.wait(ALICE, 1, 20.0, 20.001, b"hello", 2)
    signal = next(one for one in history_of(wire).signals if one.delivered_exchange == wait.number)
    assert signal.sent_exchange == first.number


def test_damaged_presence_is_never_taken_for_a_message() -> None:
    """One's own number in Pragma says that the answer was a line, though the line itself was not captured."""
    wire = two_peers()
    wire.post(BOB, 2, 1, 10.5, b"waiting inside")
    wire.sign_in("10.77.0.13", "carol", 3, 11.0)
    wait = wire.wait(ALICE, 1, 10.9, 11.00005, b"carol", 1)
    response = wait.response
    assert response is not None
    wire.exchanges[-1] = replace(wait, response=replace(response, body=body_of(b"carol", missing=5)))
    found = the_wait(history_of(wire), wait)
    assert (found.released_by, found.by_peer, found.inferred) == (Release.PEER_JOINED, 3, True)


def test_lost_answer_came_before_the_next_wait() -> None:
    """A wait whose answer was lost with the rest of its connection hung no longer than until its peer asked again."""
    wire = two_peers()
    lost = wire.wait(ALICE, 1, 11.0, None, end=ExchangeEnd.LOST, state=ExchangeState.DAMAGED)
    wire.wait(ALICE, 1, 15.0, None, end=ExchangeEnd.CAPTURE_ENDED, state=ExchangeState.OPEN)
    assert the_wait(history_of(wire), lost).hang_ns == ns(4.0)


def test_farewell_is_a_wait_even_without_its_request() -> None:
    """`Server shutting down` answers nothing but a wait."""
    wire = two_peers()
    lost = wire.wait(ALICE, 1, 12.0, 13.0, b"Server shutting down", None)
    without_request(wire)
    assert the_wait(history_of(wire), lost).released_by is Release.SERVER_QUIT


def test_other_methods_wait_for_nothing_and_send_nothing() -> None:
    """The server never answers a HEAD or PUT, so neither replaces a wait or is a message."""
    wire = two_peers()
    wait = wire.wait(ALICE, 1, 11.0, 14.0, b"bye", 2)
    for method, target in (("HEAD", "/wait?peer_id=1"), ("PUT", "/message?peer_id=2&to=1")):
        odd = wire.add(ALICE, target, 12.0, None, end=ExchangeEnd.CLIENT_CLOSED, ended=12.5)
        assert odd.request is not None
        wire.exchanges[-1] = replace(odd, request=replace(odd.request, method=method))
    history = history_of(wire)
    assert [one.exchange for one in history.waits][-1] == wait.number
    assert [one.sent_exchange for one in history.signals] == [None]


def test_queued_is_told_by_the_wait_that_was_open_then() -> None:
    """A wait whose asking was not seen does not hide the one that listened when a message went in."""
    wire = two_peers()
    wire.wait(ALICE, 1, 12.0, None, end=ExchangeEnd.CLIENT_RESET, ended=30.0)
    wire.post(BOB, 2, 1, 14.9, b"x")
    wire.wait(ALICE, 1, 10.5, 15.0, b"x", 2)
    without_request(wire)
    wire.wait(ALICE, 1, 31.0, 32.0, b"y", 2)
    wire.post(BOB, 2, 1, 20.0, OFFER)
    (lost,) = [signal for signal in history_of(wire).signals if signal.fate is Fate.UNDELIVERED]
    assert lost.queued is False
