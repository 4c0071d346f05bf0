"""SocketIO: what programs of which nothing is known say to the server, and by way of it to each other."""

from __future__ import annotations

import pytest

from sigtrace.application.socketio.packet import EnginePacketKind, SocketPacketKind
from sigtrace.calls.acts import ActKind
from sigtrace.calls.peers import Departure
from sigtrace.calls.signals import Fate
from sigtrace.calls.waits import Release
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.protocol import Fit
from sigtrace.signaling.room_events import Remarked
from sigtrace.signaling.socketio import SocketIO
from sigtrace.value import replace
from tests.builders.exchanges import ALICE, Wire
from tests.builders.socket_packets import SocketTalk

PROTOCOL = SocketIO()


def test_every_packet_is_its_own_at_last() -> None:
    """Packets are Socket.IO whatever they say, and that yields to all protocols that know more; exchanges are not."""
    client = SocketTalk().meet("x")
    for kind in SocketPacketKind:
        assert PROTOCOL.fit(client.gets_packet(kind)) is Fit.GENERIC
    exchange = Wire().add(ALICE, "/socket.io/?EIO=4&transport=polling", 0.0, 1.0)
    assert PROTOCOL.fit(exchange) is Fit.NONE
    assert list(PROTOCOL.decode(exchange)) == []
    assert PROTOCOLS[-1].name == SocketIO.name


@pytest.mark.parametrize(
    ("ack", "arguments", "text"),
    [
        (None, [], ""),
        (None, ["kitchen"], '"kitchen"'),
        (3, [], "ack 3 wanted"),
        (3, ["kitchen"], '"kitchen", ack 3 wanted'),
    ],
)
def test_an_event_by_itself(ack: int | None, arguments: list[str], text: str) -> None:
    """An event is remarked with its name, its arguments and the number of the answer that it wants."""
    (event,) = PROTOCOL.decode(SocketTalk().meet("x").emits("join", *arguments, ack=ack))
    assert isinstance(event, Remarked)
    assert (event.name, event.text) == ("join", text)


def test_an_acknowledgement() -> None:
    """An acknowledgement is remarked with its number and arguments, whoever sends it."""
    client = SocketTalk().meet("x")
    for packet in (client.gets_ack(3, "ok"), client.sends_packet(SocketPacketKind.ACK, payload='["ok"]', ack=3)):
        (event,) = PROTOCOL.decode(packet)
        assert isinstance(event, Remarked)
        assert (event.name, event.text) == ("ack 3", '"ok"')


def test_a_chat() -> None:
    """What others get is a message between peers; what nobody gets is no failure, and stays with the server."""
    talk = SocketTalk()
    alice, bob, carol = (talk.connect(name) for name in ("alice", "bob", "carol"))
    alice.emits("join", "kitchen", ack=0)
    alice.gets_ack(0)
    alice.emits("chat message", "hello")
    for client in (bob, carol):
        client.gets("chat message", {"user": "Alice", "text": "hello"})
    bob.emits("poke", "alice", {"how": "softly"})
    alice.gets("poke", {"how": "softly"})
    history = talk.history(PROTOCOL)
    assert [(one.sender, one.receiver, one.fate, one.to_all, one.content.kind) for one in history.signals] == [
        ("alice", "bob", Fate.DELIVERED, True, SignalKind.TEXT),
        ("alice", "carol", Fate.DELIVERED, True, SignalKind.TEXT),
        ("bob", "alice", Fate.DELIVERED, False, SignalKind.JSON),
    ]
    assert [(one.content.label, one.content.text) for one in history.signals][1:] == [
        ("chat message", "hello"),
        ("poke", '["alice", {"how": "softly"}]'),
    ]
    assert [(act.kind, act.name) for act in history.acts if act.peer == "alice"] == [
        (ActKind.IDENTIFIED, None),
        (ActKind.REMARK, "join"),
        (ActKind.REMARK, "ack 0"),
    ]
    assert history.calls == []


def test_the_server_throws_a_client_out() -> None:
    """A client that the server disconnects was dropped, one that disconnects itself signed out."""
    talk = SocketTalk()
    alice, bob = talk.connect("alice"), talk.connect("bob")
    alice.gets_packet(SocketPacketKind.DISCONNECT)
    bob.leaves()
    assert [peer.left for peer in talk.history(PROTOCOL).peers] == [Departure.DROPPED, Departure.SIGNED_OUT]


def test_namespaces_are_no_rooms() -> None:
    """In another namespace a client goes by another id, and is in no room."""
    talk = SocketTalk()
    talk.connect("x")
    talk.meet("x", namespace="/chat").gets_packet(SocketPacketKind.CONNECT)
    assert [(peer.id, peer.room) for peer in talk.history(PROTOCOL).peers] == [("x", None), ("/chat#x", None)]


def test_polls_are_waits() -> None:
    """A poll hangs until a message is there; who sent it released it, and one asked later found it queued."""
    talk = SocketTalk()
    alice, bob = talk.connect("alice"), talk.connect("bob")
    number = talk.poll(bob, 1.5, 2.02, EnginePacketKind.MESSAGE).number
    queued = talk.poll(bob, 2.5, 2.51, EnginePacketKind.MESSAGE).number
    idle = talk.poll(bob, 3.0, 28.0, EnginePacketKind.PING).number
    talk.at = 2.0
    alice.emits("say", "one")
    talk.at = 2.02
    bob.gets("say", "one", exchange=number)
    talk.at = 2.1
    alice.emits("say", "two")
    talk.at = 2.51
    bob.gets("say", "two", exchange=queued)
    waits = {wait.exchange: wait for wait in talk.history(PROTOCOL).waits}
    released = [waits[one].released_by for one in (number, queued, idle)]
    assert released == [Release.MESSAGE, Release.MESSAGE, Release.HEARTBEAT]
    assert [waits[one].by_peer for one in (number, queued, idle)] == ["alice", "alice", None]
    assert [waits[one].from_queue for one in (number, queued)] == [False, True]
    assert {wait.peer for wait in waits.values()} == {"bob"}


def test_names_and_texts_of_any_kind() -> None:
    """Halves of surrogate pairs in names and texts are spelled out."""
    talk = SocketTalk()
    alice, bob = talk.connect("alice"), talk.connect("bob")
    alice.emits("\ud800", "\udfff")
    bob.gets("\ud800", "\udfff")
    alice.emits("\ud801")
    history = talk.history(PROTOCOL)
    assert (history.signals[0].content.label, history.signals[0].content.text) == ("\\ud800", "\\udfff")
    assert history.acts[-1].name == "\\ud801"


def test_protocols_that_know_more_go_first() -> None:
    """A namespace where signalmaster is certain is signalmaster's, the others stay plain."""
    talk = SocketTalk()
    talk.connect("x").gets("stunservers", [])
    talk.meet("x", namespace="/chat").emits("say", "hello")
    assert talk.read(*PROTOCOLS).packet_protocols == ("signalmaster", "signalmaster", "socket.io")


def test_unreadable_arguments() -> None:
    """What is no JSON is compared as it stands, and shown by its length."""
    talk = SocketTalk()
    alice, bob = talk.connect("alice"), talk.connect("bob")
    for packet in (alice.emits("say"), bob.gets("say"), alice.emits("other")):
        talk.packets[packet.number - 1] = replace(packet, payload="[nonsense]")
    history = talk.history(PROTOCOL)
    assert [signal.fate for signal in history.signals] == [Fate.DELIVERED]
    assert history.acts[-1].text == "10 characters that are no JSON"
