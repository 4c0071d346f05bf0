"""Who counts as a peer, and under which name, when only a part of its signaling was captured."""

from __future__ import annotations

from sigtrace.application.http.message import ExchangeEnd, ExchangeState
from tests.builders.exchanges import ALICE, BOB, OFFER, Wire
from tests.builders.histories import history_of


def test_receiver_of_what_the_server_took_is_a_peer() -> None:
    """A capture at the sender knows its partner only from `to=`; the server's 200 says that it exists."""
    wire = Wire()
    wire.post(BOB, 2, 1, 1.0, OFFER)
    assert [(peer.id, peer.address) for peer in history_of(wire).peers] == [(2, BOB), (1, None)]


def test_sender_is_a_peer_also_when_answers_were_not_captured() -> None:
    """With one direction captured nothing speaks against a sender; its receiver may not exist."""
    wire = Wire()
    wire.post(BOB, 2, 1, 1.0, OFFER, answered=None, end=ExchangeEnd.CLIENT_CLOSED, ended=1.1)
    assert [peer.id for peer in history_of(wire).peers] == [2]


def test_refused_message_makes_no_peers() -> None:
    """A refused POST proves neither its sender nor its receiver."""
    wire = Wire()
    wire.post(BOB, 77, 78, 1.0, OFFER, status=500)
    assert history_of(wire).peers == []


def test_listed_name_is_better_than_the_one_asked_for() -> None:
    """A sign-in whose answer is damaged keeps the name that the server told the others."""
    wire = Wire()
    wire.wait(ALICE, 1, 0.0, 1.00005, b"Zoe Q,2,1\n", 1)
    damaged = {"response_whole": False, "state": ExchangeState.DAMAGED}
    wire.add(BOB, "/sign_in?Zoe%20Q", 1.0, 1.0001, **damaged)
    wire.wait(BOB, 2, 1.1, None, end=ExchangeEnd.CAPTURE_ENDED)
    names = {peer.id: peer.name for peer in history_of(wire).peers}
    assert names[2] == "Zoe Q"


def test_company_is_who_the_server_says_is_there() -> None:
    """Those whom a sign-in's answer lists as gone are not there; without a list, nothing is said about company."""
    wire = Wire()
    wire.sign_in(ALICE, "alice", 1, 0.0)
    wire.sign_in(BOB, "bob", 2, 1.0, b"alice,1,1\nzoe,7,0\n")
    wire.add(ALICE, "/sign_in?carol", 2.0, 2.1, answer=(b"welcome", 3), reason=b"Added")
    assert {peer.id: peer.others for peer in history_of(wire).peers} == {1: 0, 2: 1, 3: None}
