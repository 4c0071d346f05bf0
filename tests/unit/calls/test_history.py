"""From exchanges to history: what waits, signals, peers and calls come out of what peerconnection exchanges say."""

from __future__ import annotations

import pytest

from sigtrace.application.http.message import ExchangeEnd, ExchangeState
from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.peers import Departure
from sigtrace.calls.signals import Fate
from sigtrace.calls.verdict import Outcome
from sigtrace.calls.waits import Release
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.content import SignalKind
from tests.builders.exchanges import ALICE, ANSWER, BOB, BYE, CANDIDATE, OFFER, Wire, ns
from tests.builders.histories import LAST, history_of, relay, the_wait, two_peers


def test_wait_hangs_until_someone_joins() -> None:
    """A wait that a newcomer answers says who joined, how long it hung, and that nothing was queued."""
    wire = two_peers()
    wait = the_wait(history_of(wire), wire.exchanges[1])
    assert (wait.peer, wait.released_by, wait.by_peer, wait.from_queue) == (1, Release.PEER_JOINED, 2, False)
    assert wait.hang_ns == ns(9.9001)


def test_late_wait_gets_the_line_from_the_queue() -> None:
    """A wait asked after someone joined gets that line from the queue."""
    wire = Wire()
    wire.sign_in(ALICE, "alice", 1, 0.0)
    wire.sign_in(BOB, "bob", 2, 1.0, b"alice,1,1\n")
    late = wire.wait(ALICE, 1, 5.0, 5.001, b"bob,2,1\n", 1)
    assert the_wait(history_of(wire), late).from_queue is True


def test_offer_is_relayed_to_an_open_wait() -> None:
    """Both legs of an offer are one signal, with the relay time between them; the wait names its sender."""
    wire = two_peers()
    wait = wire.wait(ALICE, 1, 10.1, 11.0002, OFFER, 2)
    wire.post(BOB, 2, 1, 11.0, OFFER)
    history = history_of(wire)
    (signal,) = history.signals
    assert (signal.kind, signal.sender, signal.receiver, signal.fate) == (SignalKind.OFFER, 2, 1, Fate.DELIVERED)
    assert (signal.relay_ns, signal.queued) == (ns(0.0002), False)
    released = the_wait(history, wait)
    assert (released.released_by, released.by_peer, released.signal) == (Release.MESSAGE, 2, signal.number)


def test_message_to_a_blind_peer_is_queued_in_order() -> None:
    """Messages for a peer without a wait come out of the queue, one a wait, oldest first, equal bodies too."""
    wire = two_peers()
    posts = [wire.post(BOB, 2, 1, 11.0 + place, CANDIDATE) for place in range(2)]
    waits = [wire.wait(ALICE, 1, 20.0 + place, 20.001 + place, CANDIDATE, 2) for place in range(2)]
    history = history_of(wire)
    assert [signal.sent_exchange for signal in history.signals] == [post.number for post in posts]
    assert [signal.delivered_exchange for signal in history.signals] == [wait.number for wait in waits]
    assert all(signal.queued for signal in history.signals)


def test_wait_asked_just_before_the_post_is_not_the_queue() -> None:
    """A POST whose sender is acknowledged after the delivery met an open wait, whatever the copies' times say."""
    wire = two_peers()
    wire.post(BOB, 2, 1, 11.0, OFFER)  # acknowledged at 11.0003
    wait = wire.wait(ALICE, 1, 11.0001, 11.0002, OFFER, 2)
    assert the_wait(history_of(wire), wait).from_queue is False


@pytest.mark.parametrize(
    ("end", "release"),
    [
        (ExchangeEnd.CLIENT_CLOSED, Release.CLIENT_CLOSED),
        (ExchangeEnd.SERVER_CLOSED, Release.SERVER_CLOSED),
        (ExchangeEnd.CLIENT_RESET, Release.RESET),
        (ExchangeEnd.SERVER_RESET, Release.RESET),
    ],
)
def test_wait_without_answer(end: ExchangeEnd, release: Release) -> None:
    """A wait that is never answered says how its connection ended and hung until then."""
    wire = two_peers()
    wait = wire.wait(ALICE, 1, 12.0, None, end=end, ended=15.0)
    found = the_wait(history_of(wire), wait)
    assert (found.released_by, found.hang_ns, found.answered_ns) == (release, ns(3.0), None)


def test_wait_open_at_the_end() -> None:
    """A wait that the capture's end leaves open hung until the last packet."""
    wire = two_peers()
    wait = wire.wait(ALICE, 1, 12.0, None, end=ExchangeEnd.CAPTURE_ENDED, state=ExchangeState.OPEN)
    found = the_wait(history_of(wire), wait)
    assert (found.released_by, found.hang_ns) == (Release.CAPTURE_ENDED, ns(LAST - 12.0))


def test_second_wait_replaces_the_first() -> None:
    """A wait is replaced when its peer asks again while it is open: the server never answers the first."""
    wire = two_peers()
    first = wire.wait(ALICE, 1, 12.0, None, end=ExchangeEnd.CLIENT_CLOSED, ended=30.0)
    wire.wait(ALICE, 1, 15.0, 16.0, BYE, 2)
    found = the_wait(history_of(wire), first)
    assert (found.released_by, found.hang_ns, found.blind_ns) == (Release.REPLACED, ns(3.0), None)


def test_blind_time_runs_from_answer_to_next_wait() -> None:
    """The blind time of a wait is from its answer to the same peer's next wait."""
    wire = two_peers()
    wire.wait(ALICE, 1, 10.5, None, end=ExchangeEnd.CAPTURE_ENDED)
    assert the_wait(history_of(wire), wire.exchanges[1]).blind_ns == ns(10.5) - ns(10.0001)


def test_server_quit_releases_waits() -> None:
    """`Server shutting down` is no message of anybody."""
    wire = two_peers()
    wait = wire.wait(ALICE, 1, 12.0, 13.0, b"Server shutting down", None)
    history = history_of(wire)
    assert the_wait(history, wait).released_by is Release.SERVER_QUIT
    assert not history.signals


def test_refused_wait_makes_no_peer() -> None:
    """A number that only met refusals is nobody's."""
    wire = two_peers()
    wait = wire.wait("10.77.0.99", 77, 12.0, 12.001, b"<html>", None, status=500)
    history = history_of(wire)
    assert the_wait(history, wait).released_by is Release.REFUSED
    assert {peer.id for peer in history.peers} == {1, 2}


def test_undelivered_message_to_a_blind_peer() -> None:
    """A message nobody fetched is undelivered, and queued says that its receiver had no wait open."""
    wire = two_peers()
    wire.post(BOB, 2, 1, 20.0, OFFER)
    (signal,) = history_of(wire).signals
    assert (signal.fate, signal.queued, signal.delivered_ns) == (Fate.UNDELIVERED, True, None)


def test_message_to_oneself_is_echoed() -> None:
    """A message to oneself is delivered in the answer to its own POST."""
    wire = two_peers()
    post = wire.post(ALICE, 1, 1, 20.0, b"hello", answer=(b"hello", 1))
    (signal,) = history_of(wire).signals
    assert (signal.fate, signal.delivered_exchange, signal.kind) == (Fate.ECHOED, post.number, SignalKind.TEXT)


def test_vanished_peer_left_when_its_last_wait_ended() -> None:
    """A peer the others are told about without a sign-out vanished, at the end of its last wait."""
    wire = two_peers()
    wire.wait(BOB, 2, 11.0, None, end=ExchangeEnd.CLIENT_RESET, ended=20.0)
    told = wire.wait(ALICE, 1, 10.5, 55.0, b"bob,2,0\n", 1)
    history = history_of(wire)
    bob = next(peer for peer in history.peers if peer.id == 2)
    assert (bob.left, bob.left_ns) == (Departure.VANISHED, ns(20.0))
    assert (the_wait(history, told).released_by, the_wait(history, told).by_peer) == (Release.PEER_LEFT, 2)


def test_restarted_server_begins_a_new_session() -> None:
    """A number given out twice belongs to two peers in two runs of the server."""
    wire = two_peers()
    wire.sign_in(BOB, "carol", 1, 40.0)
    history = history_of(wire)
    assert [(session.restarted) for session in history.sessions] == [False, True]
    assert [(peer.session, peer.id, peer.name) for peer in history.peers] == [
        (1, 1, "alice"),
        (1, 2, "bob"),
        (2, 1, "carol"),
    ]


def test_restart_is_seen_by_a_smaller_number() -> None:
    """A number below one that is in use, given out later, shows a restart though it was never seen before."""
    wire = Wire()
    wire.wait(ALICE, 7, 0.0, 5.0, BYE, 6)
    wire.sign_in(BOB, "bob", 1, 10.0)
    assert len(history_of(wire).sessions) == 2


def test_newcomers_told_of_each_other_are_one_session() -> None:
    """Sign-ins that overlap in time do not look like a restart."""
    wire = Wire()
    wire.sign_in(BOB, "bob", 2, 1.0001)
    wire.sign_in(ALICE, "alice", 1, 1.0)
    assert len(history_of(wire).sessions) == 1


def test_two_servers_are_two_sessions() -> None:
    """The same number on two servers is two peers."""
    other = Wire(Endpoint("fd77::1", 9999))
    other.sign_in("fd77::11", "zoe", 1, 3.0)
    history = history_of(two_peers(), other)
    assert [str(session.server) for session in history.sessions] == ["10.77.0.1:8888", "[fd77::1]:9999"]


def test_capture_that_starts_in_mid_call() -> None:
    """Numbers from targets and Pragma alone give waits, relays and a call whose caller is a guess."""
    wire = Wire()
    wire.wait(ALICE, 1, 0.0, 1.0002, CANDIDATE, 2)
    wire.post(BOB, 2, 1, 1.0, CANDIDATE)
    wire.wait(ALICE, 1, 1.1, 5.0002, BYE, 2)
    wire.post(BOB, 2, 1, 5.0, BYE)
    history = history_of(wire)
    assert [signal.fate for signal in history.signals] == [Fate.DELIVERED, Fate.DELIVERED]
    (call,) = history.calls
    assert (call.inferred, call.ended, call.offered_ns) == (True, CallEnd.BYE, None)
    assert history.verdicts[1].outcome is Outcome.PARTIAL


def test_unreadable_answer_is_explained_by_the_mailbox() -> None:
    """A damaged answer was the oldest thing the server held for that peer."""
    wire = two_peers()
    wait = wire.wait(ALICE, 1, 10.1, 11.0002, b"", None, response_whole=False, state=ExchangeState.DAMAGED)
    wire.post(BOB, 2, 1, 11.0, OFFER)
    history = history_of(wire)
    found = the_wait(history, wait)
    assert (found.released_by, found.by_peer, found.inferred) == (Release.MESSAGE, 2, True)
    assert history.signals[0].fate is Fate.DELIVERED


def test_damaged_sign_in_is_named_by_the_next_request() -> None:
    """A sign-in whose answer lost its Pragma belongs to the number its client uses next."""
    wire = Wire()
    wire.sign_in(ALICE, "alice", 1, 0.0, response_whole=False, state=ExchangeState.DAMAGED)
    wire.wait(ALICE, 1, 0.1, None, end=ExchangeEnd.CAPTURE_ENDED)
    (peer,) = history_of(wire).peers
    assert (peer.id, peer.name) == (1, "alice")


def test_answer_whose_request_was_never_captured_finds_its_waiter() -> None:
    """A delivery without its request is the wait of whoever the same message was sent to."""
    wire = Wire()
    wire.post(BOB, 2, 1, 1.0, OFFER)
    lost = wire.wait(ALICE, 1, 0.5, 1.0002, OFFER, 2)
    wire.exchanges[-1] = type(lost)(
        number=lost.number,
        flow=lost.flow,
        client=lost.client,
        server=lost.server,
        request=None,
        response=lost.response,
        state=ExchangeState.DAMAGED,
    )
    history = history_of(wire)
    found = the_wait(history, lost)
    assert (found.peer, found.hang_ns, found.released_by) == (1, None, Release.MESSAGE)
    assert history.signals[0].fate is Fate.DELIVERED


class TestCalls:
    """What calls come out of signals."""

    def test_whole_call(self) -> None:
        """Offer, answer, candidates of both sides and a BYE are one complete call."""
        wire = two_peers()
        for at, sender, body in [(11, 2, OFFER), (12, 1, ANSWER), (13, 2, CANDIDATE), (14, 1, CANDIDATE), (19, 2, BYE)]:
            relay(wire, sender, 3 - sender, at, body)
        history = history_of(wire)
        (call,) = history.calls
        assert (call.caller, call.callee, call.offers, call.answers) == (2, 1, 1, 1)
        assert (call.caller_candidates, call.callee_candidates) == (1, 1)
        assert (call.answer_time_ns, call.ended, call.ended_by, call.ended_ns) == (ns(1), CallEnd.BYE, 2, ns(19))
        assert history.verdicts[1].outcome is Outcome.COMPLETE
        assert all(signal.call == 1 for signal in history.signals)

    def test_second_call_after_bye(self) -> None:
        """An offer after a BYE begins another call; a late candidate still belongs to the first."""
        wire = two_peers()
        for at, sender, body in [(11, 2, OFFER), (12, 1, ANSWER), (13, 2, BYE), (14, 1, CANDIDATE), (15, 1, OFFER)]:
            relay(wire, sender, 3 - sender, at, body)
        first, second = history_of(wire).calls
        assert (first.callee_candidates, second.caller) == (1, 1)

    def test_answer_that_crosses_the_bye_is_late(self) -> None:
        """An answer sent after the caller hung up answers that call's offer and begins no other."""
        wire = two_peers()
        for at, sender, body in [(11, 2, OFFER), (13, 2, BYE), (14, 1, ANSWER), (15, 1, CANDIDATE)]:
            relay(wire, sender, 3 - sender, at, body)
        history = history_of(wire)
        (call,) = history.calls
        assert (call.answers, call.ended, call.callee_candidates) == (1, CallEnd.BYE, 1)
        assert history.verdicts[1].outcome is Outcome.LATE_ANSWER

    def test_offer_within_a_call_is_a_re_offer(self) -> None:
        """A later offer of either side belongs to the call that is open."""
        wire = two_peers()
        for at, sender, body in [(11, 2, OFFER), (12, 1, ANSWER), (13, 1, OFFER), (14, 2, ANSWER)]:
            relay(wire, sender, 3 - sender, at, body)
        (call,) = history_of(wire).calls
        assert (call.offers, call.answers, call.caller, call.glare) == (2, 2, 2, False)

    def test_offers_that_cross_are_glare(self) -> None:
        """Two offers before any answer are glare, and nobody's fault."""
        wire = two_peers()
        relay(wire, 2, 1, 11, OFFER)
        relay(wire, 1, 2, 11.01, OFFER)
        history = history_of(wire)
        assert history.calls[0].glare
        assert history.verdicts[1].outcome is Outcome.GLARE

    def test_loopback_offer_ends_signaling(self) -> None:
        """The test page's `offer-loopback` is no missing answer."""
        wire = two_peers()
        relay(wire, 2, 1, 11, OFFER)
        relay(wire, 1, 2, 12, OFFER.replace(b'"offer"', b'"offer-loopback"'))
        history = history_of(wire)
        assert history.calls[0].loopback
        assert history.verdicts[1].outcome is Outcome.LOOPBACK

    def test_unanswered_offer(self) -> None:
        """An offer that was delivered and met silence is unanswered."""
        wire = two_peers()
        relay(wire, 2, 1, 11, OFFER)
        assert history_of(wire).verdicts[1].outcome is Outcome.UNANSWERED

    def test_refused_offer(self) -> None:
        """An offer to nobody is refused and ends there."""
        wire = two_peers()
        wire.post(BOB, 2, 9, 11.0, OFFER, status=500)
        history = history_of(wire)
        assert (history.calls[0].ended, history.verdicts[1].outcome) == (CallEnd.REFUSED, Outcome.REFUSED)

    def test_call_ends_with_the_first_who_leaves(self) -> None:
        """Without a BYE a call ends when one of the two signs out."""
        wire = two_peers()
        for at, sender, body in [(11, 2, OFFER), (12, 1, ANSWER)]:
            relay(wire, sender, 3 - sender, at, body)
        wire.add(BOB, "/sign_out?peer_id=2", 20.0, 20.001)
        (call,) = history_of(wire).calls
        assert (call.ended, call.ended_by, call.ended_ns) == (CallEnd.SIGNED_OUT, 2, ns(20.001))

    def test_candidates_of_one_side_only(self) -> None:
        """A side that signals no candidate is named."""
        wire = two_peers()
        for at, sender, body in [(11, 2, OFFER), (12, 1, ANSWER), (13, 2, CANDIDATE)]:
            relay(wire, sender, 3 - sender, at, body)
        verdict = history_of(wire).verdicts[1]
        assert (verdict.outcome, verdict.without_candidates) == (Outcome.NO_CANDIDATES, (1,))
