"""What is asked for of a trace is found, or refused with what there is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import sigtrace
from sigtrace.errors import SelectionError
from sigtrace.views.ladder import build_ladder
from sigtrace.views.ladder_rows import Arrow, Tone
from sigtrace.views.selection import Selection, select

CAPTURES = Path(__file__).parents[3] / "captures"


@cache
def _trace(name: str) -> sigtrace.Trace:
    return sigtrace.analyze(sigtrace.read(str(CAPTURES / name / f"{name}.pcapng")))


def test_nothing_asked_for_is_everything() -> None:
    """An empty selection gives the trace itself."""
    trace = _trace("third-party")
    assert select(trace, Selection()) is trace


def test_a_call_is_its_two_peers_and_what_they_sent_each_other() -> None:
    """The third party and its messages are not in a call of the other two, and numbers stay."""
    trace = _trace("third-party")
    part = select(trace, Selection(call=1))
    assert [call.number for call in part.calls] == [1]
    assert list(part.verdicts) == [1]
    assert {peer.id for peer in part.peers} == {1, 2}
    assert {(signal.sender, signal.receiver) for signal in part.signals} == {(1, 2), (2, 1)}
    assert all(part.exchange(one.exchange) for one in part.waits)
    assert all(signal.call == 1 for signal in part.signals)
    assert len(part.exchanges) == len(part.roles) < len(trace.exchanges)


def test_a_peer_is_found_by_number_name_and_name_without_host() -> None:
    """Three ways to name a peer select the same."""
    trace = _trace("third-party")
    parts = [select(trace, Selection(peer=name)) for name in ("3", "carol@host-c", "carol")]
    assert parts[0] == parts[1] == parts[2]
    assert {signal.sender for signal in parts[0].signals} == {3}
    assert [call.number for call in parts[0].calls] == [2]


def test_a_server_is_found_by_endpoint_and_address() -> None:
    """An endpoint selects one of two servers, their common address both."""
    trace = _trace("two-servers")
    assert {session.server.port for session in select(trace, Selection(server="10.77.0.1:9000")).sessions} == {9000}
    assert len(select(trace, Selection(server="10.77.0.1")).sessions) == 2


def test_who_is_in_two_rooms_is_shown_in_one() -> None:
    """Of one who chats in two rooms only what was said in the chosen one is kept, echoes too."""
    trace = _trace("chat-rooms")
    plain, json = (select(trace, Selection(room=room)) for room in ("plain", "json"))
    assert [(peer.id, peer.room) for peer in plain.peers] == [("carol", "plain"), ("dave", "plain")]
    assert {peer.room for peer in json.peers} == {"json"}
    assert {signal.content.label for signal in json.signals} == {"message"}
    assert {signal.content.label for signal in plain.signals} == {None}
    assert sorted([*plain.signals, *json.signals], key=lambda one: one.number) == list(trace.signals)
    assert not [act for act in plain.acts if act.room == "json"]
    pantry = select(_trace("signalmaster"), Selection(room="pantry"))
    assert [wait.peer for wait in pantry.waits] == [peer.id for peer in pantry.peers]  # D, who was there for a moment


def test_a_room_is_found_by_its_name() -> None:
    """A room is its peers and what they sent; those of another room are not in it."""
    trace = _trace("skyrtc-mesh")
    kitchen, attic = (select(trace, Selection(room=room)) for room in ("kitchen", "attic"))
    assert [peer.room for peer in kitchen.peers] == ["kitchen"] * 3
    assert [peer.room for peer in attic.peers] == ["attic"]
    assert kitchen.signals == trace.signals
    assert not attic.signals


def test_a_protocol_is_found_by_its_name() -> None:
    """Where two protocols meet, one is selected with its sessions and with what bore it alone."""
    part = select(_trace("socketio-rooms"), Selection(protocol="generic"))
    assert [session.protocol for session in part.sessions] == ["generic"]
    assert {role.protocol for role in part.roles} | set(part.message_protocols) == {"generic"}


@pytest.mark.parametrize(
    ("selection", "hint"),
    [
        (Selection(call=9), "there are calls: 1 bob to alice, 2 carol to alice"),
        (Selection(peer="dave"), "there are peers: 1 alice@host-a, 2 bob@host-b, 3 carol@host-c"),
        (Selection(server="10.0.0.1"), "there are servers: 10.77.0.1:8888"),
        (Selection(room="attic"), "there are no rooms in it"),
        (Selection(protocol="whip"), "there are protocols: peerconnection"),
        (Selection(since_ns=2, until_ns=1), "is --since after --until?"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(selection: Selection, hint: str) -> None:
    """A selection of nothing names what there is to select."""
    with pytest.raises(SelectionError) as caught:
        select(_trace("third-party"), selection)
    assert caught.value.hint == hint


def test_who_goes_by_its_name_is_listed_by_it_once() -> None:
    """The id of a user of a text chat is the name: it is not said twice."""
    with pytest.raises(SelectionError) as caught:
        select(_trace("chat-rooms"), Selection(peer="erin"))
    assert caught.value.hint == "there are peers: alice, bob, carol, dave"


def test_a_selected_call_tells_nothing_of_other_calls() -> None:
    """A wait that brought a third party's message stays, for the lifeline, and its message is not told."""
    (section,) = build_ladder(select(_trace("third-party"), Selection(call=2))).sections
    arrows = [row for row in section.rows if isinstance(row, Arrow)]
    assert {row.call for row in arrows} == {None, 2}
    assert not any(row.tone is Tone.FAILURE for row in arrows)
