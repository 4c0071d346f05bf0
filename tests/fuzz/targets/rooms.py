"""Events of rooms in any order → a history: all that it points at is there, and who left did so at some time.

An event is five bytes: what and after how long, over which channel, whom it is about, and which room or text. A byte
before all of them says how the channels end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.application.span import Span
from sigtrace.calls.history import write_history
from sigtrace.calls.rooms.channels import Channel
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.bearer import Bearer
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.events import Listed
from sigtrace.signaling.room_events import (
    Delivered,
    Direct,
    Identified,
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
from tests.fuzz.draw import Draw
from tests.fuzz.targets.signaling import check_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.calls.history import History

KINDS: Final = (
    Identified, JoinAsked, Joined, JoinRefused, LeaveAsked, PeerJoined, PeerLeft, Sent, Delivered, Direct,
)  # fmt: skip
MOST_EVENTS: Final = 200
_CHANNELS: Final = 4
_PEERS: Final = (None, "ann", "ben", "carol", "dave", "red")  # a room, too: a message may be for all in it
_ROOMS: Final = (None, "red", "blue", "green")
_SERVER: Final = Endpoint("10.77.0.1", 3000)
_SIGNALS: Final = (SignalKind.OFFER, SignalKind.ANSWER, SignalKind.CANDIDATE, SignalKind.TEXT)


def encode_event(kind: type[RoomEvent], channel: int, peer: int, room: int, *, after: int = 5) -> bytes:
    """Write an event as this target reads it; times in fiftieths of a second."""
    return bytes((KINDS.index(kind), after, channel, peer, room))


def try_rooms(data: bytes) -> None:
    """Write the history of some events, twice: the same comes out."""
    draw = Draw(data)
    ends = draw.byte()
    events: list[RoomEvent] = []
    at = 0.0
    while draw.more and len(events) < MOST_EVENTS:
        kind = KINDS[draw.byte() % len(KINDS)]
        at += draw.byte() / 50
        events.append(_event(kind, len(events) + 1, at, draw))
    around = Surroundings(last_ns=ns(at + 1), closed_ns={}, channels=_channels(ends, events))
    history = write_history({"toy": events} if events else {}, around)
    check_history(history)
    _check_stays(history)
    assert history == write_history({"toy": events} if events else {}, around)


def _event(kind: type[RoomEvent], number: int, at: float, draw: Draw) -> RoomEvent:
    channel, peer, place = draw.byte() % _CHANNELS, _PEERS[draw.byte() % len(_PEERS)], draw.byte()
    named, room = peer or "ann", _ROOMS[place % len(_ROOMS)]
    content = Content(kind=_SIGNALS[place >> 2 & 3], length=2, sha256=f"{place >> 4:02}", whole=f"{place >> 4}")
    facts: dict[type[RoomEvent], dict[str, object]] = {
        Identified: {"peer": named},
        JoinAsked: {"peer": peer, "room": room},
        Joined: {"peer": peer, "room": room, "others": (Listed("ben", "ben", connected=True),) * (place >> 7)},
        JoinRefused: {"room": room, "reason": "full"},
        LeaveAsked: {"room": room},
        PeerJoined: {"peer": named, "room": room},
        PeerLeft: {"peer": named, "room": room},
        Sent: {"content": content, "receiver": peer, "to_all": peer is None},
        Delivered: {"content": content, "sender": peer},
        Direct: {"content": content, "resource": named, "accepted": (None, True, False)[place % 3]},
    }
    span = Span(ns(at), ns(at), number, number)
    from_client = kind in {JoinAsked, LeaveAsked, Sent, Direct}
    client = Endpoint("10.77.0.11", 40000 + channel)
    bearer = Bearer(f"websocket {channel}", client, _SERVER, from_client, span, number, is_exchange=False)
    return kind(bearer=bearer, at_ns=ns(at), **facts[kind])  # type: ignore[arg-type]


def _channels(ends: int, events: Sequence[RoomEvent]) -> dict[str, Channel]:
    """Make the channels, of which two bits each say how they end after their last event: not at all, by whom, and how.

    Every other was opened in the capture, right before its first event.
    """
    channels = {}
    for number in range(_CHANNELS):
        key, how = f"websocket {number}", ends >> 2 * number & 3
        own = [event.at_ns for event in events if event.bearer.channel == key] or [0]
        channels[key] = Channel(
            key=key,
            client=Endpoint("10.77.0.11", 40000 + number),
            server=_SERVER,
            opened_ns=own[0] if number & 1 else None,
            closed_ns=own[-1] if how else None,
            closed_by_client=how != 1 if how else None,
            said=how == 3,
        )
    return channels


def _check_stays(history: History) -> None:
    for peer in history.peers:
        assert (peer.left is None) == (peer.left_ns is None)
    for call in history.calls:
        assert call.duration_ns is None or call.duration_ns >= 0
