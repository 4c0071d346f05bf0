"""Captures of Socket.IO against what their endpoints logged: joins, leaves, relays, calls, packets and polls."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sigtrace import analyze, read
from sigtrace.calls.peers import Departure
from sigtrace.calls.signals import Fate

if TYPE_CHECKING:
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.signals import Signal
    from sigtrace.trace import Trace

CAPTURES = Path(__file__).parents[2] / "captures"
NEEDED = {"signalmaster", "signalmaster-09", "socketio-rooms"}
CLOCK_S = 0.05
"""How far an endpoint's clock may be from the capture's: it hears of things while it does others."""

LEFT = {
    "left": {Departure.SIGNED_OUT},
    "closed": {Departure.SIGNED_OUT, Departure.DROPPED},
    "killed": {Departure.VANISHED},
}
_POLL = re.compile(rb"/socket\.io/(?:\?.*transport=polling.*&sid=|\?.*sid=.*transport=polling|1/xhr-polling/)")


def _speaks_socketio(folder: Path) -> bool:
    server = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["server"] or {}
    return str(server.get("protocol", "")).startswith("Socket.IO")


NAMES = sorted(
    path.parent.name
    for path in CAPTURES.glob("*/truth.json")
    if _speaks_socketio(path.parent) and not path.parent.name.endswith(("-gap", "-cut", "-dropped", "-garbled"))
)


class Story(NamedTuple):
    """One capture."""

    trace: Trace
    truth: dict[str, Any]


@cache
def _story(name: str) -> Story:
    (path,) = (CAPTURES / name).glob("*.pcap*")
    truth = json.loads((CAPTURES / name / "truth.json").read_text(encoding="utf-8"))
    return Story(analyze(read(path)), truth)


@pytest.fixture(params=NAMES)
def story(request: pytest.FixtureRequest) -> Story:
    """One capture with its truth; analysed once."""
    return _story(request.param)


def seconds(at_ns: int | None) -> float:
    """Return a time as truth files have it; of none one that is near to nothing."""
    return 0.0 if at_ns is None else at_ns / 1e9


def test_the_captures_are_here() -> None:
    """Nothing below is true for want of captures."""
    assert set(NAMES) >= NEEDED
    assert all(_story(name).truth["relays"] for name in NAMES)


def test_joins(story: Story) -> None:
    """Everybody is in each room that it joined, from the moment on when it was let in, and in no other."""
    stays = [(peer.id, peer.room, seconds(peer.joined_ns)) for peer in story.trace.peers if peer.room is not None]
    joins = [(row["peer"], row["room"], row["t"]) for row in story.truth["joins"]]
    assert sorted(stay[:2] for stay in stays) == sorted(join[:2] for join in joins)
    for peer, room, at in joins:
        assert any(stay[:2] == (peer, room) and abs(stay[2] - at) < CLOCK_S for stay in stays), (peer, room, at)


def _leaves_so(peer: Peer, row: dict[str, Any]) -> bool:
    same = (peer.id, peer.room) == (row["peer"], row["room"])
    return same and peer.left in LEFT[row["how"]] and abs(seconds(peer.left_ns) - row["t"]) < CLOCK_S


def test_leaves(story: Story) -> None:
    """Everybody left each room when and how it did."""
    for row in story.truth["leaves"]:
        assert any(_leaves_so(peer, row) for peer in story.trace.peers), row


def test_names(story: Story) -> None:
    """Everybody goes by the id and the name that its program had."""
    named = {peer.id: peer.name for peer in story.trace.peers}
    for row in story.truth["peers"]:
        assert row["id"] in named
        assert named[row["id"]] in (None, row["name"])


def _kind(signal: Signal) -> str:
    return signal.content.label or signal.kind.value


def test_relays(story: Story) -> None:
    """Every message has its sender and receiver, was sent and got when they say, and got lost only if it did."""
    signals = list(story.trace.signals)
    for row in story.truth["relays"]:
        found = next((one for one in signals if _is_relay(one, row)), None)
        assert found is not None, row
        signals.remove(found)
        lost = row["t_received"] is None
        assert (found.fate in (Fate.UNDELIVERED, Fate.UNSEEN)) == lost, row
    noted = {row["kind"] for row in story.truth["relays"]}
    assert [one for one in signals if _kind(one) in noted] == []
    assert {one.fate for one in signals} <= {Fate.DELIVERED, Fate.ECHOED}


def _is_relay(signal: Signal, row: dict[str, Any]) -> bool:
    if (signal.sender, signal.receiver, _kind(signal)) != (row["from"], row["to"], row["kind"]):
        return False
    got = row["t_received"] is None or abs(seconds(signal.delivered_ns) - row["t_received"]) < CLOCK_S
    return got and abs(seconds(signal.sent_ns) - row["t_sent"]) < CLOCK_S


def test_calls(story: Story) -> None:
    """Every call has its two sides, its stream, its answer and its candidates."""
    found = Counter(
        (one.caller, one.callee, _stream(one.dialog), bool(one.answers), one.caller_candidates, one.callee_candidates)
        for one in story.trace.calls
    )
    logged = Counter(
        (
            row["from"],
            row["to"],
            None if row.get("dialog") is None else (row["dialog"]["roomType"], row["dialog"]["sid"]),
            row["t_answer"] is not None,
            row["candidates"].get(row["from"], 0),
            row["candidates"].get(row["to"], 0),
        )
        for row in story.truth["calls"]
    )
    assert found == logged


def _stream(dialog: str | None) -> tuple[str, ...] | None:
    return None if dialog is None else tuple(dialog.split(" "))


def test_packets(story: Story) -> None:
    """Every packet that an endpoint sent or got is there, by name and direction."""
    found = Counter((one.namespace, one.kind.value, one.name, one.from_client) for one in story.trace.socket_packets)
    logged = Counter(
        (row["namespace"], row["kind"], row["event"], row["dir"] == "out") for row in story.truth["socketio_events"]
    )
    assert logged - found == Counter()


def test_polls(story: Story) -> None:
    """Every hanging GET of a session is one wait of one peer; messages that came by it released it."""
    ids = {row["id"] for row in story.truth["peers"]}
    refused = {one.number for one in story.trace.exchanges if one.response is not None and one.response.status >= 400}
    polls = {
        one.number
        for one in story.trace.exchanges
        if one.request is not None and one.request.method == "GET" and _POLL.match(one.request.target)
    }
    waits = {wait.exchange: wait for wait in story.trace.waits}
    assert len(waits) == len(story.trace.waits)
    assert waits.keys() <= polls
    assert polls - waits.keys() <= refused  # of sessions that were never opened
    assert {wait.peer for wait in waits.values()} <= ids
    for signal in story.trace.signals:
        if signal.delivered_exchange is not None:
            wait = waits[signal.delivered_exchange]
            assert wait.peer == signal.receiver
            assert wait.by_peer is not None


def test_every_message_over_polling_came_by_a_poll(story: Story) -> None:
    """What a polling client got is in the answer to a poll of its own, right before it noted it."""
    own = {row["label"]: row["id"] for row in story.truth["peers"]}
    answered: dict[Any, list[float]] = {}
    for wait in story.trace.waits:
        answered.setdefault(wait.peer, []).append(seconds(wait.answered_ns))
    for row in story.truth["socketio_events"]:
        if row["transport"] == "polling" and row["dir"] == "in" and row["event"] is not None:
            assert any(abs(at - row["t"]) < CLOCK_S for at in answered[own[row["peer"]]]), row


def test_what_a_damaged_capture_says_is_true() -> None:
    """Where bytes are missing messages may be too, and what is told of the others is as their endpoints say."""
    trace, truth = _story("signalmaster-gap")
    unpaired = list(truth["relays"])
    for signal in trace.signals:
        row = next((row for row in unpaired if _may_be(signal, row)), None)
        assert row is not None, signal
        unpaired.remove(row)
        if signal.fate is Fate.UNDELIVERED:
            assert row["t_received"] is None, row
    logged = {(row["peer"], row["room"]) for row in truth["joins"]}
    assert {(peer.id, peer.room) for peer in trace.peers if peer.room is not None} <= logged


def _may_be(signal: Signal, row: dict[str, Any]) -> bool:
    same = (signal.sender, signal.receiver, _kind(signal)) == (row["from"], row["to"], row["kind"])
    sent = signal.sent_ns is None or abs(seconds(signal.sent_ns) - row["t_sent"]) < CLOCK_S
    got = signal.delivered_ns is None or abs(seconds(signal.delivered_ns) - (row["t_received"] or 0.0)) < CLOCK_S
    return same and sent and got
