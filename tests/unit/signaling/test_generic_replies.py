"""Replies are told from messages of others by their requests' numbers, servers that answer from those that relay."""

from __future__ import annotations

from typing import Any

import pytest

from sigtrace.calls.acts import ActKind
from sigtrace.calls.signals import Fate
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.generic_replies import NO_REPLIES, find_replies
from tests.builders.homemade import ANSWER, CANDIDATE, OFFER, Line, labels

REQUESTS: list[tuple[Any, Any]] = [
    ({"jsonrpc": "2.0", "id": 7, "method": "join", "params": {"offer": {"type": "offer", "sdp": OFFER}}},
     {"jsonrpc": "2.0", "id": 7, "result": {"type": "answer", "sdp": ANSWER}}),
    ({"janus": "message", "transaction": "t7", "jsep": {"type": "offer", "sdp": OFFER}},
     {"janus": "event", "transaction": "t7", "sender": 99, "jsep": {"type": "answer", "sdp": ANSWER}}),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "reply"), REQUESTS, ids=["JSON-RPC", "Janus"])
def test_a_server_that_answers(request_: Any, reply: Any) -> None:
    """A description that no client said, in reply to one, is the server's: it goes by its path, and nothing is lost."""
    line = Line(target=b"/sfu")
    line.says("a", request_)
    line.says(
        "a", {"method": "trickle", "janus": "trickle", "transaction": "t8", "candidate": {"candidate": CANDIDATE}}
    )
    line.hears("a", {"janus": "ack", "transaction": "t8"})
    line.hears("a", reply)
    history = line.history(*PROTOCOLS)
    a = line.client("a")
    assert list(labels(history)) == [f"offer {a}>/sfu", f"candidate {a}>/sfu", f"answer /sfu>{a}"]
    assert {signal.fate for signal in history.signals} == {Fate.DIRECT}
    assert [(peer.id, peer.is_server) for peer in history.peers] == [(str(a), False), ("/sfu", True)]


def test_a_server_that_relays_replies() -> None:
    """An answer that another client said is relayed, though it comes as a reply."""
    line = Line(target=b"/")
    line.says("a", {"request": True, "id": 1, "method": "offer", "data": {"to": "b", "sdp": OFFER}})
    line.hears("b", {"request": True, "id": 5, "method": "offer", "data": {"from": "a", "sdp": OFFER}})
    line.says("b", {"response": True, "id": 5, "data": {"answer": {"sdp": ANSWER}}})
    line.hears("a", {"response": True, "id": 1, "data": {"answer": {"sdp": ANSWER}}})
    assert list(labels(line.history(*PROTOCOLS))) == ["offer a>b", "answer b>a"]


def test_a_reply_names_nobody() -> None:
    """What replies is a remark, whoever it names; the reply to joining lets in, and its number is no id."""
    line = Line()
    line.says("a", {"method": "join", "id": 301, "data": {"room": "den", "peerId": "u1"}})
    line.hears("a", {"response": True, "id": 301, "data": {"peers": [{"id": "u2"}]}})
    line.says("a", {"method": "offer", "to": "u2", "sdp": OFFER})
    line.says("a", {"clientId": "u1", "id": "4", "channel": "/meta/connect"})
    line.hears("a", {"clientId": "u1", "id": "4", "channel": "/meta/connect", "successful": True})
    history = line.history(*PROTOCOLS)
    assert [(peer.id, peer.room) for peer in history.peers] == [("u1", "den"), ("u2", "den")]
    joined = [act for act in history.acts if act.kind is ActKind.JOINED]
    assert [(act.peer, act.others) for act in joined] == [("u1", 1)]
    assert history.acts[-1].kind is ActKind.REMARK
    assert list(labels(history)) == ["offer u1>u2"]


def test_ids_of_peers_are_no_numbers_of_requests() -> None:
    """A key that clients use again and again names somebody: what comes with it is a message of others."""
    line = Line()
    line.says("a", {"id": "u2", "sdp": OFFER})
    line.says("a", {"id": "u2", "candidate": CANDIDATE})
    line.hears("a", {"id": "u2", "sdp": ANSWER})
    messages = [line.says("a", {"type": "x", "id": 1}), line.hears("a", {"type": "y", "id": 1})]
    assert find_replies(line.units[:3]) == NO_REPLIES  # type: ignore[arg-type]
    assert find_replies(messages) == NO_REPLIES
