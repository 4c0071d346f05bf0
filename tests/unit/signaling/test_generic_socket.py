"""Home-made signaling over Socket.IO: arguments without keys, ids that only connecting tells, and copies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.calls.acts import ActKind
from sigtrace.calls.peers import Departure
from sigtrace.calls.signals import Fate
from sigtrace.notices import Notice
from sigtrace.signaling.generic import Generic
from sigtrace.signaling.room_events import (
    Identified,
    JoinAsked,
    Joined,
    JoinRefused,
    LeaveAsked,
    PeerJoined,
    PeerLeft,
    Remarked,
)
from sigtrace.signaling.socketio import SocketIO
from sigtrace.value import replace
from tests.builders.homemade import ANSWER, OFFER
from tests.builders.socket_packets import Client, SocketTalk

if TYPE_CHECKING:
    from sigtrace.calls.history import History

ANN, BEN = "Ann-Ann-Ann-Ann-AAAA", "Ben-Ben-Ben-Ben-BBBB"


def call(ann: Client, ben: Client, first: str = ANN, second: str = BEN) -> None:
    """Let one offer, and the other answer, by their ids."""
    for one, other, names, kind, sdp in (
        (ann, ben, (first, second), "offer", OFFER),
        (ben, ann, (second, first), "answer", ANSWER),
    ):
        payload = {"target": names[1], "caller": names[0], "sdp": {"type": kind, "sdp": sdp}}
        one.emits(kind, payload)
        other.gets(kind, payload)


def room(protocol: int = 4) -> SocketTalk:
    """Return two in a lobby, as the tutorials have it."""
    talk = SocketTalk(protocol=protocol)
    ann = talk.connect("engine-of-ann" if protocol == 4 else ANN, own=ANN if protocol == 4 else None)
    ann.emits("join-room", "lobby", "Ann", ack=0)
    ann.gets_ack(0, {"id": ANN, "others": {}})
    ben = talk.connect("engine-of-ben" if protocol == 4 else BEN, own=BEN if protocol == 4 else None)
    ben.emits("join-room", "lobby", "Ben", ack=0)
    ben.gets_ack(0, {"id": BEN, "others": {ANN: "Ann"}})
    ann.gets("user-connected", BEN, "Ben")
    call(ann, ben)
    return talk


def history_of(talk: SocketTalk) -> History:
    """Write the history of what is home-made, and of nothing else."""
    return talk.history(Generic(), SocketIO())


@pytest.mark.parametrize("protocol", [3, 4])
def test_a_room(protocol: int) -> None:
    """Who is in which room under which id and name comes out of arguments by their place, and of what answers them."""
    talk = room(protocol)
    history = history_of(talk)
    answers = [packet.at_ns for packet in talk.packets if packet.kind is SocketPacketKind.ACK]
    assert [(peer.id, peer.name, peer.room, peer.joined_ns) for peer in history.peers] == [
        (ANN, "Ann", "lobby", answers[0]),
        (BEN, "Ben", "lobby", answers[1]),
    ]
    assert [(one.sender, one.receiver, one.fate) for one in history.signals] == [
        (ANN, BEN, Fate.DELIVERED),
        (BEN, ANN, Fate.DELIVERED),
    ]
    assert [(one.caller, one.callee, one.answers) for one in history.calls] == [(ANN, BEN, 1)]
    told = [act for act in history.acts if act.kind is ActKind.TOLD_JOINED]
    assert [(act.peer, act.about) for act in told] == [(ANN, BEN)]


def test_what_others_got_is_for_them() -> None:
    """What carries no description is between peers when others got it, and between one and the server else."""
    talk = room()
    ann, ben = (replace_client(talk, place) for place in (0, 1))
    binary = {"_placeholder": True, "num": 0}
    ann.emits("file", "lobby", {"name": "plan.png"}, binary, attachments=(b"abc",), ack=1)
    ben.gets("file", {"name": "plan.png", "caller": ANN}, binary, attachments=(b"abc",))
    ann.gets_ack(1, {"ok": True})
    history = history_of(talk)
    assert [(one.receiver, one.content.label, one.fate) for one in history.signals[2:]] == [
        (BEN, "file", Fate.DELIVERED)
    ]


def replace_client(talk: SocketTalk, place: int) -> Client:
    """Return a client of a talk that met it before."""
    engine = talk.engines[place]
    return Client(talk, engine.channel, "/", engine.client)


def test_leaving() -> None:
    """Leaving a room, disconnecting and being told of it are told apart."""
    talk = room()
    ann, ben = (replace_client(talk, place) for place in (0, 1))
    left = ben.emits("leave-room", "lobby")
    ann.gets("user-disconnected", BEN)
    gone = ann.leaves()
    history = history_of(talk)
    assert [(peer.id, peer.left, peer.left_ns) for peer in history.peers] == [
        (ANN, Departure.SIGNED_OUT, gone.at_ns),
        (BEN, Departure.SIGNED_OUT, left.at_ns),
    ]


def test_ids_that_the_program_does_not_use() -> None:
    """Where a program has ids of its own, messages are paired by them, and connecting tells none."""
    talk = SocketTalk(protocol=4)
    ann, ben = talk.connect("e1", own=ANN), talk.connect("e2", own=BEN)
    call(ann, ben, "ann", "ben")
    history = history_of(talk)
    assert [(one.sender, one.receiver, one.fate) for one in history.signals] == [
        ("ann", "ben", Fate.DELIVERED),
        ("ben", "ann", Fate.DELIVERED),
    ]
    assert {peer.id for peer in history.peers} == {"ann", "ben"}


def test_ids_of_version_1_4() -> None:
    """Its programs hand on ids as the server writes them, with `/#` before."""
    talk = SocketTalk(protocol=3)
    ann, ben = talk.connect(ANN), talk.connect(BEN)
    call(ann, ben, f"/#{ANN}", f"/#{BEN}")
    history = history_of(talk)
    assert [peer.id for peer in history.peers] == [f"/#{ANN}", f"/#{BEN}"]
    assert {one.fate for one in history.signals} == {Fate.DELIVERED}


@pytest.mark.parametrize(
    ("name", "arguments", "from_client", "kind", "facts"),
    [
        ("join", ["lobby"], True, JoinAsked, {"room": "lobby", "name": None}),
        ("join-room", ["lobby", "Ann"], True, JoinAsked, {"room": "lobby", "name": "Ann"}),
        ("create or join", ["lobby"], True, Remarked, {}),
        ("login", ["Ann"], True, JoinAsked, {"room": None, "name": "Ann"}),
        ("leave", ["lobby"], True, LeaveAsked, {"room": "lobby"}),
        ("joined", ["lobby", ANN], False, Joined, {"room": "lobby", "counted": False}),
        ("joined", ["lobby"], False, Joined, {"room": "lobby"}),
        ("joined", ["lobby", BEN], False, PeerJoined, {"peer": BEN, "name": "lobby"}),
        ("user-connected", [BEN], False, PeerJoined, {"peer": BEN, "name": None}),
        ("user joined", ["Ben"], False, PeerJoined, {"peer": "Ben"}),
        ("user-disconnected", ["lobby", BEN], False, PeerLeft, {"peer": BEN}),
        ("user left", ["Ben"], False, PeerLeft, {"peer": "Ben"}),
    ],
)
def test_arguments_by_their_place(
    name: str,
    arguments: list[Any],
    from_client: bool,  # noqa: FBT001 - a column
    kind: type,
    facts: dict[str, Any],
) -> None:
    """Rooms, ids and names are told apart by the verb, and by what an id looks like."""
    talk = SocketTalk(protocol=4)
    ann = talk.connect("engine", own=ANN)
    (ann.emits if from_client else ann.gets)(name, *arguments)
    ann.emits("offer", {"caller": ANN, "sdp": OFFER})
    events = [one for one in Generic().decode_together(talk.packets) if not isinstance(one, Notice)]
    if kind is not Remarked:
        assert isinstance(events[1], kind)
    assert {key: getattr(events[1], key) for key in facts} == facts


def test_the_rest_of_a_life() -> None:
    """Being refused, thrown out and acknowledged anything else are told as for every program."""
    client = SocketTalk(protocol=4).connect("engine", own=ANN)
    client.gets_packet(SocketPacketKind.ERROR, payload='{"message":"no"}')
    client.gets_packet(SocketPacketKind.DISCONNECT)
    client.gets_ack(3, "ok")
    client.emits("offer", {"caller": ANN, "sdp": OFFER})
    identified, refused, thrown_out, ack, _ = Generic().decode_together(client.talk.packets)
    assert isinstance(identified, Identified)
    assert isinstance(refused, JoinRefused)
    assert isinstance(thrown_out, Remarked)
    assert isinstance(ack, Remarked)
    assert (refused.reason, thrown_out.name) == ("no", "disconnect")


def test_payloads_that_are_no_arguments() -> None:
    """Whatever an event's payload holds, it is one event, whose room can be written."""
    packet = SocketTalk().meet("x").emits("join")
    for payload in ("", "[", "{}", "[7", json.dumps(["x" * 200]), '["\\ud800"]'):
        events = list(Generic().decode(replace(packet, payload=payload)))
        assert len(events) == 1
        room = getattr(events[0], "room", None) or ""
        assert room.encode().decode() == room
