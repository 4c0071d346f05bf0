"""Who comes again under the same id has a stay of its own, and what it says then is not of the one that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.history import History, write_history
from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.peers import Departure
from sigtrace.calls.rooms.channels import Channel
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.relayed_content import Payload, description_content
from sigtrace.signaling.room_events import Delivered, Identified, JoinAsked, Joined, PeerJoined, PeerLeft, Sent
from tests.builders.exchanges import ns
from tests.builders.homemade import OFFER
from tests.unit.calls.rooms.test_room_stays import SERVER, at, stays_of

if TYPE_CHECKING:
    from sigtrace.signaling.room_events import RoomEvent

CONTENT = description_content(SignalKind.OFFER, OFFER, Payload(len(OFFER), "0" * 64, OFFER))


def history_of(events: list[RoomEvent], lasted: dict[int, tuple[float, float | None]]) -> History:
    """Write the history of events over channels that opened and closed so, in seconds."""
    channels = {
        f"websocket {number}": Channel(
            key=f"websocket {number}",
            client=Endpoint("10.77.0.11", 40000 + number),
            server=SERVER,
            opened_ns=ns(opened),
            pushed_ns=ns(opened),
            closed_ns=None if closed is None else ns(closed),
        )
        for number, (opened, closed) in lasted.items()
    }
    return write_history({"toy": events}, Surroundings(last_ns=ns(100.0), closed_ns={}, channels=channels))


def offer(seconds: int) -> list[RoomEvent]:
    """Alice offers over channel 3, and Bob gets it over channel 2."""
    sent = at(seconds, 3, Sent, content=CONTENT, receiver="bob")
    return [sent, at(seconds + 1, 2, Delivered, content=CONTENT, sender="alice")]


def test_a_call_after_coming_again_does_not_end_with_the_stay_before() -> None:
    """A peer that is told its old id on a new connection has two stays, and its call goes on to the capture's end."""
    events = [at(1, 1, Identified, peer="alice"), at(2, 2, Identified, peer="bob"), at(20, 3, Identified, peer="alice")]
    history = history_of([*events, *offer(30)], {1: (0.5, 10.0), 2: (1.5, None), 3: (19.0, None)})
    assert stays_of(history, "alice") == [(None, 10, Departure.VANISHED), (None, None, None)]
    assert [(call.ended, call.ended_by) for call in history.calls] == [(CallEnd.CAPTURE_ENDED, None)]


def test_letting_in_again_begins_a_stay_in_the_same_room() -> None:
    """A server that only says who is in says so again on the new connection: a second stay in that room."""
    events = [at(1, 1, Joined, peer="alice", room="red"), at(20, 3, Joined, peer="alice", room="red")]
    history = history_of(events, {1: (0.5, 10.0), 3: (19.0, None)})
    assert stays_of(history, "alice") == [("red", 10, Departure.VANISHED), ("red", None, None)]


def test_two_connections_at_once_are_one_stay() -> None:
    """A peer that opens a second connection while it has one stays until the last of them ends."""
    events = [at(1, 1, Identified, peer="alice"), at(5, 3, Identified, peer="alice")]
    history = history_of(events, {1: (0.5, 10.0), 3: (4.0, 30.0)})
    assert stays_of(history, "alice") == [(None, 30, Departure.VANISHED)]


def test_asking_over_a_second_connection_leaves_the_first_stay_its_own() -> None:
    """A stay that began over one connection ends with it, though its peer said who it is over another meanwhile."""
    events = [
        at(1, 1, JoinAsked, peer="alice", room="red"),
        at(5, 3, Identified, peer="alice"),
        at(6, 3, JoinAsked, peer="alice", room="blue"),
    ]
    history = history_of(events, {1: (0.5, 10.0), 3: (4.0, 30.0)})
    assert stays_of(history, "alice") == [("red", 10, Departure.VANISHED), ("blue", 30, Departure.VANISHED)]


def test_others_are_told_of_a_second_coming() -> None:
    """Of a peer that is not in the capture itself, each coming that others are told of is a stay."""
    events = [
        at(5, 2, PeerJoined, peer="alice"),
        at(10, 2, PeerLeft, peer="alice"),
        at(20, 2, PeerJoined, peer="alice"),
    ]
    history = history_of(events, {2: (1.5, None)})
    assert stays_of(history, "alice") == [(None, 10, Departure.VANISHED), (None, None, None)]


def test_a_coming_told_first_is_the_stay_of_the_new_connection() -> None:
    """Others may be told before the peer itself is: both are of one stay."""
    events = [
        at(1, 1, Identified, peer="alice"),
        at(10, 2, PeerLeft, peer="alice"),
        at(20, 2, PeerJoined, peer="alice"),
        at(21, 3, Identified, peer="alice"),
    ]
    history = history_of(events, {1: (0.5, 10.0), 2: (1.5, None), 3: (19.0, 40.0)})
    assert stays_of(history, "alice") == [(None, 10, Departure.VANISHED), (None, 40, Departure.VANISHED)]
