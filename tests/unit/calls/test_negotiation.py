"""Where a call begins and ends when its offer was not captured, its server dies, or another call takes its place."""

from __future__ import annotations

import json

from sigtrace.application.http.message import ExchangeEnd
from sigtrace.calls.negotiation import CallEnd
from tests.builders.exchanges import ALICE, ANSWER, BOB, OFFER, Wire, ns
from tests.builders.histories import history_of, relay, two_peers


def described_again(offer: bytes, *, session: int, version: int) -> bytes:
    """Return an offer whose `o=` names another session or version."""
    value = json.loads(offer)
    value["sdp"] = value["sdp"].replace("o=- 1 2 ", f"o=- {session} {version} ")
    return json.dumps(value).encode()


def call_of(*steps: tuple[float, int, bytes]) -> Wire:
    """Two peers that send each other these, each as (when, sender, body)."""
    wire = two_peers()
    for at, sender, body in steps:
        relay(wire, sender, 3 - sender, at, body)
    return wire


def test_re_offer_does_not_stand_for_an_offer_that_was_not_captured() -> None:
    """When an answer comes first, the offer before it is unknown, and so is the time to the answer."""
    wire = call_of((11, 1, ANSWER), (12, 2, described_again(OFFER, session=1, version=3)), (13, 1, ANSWER))
    (call,) = history_of(wire).calls
    assert (call.offered_ns, call.answered_ns, call.answer_time_ns) == (None, ns(11), None)
    assert (call.caller, call.offers, call.inferred) == (2, 1, True)


def test_another_session_is_another_call() -> None:
    """An offer of another `o=` session is a new call of the same two, which ends the one before without a goodbye."""
    wire = call_of((11, 2, OFFER), (12, 1, ANSWER), (20, 2, described_again(OFFER, session=9, version=2)))
    first, second = history_of(wire).calls
    assert (first.ended, first.offers, first.answers) == (CallEnd.SUPERSEDED, 1, 1)
    assert (second.offered_ns, second.answers, second.inferred) == (ns(20), 0, False)


def test_new_version_of_the_session_is_the_same_call() -> None:
    """A re-offer raises the version and keeps the session (RFC 3264 §8)."""
    wire = call_of((11, 2, OFFER), (12, 1, ANSWER), (20, 2, described_again(OFFER, session=1, version=3)))
    assert [call.offers for call in history_of(wire).calls] == [2]


def test_call_ends_with_a_server_that_starts_anew() -> None:
    """A server that counts from 1 again had died when it closed its last wait, and its calls with it."""
    wire = call_of((11, 2, OFFER), (12, 1, ANSWER))
    for address, peer in ((ALICE, 1), (BOB, 2)):
        wire.wait(address, peer, 13.0, None, end=ExchangeEnd.SERVER_CLOSED, ended=30.0 + peer)
    wire.sign_in(ALICE, "alice", 1, 40.0)
    (call,) = history_of(wire).calls
    assert (call.ended, call.ended_ns) == (CallEnd.SERVER_QUIT, ns(32.0))


def test_call_does_not_end_with_a_wait_that_was_closed() -> None:
    """A wait closed from the server's side, by a proxy perhaps, ends no call while the server goes on."""
    wire = call_of((11, 2, OFFER), (12, 1, ANSWER))
    wire.wait(ALICE, 1, 13.0, None, end=ExchangeEnd.SERVER_CLOSED, ended=30.0)
    (call,) = history_of(wire).calls
    assert call.ended is CallEnd.CAPTURE_ENDED


def test_call_ends_with_the_farewell_of_the_server() -> None:
    """What the server says to open waits ends calls, also when the `/quit` itself went another way."""
    wire = call_of((11, 2, OFFER), (12, 1, ANSWER))
    wire.wait(ALICE, 1, 13.0, 20.0, b"Server shutting down", None)
    (call,) = history_of(wire).calls
    assert (call.ended, call.ended_ns) == (CallEnd.SERVER_QUIT, ns(20))
