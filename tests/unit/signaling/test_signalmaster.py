"""Signalmaster: what one packet says by itself, and what becomes of a room."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.calls.peers import Departure
from sigtrace.calls.signals import Fate
from sigtrace.notices import Notice
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.protocol import Fit
from sigtrace.signaling.room_events import (
    Delivered,
    Identified,
    JoinAsked,
    Joined,
    JoinRefused,
    LeaveAsked,
    PeerLeft,
    Remarked,
    Sent,
    Unknown,
)
from sigtrace.signaling.signalmaster import UNKNOWN_EVENT, Signalmaster
from sigtrace.value import replace
from tests.builders.socket_packets import SocketTalk

PROTOCOL = Signalmaster()
TURN = [{"username": "1795721084", "credential": "C8INLRo/EeVQ3x9EQHMVZ1kQjYM=", "urls": ["turn:a", "turns:b"]}]
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
CANDIDATE = "candidate:1 1 udp 2122260223 10.77.0.11 5000 typ host"
RESOURCES = {"screen": False, "video": True, "audio": False}


def message(to: str, kind: str | None = None, payload: Any = None, **more: Any) -> dict[str, Any]:
    """Return what SimpleWebRTC's `Peer.send` sends."""
    details = {"to": to, "sid": "1795634685090", "roomType": "video", "type": kind, "payload": payload, **more}
    return {key: value for key, value in details.items() if value is not None}


def offer(to: str, **more: Any) -> dict[str, Any]:
    """Return an offer to somebody."""
    return message(to, "offer", {"type": "offer", "sdp": SDP}, **more)


@pytest.mark.parametrize(
    ("name", "arguments", "from_client", "fit"),
    [
        ("stunservers", [[{"urls": "stun:a"}]], False, Fit.CERTAIN),
        ("stunservers", [[{"url": "stun:a"}]], False, Fit.CERTAIN),
        ("turnservers", [[]], False, Fit.CERTAIN),
        ("turnservers", [TURN], False, Fit.CERTAIN),
        ("turnservers", [TURN], True, Fit.NONE),
        ("turnservers", ["no list"], False, Fit.NONE),
        ("turnservers", [[7]], False, Fit.NONE),
        ("message", [offer("bob")], True, Fit.CERTAIN),
        ("message", [message("bob", "dance")], True, Fit.CERTAIN),
        ("message", [{"to": "bob", "roomType": "video", "type": "mute"}], True, Fit.CERTAIN),
        ("message", [{"to": "bob", "roomType": "video", "type": "chat"}], True, Fit.POSSIBLE),
        ("message", [{"to": "bob", "type": "offer", "sdp": SDP}], True, Fit.POSSIBLE),
        ("message", [{"type": "offer", "sdp": SDP}], True, Fit.NONE),
        ("message", ["hello"], True, Fit.NONE),
        ("message", [], True, Fit.NONE),
        ("join", ["kitchen"], True, Fit.POSSIBLE),
        ("join", ["kitchen"], False, Fit.NONE),
        ("leave", [], True, Fit.POSSIBLE),
        ("remove", [{"id": "bob"}], False, Fit.POSSIBLE),
        ("chat message", ["hello"], True, Fit.NONE),
    ],
)
def test_recognised_by_what_nobody_else_says(name: str, arguments: list[Any], from_client: bool, fit: Fit) -> None:  # noqa: FBT001 - a column
    """Events are its own for certain by their shape; common names alone are only possible."""
    client = SocketTalk().meet("x")
    packet = (client.emits if from_client else client.gets)(name, *arguments)
    assert PROTOCOL.fit(packet) is fit


@pytest.mark.parametrize(
    ("arguments", "fit"),
    [
        ([None, {"clients": {"bob": RESOURCES}}], Fit.CERTAIN),
        ([None, {"clients": {"bob": RESOURCES, "eve": 7}}], Fit.POSSIBLE),
        ([None, {"clients": {}}], Fit.POSSIBLE),
        ([None, {"clients": []}], Fit.NONE),
        ([None, "pantry"], Fit.NONE),
        (["full"], Fit.NONE),
        ([], Fit.NONE),
    ],
)
def test_recognised_by_the_list_of_clients(arguments: list[Any], fit: Fit) -> None:
    """An acknowledgement is its own for certain when it lists what each client shares."""
    client = SocketTalk().meet("x")
    assert PROTOCOL.fit(client.gets_ack(0, *arguments)) is fit
    assert PROTOCOL.fit(client.sends_packet(SocketPacketKind.ACK, payload=json.dumps(arguments), ack=0)) is Fit.NONE


def test_other_events_of_its_place_are_its_own() -> None:
    """Once `stunservers` went by, everything in that namespace is decoded here, what is not known with a notice."""
    talk = SocketTalk()
    alice = talk.connect("Alice")
    alice.gets("stunservers", [])
    alice.emits("dance", {"token": "secret"})
    reading = talk.read(PROTOCOL)
    assert set(reading.packet_protocols) == {"signalmaster"}
    unknown = reading.events["signalmaster"][-1]
    assert isinstance(unknown, Unknown)
    assert (unknown.name, unknown.payload) == ("dance", '{"token":"***"}')
    assert [notice.code for notice in reading.notices] == [UNKNOWN_EVENT]


def test_joining_and_creating() -> None:
    """A room is asked for by name; what is no name is ignored by the server, and none makes the server find one."""
    client = SocketTalk().meet("x")
    (join,) = PROTOCOL.decode(client.emits("join", "kitchen", ack=0))
    (odd,) = PROTOCOL.decode(client.emits("join", 17, ack=1))
    (create,) = PROTOCOL.decode(client.emits("create", "pantry", ack=2))
    (nameless,) = PROTOCOL.decode(client.emits("create", ack=3))
    (leave,) = PROTOCOL.decode(client.emits("leave"))
    assert isinstance(join, JoinAsked)
    assert isinstance(create, JoinAsked)
    assert isinstance(nameless, JoinAsked)
    assert isinstance(leave, LeaveAsked)
    assert (join.room, create.room, nameless.room, leave.room) == ("kitchen", "pantry", None, None)
    assert isinstance(odd, Remarked)
    assert (odd.name, odd.text) == ("join", "17")


def test_answers() -> None:
    """What an acknowledgement is for shows in its shape; any other is remarked with its number."""
    client = SocketTalk().meet("x")
    (joined,) = PROTOCOL.decode(client.gets_ack(0, None, {"clients": {"/#bob": RESOURCES}}))
    (created,) = PROTOCOL.decode(client.gets_ack(1, None, "pantry"))
    assert isinstance(joined, Joined)
    assert isinstance(created, Joined)
    assert ([other.peer for other in joined.others], joined.room, created.room) == (["bob"], None, "pantry")
    for reason in ("full", "taken"):
        (refused,) = PROTOCOL.decode(client.gets_ack(2, reason))
        assert isinstance(refused, JoinRefused)
        assert refused.reason == reason
    (other,) = PROTOCOL.decode(client.gets_ack(3, {"x": 1}))
    assert isinstance(other, Remarked)
    assert (other.name, other.text) == ("ack 3", '{"x":1}')


def test_removal() -> None:
    """A peer is gone when it is removed as a whole; a screen that is shared no more is none that left."""
    client = SocketTalk().meet("x")
    (gone,) = PROTOCOL.decode(client.gets("remove", {"id": "/#bob"}))
    (screen,) = PROTOCOL.decode(client.gets("remove", {"id": "bob", "type": "screen"}))
    odd, notice = PROTOCOL.decode(client.gets("remove", {}))
    assert isinstance(gone, PeerLeft)
    assert gone.peer == "bob"
    assert isinstance(screen, Remarked)
    assert (screen.name, screen.text) == ("remove", '{"id":"bob","type":"screen"}')
    assert isinstance(odd, Unknown)
    assert isinstance(notice, Notice)


def test_credentials_are_masked() -> None:
    """Of servers the addresses are shown, and of credentials whose they are and until when."""
    client = SocketTalk().meet("x")
    (stun,) = PROTOCOL.decode(client.gets("stunservers", [{"urls": "stun:a"}, {"url": "stun:b"}]))
    (turn,) = PROTOCOL.decode(client.gets("turnservers", TURN))
    (none,) = PROTOCOL.decode(client.gets("turnservers", []))
    assert isinstance(stun, Remarked)
    assert isinstance(turn, Remarked)
    assert isinstance(none, Remarked)
    assert (stun.text, none.text) == ("stun:a; stun:b", "none")
    assert turn.text == "turn:a turns:b as 1795721084 (until 2026-11-26 19:24:44 UTC), credential ***"


@pytest.mark.parametrize("user", ["bob", "9999999999", "17957210", "1795721084:bob", 7, None, "²²²²²²²²²²"])
def test_user_names_of_any_kind(user: Any) -> None:
    """Whatever a server calls the user, the credential stays hidden."""
    client = SocketTalk().meet("x")
    (event,) = PROTOCOL.decode(client.gets("turnservers", [{"url": "turn:a", "username": user, "credential": "s3c"}]))
    assert isinstance(event, Remarked)
    assert "s3c" not in event.text
    assert str(user) in event.text


@pytest.mark.parametrize(
    ("details", "kind", "label"),
    [
        (offer("bob"), SignalKind.OFFER, None),
        (message("bob", "answer", {"type": "answer", "sdp": SDP}), SignalKind.ANSWER, None),
        (
            message("bob", "candidate", {"candidate": {"candidate": CANDIDATE, "sdpMid": "0"}}),
            SignalKind.CANDIDATE,
            None,
        ),
        (message("bob", "candidate", {"candidate": CANDIDATE, "sdpMid": "0"}), SignalKind.CANDIDATE, None),
        (message("bob", "candidate", CANDIDATE), SignalKind.CANDIDATE, None),
        (message("bob", "candidate", {"candidate": None}), SignalKind.END_OF_CANDIDATES, None),
        (message("bob", "endOfCandidates"), SignalKind.END_OF_CANDIDATES, "endOfCandidates"),
        (message("bob", "connectivityError"), SignalKind.JSON, "connectivityError"),
        (message("bob", "mute", {"name": "audio"}), SignalKind.JSON, "mute"),
        (message("bob", "chat", {"message": "hi"}), SignalKind.TEXT, "chat"),
        (message("bob", "chat", 7), SignalKind.JSON, "chat"),
        (message("bob"), SignalKind.JSON, None),
    ],
)
def test_both_legs_of_a_message_have_one_essence(details: dict[str, Any], kind: SignalKind, label: str | None) -> None:
    """Whatever a message is, what the server adds does not change what it says, or in which stream."""
    client = SocketTalk().meet("alice")
    sent = next(PROTOCOL.decode(client.emits("message", details)))
    delivered = next(PROTOCOL.decode(client.gets("message", {**details, "from": "/#alice"})))
    assert isinstance(sent, Sent)
    assert isinstance(delivered, Delivered)
    assert (sent.content.kind, sent.content.label, sent.dialog) == (kind, label, "video 1795634685090")
    assert sent.content.essence is not None
    assert sent.content.essence == delivered.content.essence
    assert (sent.sender, sent.receiver, delivered.sender, delivered.receiver) == ("alice", "bob", "alice", "bob")
    assert delivered.dialog == sent.dialog


@pytest.mark.parametrize(
    ("details", "text"),
    [
        (message("bob", "mute", {"name": "audio"}), '{"name": "audio"}'),
        (message("bob", "connectivityError"), ""),
        (message("bob"), None),
    ],
)
def test_what_a_message_is_about_is_its_text(details: dict[str, Any], text: str | None) -> None:
    """Of a message with a type the payload is shown, of any other all of it."""
    packet = SocketTalk().meet("x").emits("message", details)
    (sent,) = PROTOCOL.decode(packet)
    assert isinstance(sent, Sent)
    assert sent.content.text == (packet.payload if text is None else text)


def test_candidates_are_two_levels_deep() -> None:
    """A candidate, its mid and its m-line are found inside `payload.candidate`."""
    client = SocketTalk().meet("x")
    payload = {"candidate": {"candidate": CANDIDATE, "sdpMid": "audio", "sdpMLineIndex": 1}}
    (sent,) = PROTOCOL.decode(client.emits("message", message("bob", "candidate", payload)))
    assert isinstance(sent, Sent)
    assert sent.content.candidate is not None
    assert (sent.content.candidate.port, sent.content.mid, sent.content.mline) == (5000, "audio", 1)


def test_a_message_that_is_none() -> None:
    """The server drops a message without details; it is kept with a notice."""
    client = SocketTalk().meet("x")
    for arguments in ((None,), (), ("text",)):
        unknown, notice = PROTOCOL.decode(client.emits("message", *arguments))
        assert isinstance(unknown, Unknown)
        assert isinstance(notice, Notice)
        assert notice.packet is not None


def test_malformed_descriptions_are_told_once() -> None:
    """A description with a malformed line has a notice on its way to the server, and none on its way on."""
    client = SocketTalk().meet("x")
    details = message("bob", "offer", {"type": "offer", "sdp": SDP + "m=nonsense\r\n"})
    told = [
        sum(isinstance(one, Notice) for one in PROTOCOL.decode(way("message", details)))
        for way in (client.emits, client.gets)
    ]
    assert told == [1, 0]


def called() -> SocketTalk:
    """Return a talk of two in a kitchen: bob comes second, offers camera and screen, and mutes."""
    talk = SocketTalk()
    alice = talk.connect("alice")
    alice.gets("stunservers", [])
    alice.emits("join", "kitchen", ack=0)
    alice.gets_ack(0, None, {"clients": {}})
    bob = talk.connect("bob")
    bob.emits("join", "kitchen", ack=0)
    bob.gets_ack(0, None, {"clients": {"alice": {**RESOURCES, "screen": True}}})
    for kind, sid in (("video", "1"), ("screen", "2")):
        details = offer("alice", roomType=kind, sid=sid)
        details["payload"]["nick"] = "Bob"
        bob.emits("message", details)
        alice.gets("message", {**details, "from": "bob"})
    reply = message("bob", "answer", {"type": "answer", "sdp": SDP}, roomType="screen", sid="2")
    alice.emits("message", reply)
    bob.gets("message", {**reply, "from": "alice"})
    mute = message("alice", "mute", {"name": "audio"}, sid="1")
    bob.emits("message", mute)
    alice.gets("message", {**mute, "from": "bob"})
    return talk


@pytest.mark.parametrize("protocol", [1, 3])
def test_a_room(protocol: int) -> None:
    """Ids, names, rooms, calls of camera and screen, and the legs of every message come out right."""
    talk = called()
    talk.packets = [replace(packet, protocol=protocol) for packet in talk.packets]
    history = talk.history(PROTOCOL)
    assert [(peer.id, peer.name, peer.room) for peer in history.peers] == [
        ("alice", None, "kitchen"),
        ("bob", "Bob", "kitchen"),
    ]
    assert {signal.fate for signal in history.signals} == {Fate.DELIVERED}
    assert [(call.caller, call.callee, call.dialog, call.answers) for call in history.calls] == [
        ("bob", "alice", "video 1", 0),
        ("bob", "alice", "screen 2", 1),
    ]


def test_ids_of_their_own() -> None:
    """From version 4 of Engine.IO on clients go by what the answer to connecting says."""
    talk = SocketTalk(protocol=4)
    alice, bob = talk.connect("s1", own="alice"), talk.connect("s2", own="bob")
    alice.gets("stunservers", [])
    bob.emits("message", offer("alice"))
    alice.gets("message", offer("alice", **{"from": "bob"}))
    (signal,) = talk.history(PROTOCOL).signals
    assert (signal.sender, signal.receiver, signal.fate) == ("bob", "alice", Fate.DELIVERED)


def test_a_capture_at_one_client() -> None:
    """Of somebody met only through messages nothing is taken for lost, and it is in the same room."""
    talk = SocketTalk()
    alice = talk.connect("alice")
    alice.emits("join", "kitchen", ack=0)
    alice.gets_ack(0, None, {"clients": {}})
    alice.gets("message", offer("alice", **{"from": "bob"}))
    alice.emits("message", message("bob", "answer", {"type": "answer", "sdp": SDP}))
    history = talk.history(PROTOCOL)
    assert [signal.fate for signal in history.signals] == [Fate.UNSENT, Fate.UNSEEN]
    assert [(peer.id, peer.room) for peer in history.peers] == [("alice", "kitchen"), ("bob", "kitchen")]


def test_a_message_to_the_room() -> None:
    """What is for a room is for everyone in it, the sender too."""
    talk = called()
    alice, bob = talk.meet("alice"), talk.meet("bob")
    hello = {"to": "kitchen", "type": "chat", "payload": {"message": "hello"}}
    bob.emits("message", hello)
    for client in (alice, bob):
        client.gets("message", {**hello, "from": "bob"})
    signals = talk.history(PROTOCOL).signals[-2:]
    assert [(one.receiver, one.fate) for one in signals] == [("alice", Fate.DELIVERED), ("bob", Fate.ECHOED)]


def test_a_message_to_nobody() -> None:
    """The server drops what is for an id that it does not know."""
    talk = called()
    talk.meet("bob").emits("message", {"to": "nobody", "type": "chat", "payload": {"message": "hello?"}})
    assert talk.history(PROTOCOL).signals[-1].fate is Fate.UNDELIVERED


def test_leaving() -> None:
    """A peer that disconnects signed out, one of whom others are told only vanished."""
    talk = called()
    left = talk.meet("bob").leaves()
    talk.meet("alice").gets("remove", {"id": "bob"})
    bob = talk.history(PROTOCOL).peers[1]
    assert (bob.left, bob.left_ns) == (Departure.SIGNED_OUT, left.at_ns)
    talk = called()
    told = talk.meet("alice").gets("remove", {"id": "bob"})
    bob = talk.history(PROTOCOL).peers[1]
    assert (bob.left, bob.left_ns) == (Departure.VANISHED, told.at_ns)


def test_joined_when_it_is_let_in() -> None:
    """A stay begins with the answer that lets its peer in."""
    answers = [packet for packet in called().packets if packet.kind is SocketPacketKind.ACK]
    history = called().history(PROTOCOL)
    assert [peer.joined_ns for peer in history.peers] == [answer.at_ns for answer in answers]


_JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.text(max_size=8)
    | some.sampled_from(["offer", "candidate", SDP]),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(["to", "from", "type", "payload", "candidate", "sdp", "clients", "id"]), inner
        )
    ),
    max_leaves=8,
)
_NAMES = some.sampled_from(["message", "join", "create", "leave", "remove", "stunservers", "turnservers", "trace", "x"])


@given(_NAMES, some.lists(_JSON, max_size=3), some.booleans(), some.sampled_from(list(SocketPacketKind)))
def test_any_packet_is_decoded(name: str, arguments: list[Any], from_client: bool, kind: SocketPacketKind) -> None:  # noqa: FBT001 - drawn
    """Whatever the arguments, each packet becomes one event, besides notices, whose texts can be written as UTF-8."""
    client = SocketTalk().meet("x")
    packet = replace((client.emits if from_client else client.gets)(name, *arguments), kind=kind, ack=1)
    PROTOCOL.fit(packet)
    events = [one for one in PROTOCOL.decode(packet) if not isinstance(one, Notice)]
    assert len(events) == 1
    texts = [getattr(events[0], key, None) for key in ("text", "name", "room", "payload", "reason", "dialog")]
    assert all(text.encode().decode() == text for text in texts if text is not None)


@pytest.mark.parametrize("payload", ["", "[", "{}", "[7", "nonsense", '["\\ud800"]', "[" * 5000])
def test_payloads_that_are_no_arguments(payload: str) -> None:
    """A payload that is no JSON array is decoded as if there were no arguments."""
    client = SocketTalk().meet("x")
    for name in ("message", "join", "remove", "turnservers", "create"):
        for packet in (client.emits(name), client.gets(name)):
            assert list(PROTOCOL.decode(replace(packet, payload=payload)))
    assert list(PROTOCOL.decode(replace(client.gets_ack(0), payload=payload)))


def test_whose_channel_it_is() -> None:
    """Connecting is decoded here as for every protocol over Socket.IO."""
    packet = SocketTalk().connect("x").talk.packets[0]
    (event,) = PROTOCOL.decode(packet)
    assert isinstance(event, Identified)
