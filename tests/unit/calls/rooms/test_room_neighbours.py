"""Neighbours: who is behind an address that may be of several, over plain HTTP."""

from __future__ import annotations

from sigtrace.signaling.generic import Generic
from tests.builders.homemade import ANSWER, OFFER, Line, labels


def test_what_is_fetched_for_a_room_makes_no_neighbour() -> None:
    """A client that fetches what is for its room is the one that polls, not another one behind its address."""
    line = Line()
    line.asks("a", "/send", {"type": "join", "room": "red", "id": "alice"})
    line.asks("a", "/send", {"type": "offer", "from": "alice", "to": "red", "sdp": OFFER})
    line.asks("a", "/poll?id=alice", b"", [{"from": "bob", "to": "red", "type": "answer", "sdp": ANSWER}])
    history = line.history(Generic())
    assert labels(history) == ["offer alice>None", "answer bob>alice"]
    assert {peer.id for peer in history.peers} == {"alice", "bob"}
