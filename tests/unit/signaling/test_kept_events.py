"""KeptEvents: what is said within bounds over the whole trace, however much one unit says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.signaling import kept_events
from tests.builders.sockets import Sockets

if TYPE_CHECKING:
    import pytest


def _crowd() -> Sockets:
    """Make three rooms of which each newcomer is told who is there."""
    wire = Sockets()
    for flow in range(3):
        wire.open(flow, flow, "/")
        wire.say(flow, flow + 0.1, {"eventName": "__join", "data": {"room": "hall"}})
        others = [f"peer-{flow}-{number}" for number in range(3)]
        wire.tell(flow, flow + 0.2, {"eventName": "_peers", "data": {"connections": others, "you": f"own-{flow}"}})
    return wire


def test_lists_beyond_the_bound_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that does not fit any more names nobody and does not say that nobody is there; those before it do."""
    whole = _crowd().history()
    assert sum(str(peer.id).startswith("peer-") for peer in whole.peers) == 9
    monkeypatch.setattr(kept_events, "KEPT_LISTED", 7)
    reading, history = _crowd().reading(), _crowd().history()
    assert [notice.code for notice in reading.notices] == [kept_events.LISTED_DROPPED]
    assert sum(str(peer.id).startswith("peer-") for peer in history.peers) == 6
    assert [act.others for act in history.acts if act.kind.value == "joined"] == [3, 3, None]


def test_events_beyond_the_bound_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each unit may say one thing; beyond that and the bound, what is said is counted and left out."""
    batch = {"messages": [{"type": "hello", "to": "b", "text": str(number)} for number in range(10)]}
    wire = Sockets()
    wire.open(1, 0.0, "/signal")
    wire.say(1, 1.0, {"type": "offer", "to": "b", "sdp": "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"})
    wire.say(1, 2.0, batch)
    assert len(wire.history().signals) == 11
    monkeypatch.setattr(kept_events, "KEPT_BEYOND", 2)
    reading = wire.reading()
    assert sum(map(len, reading.events.values())) == 5
    (notice,) = [notice for notice in reading.notices if notice.code == kept_events.EVENTS_DROPPED]
    assert notice.text.startswith("6 things")
