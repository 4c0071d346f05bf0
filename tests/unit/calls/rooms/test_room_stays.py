"""Stays in rooms: one peer may be in several at a time, over one channel or over several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigtrace.application.span import Span
from sigtrace.calls.history import History, write_history
from sigtrace.calls.peers import Departure
from sigtrace.calls.rooms.membership import MAX_OPEN
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.bearer import Bearer
from sigtrace.signaling.events import Listed
from sigtrace.signaling.room_events import (
    JoinAsked,
    Joined,
    JoinRefused,
    LeaveAsked,
    PeerJoined,
    PeerLeft,
    RoomEvent,
    Sent,
)
from tests.builders.exchanges import ns

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVER = Endpoint("10.77.0.1", 3000)


def at(seconds: float, channel: int, kind: type[RoomEvent], **facts: Any) -> RoomEvent:
    """Make an event on a client's channel."""
    from_client = kind in (JoinAsked, LeaveAsked, Sent)
    span = Span(ns(seconds), ns(seconds), round(seconds), round(seconds))
    client = Endpoint("10.77.0.11", 40000 + channel)
    bearer = Bearer(f"websocket {channel}", client, SERVER, from_client, span, round(seconds), is_exchange=False)
    return kind(bearer=bearer, at_ns=ns(seconds), **facts)


def history_of(events: Sequence[RoomEvent]) -> History:
    """Write the history of such events."""
    return write_history({"toy": events}, Surroundings(last_ns=ns(100.0), closed_ns={}))


def stays_of(history: History, peer: str) -> list[tuple[str | None, int | None, Departure | None]]:
    """Return room, leaving in seconds and manner of each stay of a peer."""
    return [
        (one.room, None if one.left_ns is None else one.left_ns // 10**9, one.left)
        for one in history.peers
        if one.id == peer
    ]


def test_one_peer_in_two_rooms_over_two_channels_has_two_stays() -> None:
    """Whoever asks over another channel did not change rooms, whether or not the first was ever confirmed."""
    events = [at(1, 1, JoinAsked, room="red", peer="carol"), at(2, 2, JoinAsked, room="blue", peer="carol")]
    assert stays_of(history_of(events), "carol") == [("red", None, None), ("blue", None, None)]


def test_leaving_one_room_ends_that_stay_alone() -> None:
    """A leaving that names a room in which nobody saw the peer ends none of its stays elsewhere."""
    events = [
        at(1, 1, JoinAsked, room="red", peer="carol"),
        at(2, 3, JoinAsked, room="blue", peer="dave"),
        at(3, 3, PeerLeft, room="blue", peer="carol"),
    ]
    assert stays_of(history_of(events), "carol") == [("red", None, None)]
    events.append(at(4, 3, PeerLeft, room="red", peer="carol"))
    assert stays_of(history_of(events), "carol") == [("red", 4, Departure.VANISHED)]


def test_leaving_without_a_room_ends_the_oldest_stay() -> None:
    """Where the protocol names no room in a leaving, what is still open is meant."""
    events = [at(1, 1, JoinAsked, room="red", peer="carol"), at(2, 1, LeaveAsked)]
    assert stays_of(history_of(events), "carol") == [("red", 2, Departure.SIGNED_OUT)]


def test_who_is_told_in_two_rooms_does_not_say_in_which() -> None:
    """A newcomer told to a peer in two rooms is in one of them; told to a peer in one room it is there."""
    events = [
        at(1, 1, JoinAsked, room="red", peer="carol"),
        at(2, 1, Joined, room="red", peer="carol"),
        at(3, 1, PeerJoined, peer="dave"),
        at(4, 1, JoinAsked, room="blue", peer="carol"),
        at(5, 1, PeerJoined, peer="erin"),
    ]
    history = history_of(events)
    assert stays_of(history, "dave") == [("red", None, None)]
    assert stays_of(history, "erin") == [(None, None, None)]


def test_the_list_of_one_channel_is_of_its_room() -> None:
    """Who is listed over a channel is in the room that was joined over it, whatever was joined since."""
    events = [
        at(1, 1, JoinAsked, room="red", peer="carol"),
        at(2, 2, JoinAsked, room="blue", peer="carol"),
        at(3, 1, Joined, peer="carol", others=(Listed("dave", "dave", connected=True),)),
    ]
    assert stays_of(history_of(events), "dave") == [("red", None, None)]


def test_who_is_let_in_nowhere_is_still_connected() -> None:
    """A peer that asks over two channels and is refused over both, one after the other, is in no room, and there."""
    asked = [at(1, 1, JoinAsked, room="red", peer="carol"), at(2, 2, JoinAsked, room="blue", peer="carol")]
    refused = [at(3, 1, JoinRefused, reason="full"), at(4, 2, JoinRefused, reason="full")]
    assert stays_of(history_of([*asked, refused[0]]), "carol") == [("blue", None, None)]
    assert stays_of(history_of([*asked, *refused]), "carol") == [(None, None, None)]


def test_leaving_means_one_of_the_newest_stays() -> None:
    """Of more rooms than anyone is in at a time, the oldest that may be meant is left, and the others are not."""
    rooms = [f"room-{number}" for number in range(MAX_OPEN + 2)]
    events = [at(1, 1, kind, room=room, peer="carol") for room in rooms for kind in (JoinAsked, Joined)]
    stays = stays_of(history_of([*events, at(2, 1, LeaveAsked)]), "carol")
    assert [room for room, left, _ in stays if left is not None] == ["room-2"]
