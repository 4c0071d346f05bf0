"""Socket.IO beneath any protocol: who a client is, and how it comes and goes."""

from __future__ import annotations

import pytest

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.signaling.bearer import bearer_of, session_of_channel
from sigtrace.signaling.room_events import Identified, JoinRefused, LeaveAsked, Remarked
from sigtrace.signaling.socket_lifecycle import decode_lifecycle
from sigtrace.value import replace
from tests.builders.socket_packets import SocketTalk


@pytest.mark.parametrize(
    ("protocol", "channel", "namespace", "payload", "peer"),
    [
        (1, "socket.io 1403", "/", "", "1403"),
        (3, "socket.io OuFM8x", "/", "", "OuFM8x"),
        (3, "socket.io OuFM8x", "/chat", "", "/chat#OuFM8x"),
        (3, "socket.io OuFM8x at 10.0.0.1:80", "/", "", "OuFM8x"),
        (4, "socket.io OuFM8x", "/", '{"sid":"Kk2"}', "Kk2"),
        (4, "socket.io OuFM8x", "/chat", '{"sid":"Kk3"}', "Kk3"),
        (4, "socket.io flow 3", "/", '{"sid":"Kk2"}', "Kk2"),
    ],
)
def test_connecting_tells_the_id(protocol: int, channel: str, namespace: str, payload: str, peer: str) -> None:
    """The server's connect packet names the client, itself or by the session's id."""
    packet = SocketTalk(protocol=protocol).connect("x", namespace=namespace).talk.packets[0]
    (event,) = decode_lifecycle(replace(packet, channel=channel, payload=payload))
    assert isinstance(event, Identified)
    assert event.peer == peer


@pytest.mark.parametrize(
    ("protocol", "channel", "payload"),
    [(3, "socket.io flow 3", ""), (4, "socket.io OuFM8x", ""), (4, "socket.io OuFM8x", '{"sid":7}')],
)
def test_no_id_is_made_up(protocol: int, channel: str, payload: str) -> None:
    """Where nothing tells the client's id, connecting is only remarked."""
    packet = SocketTalk(protocol=protocol).connect("x").talk.packets[0]
    (event,) = decode_lifecycle(replace(packet, channel=channel, payload=payload))
    assert isinstance(event, Remarked)


def test_what_lets_a_client_in_is_not_shown() -> None:
    """Of what a client sends to be let in only that it does is kept."""
    client = SocketTalk(protocol=4).meet("x")
    (event,) = decode_lifecycle(client.sends_packet(SocketPacketKind.CONNECT, payload='{"token":"secret"}'))
    assert isinstance(event, Remarked)
    assert (event.name, event.text) == ("connect", "auth ***")


@pytest.mark.parametrize(
    ("protocol", "payload", "reason"),
    [
        (1, '"1+0"', "client not handshaken"),
        (1, '"9"', "9"),
        (3, '"Invalid namespace"', "Invalid namespace"),
        (4, '{"message":"not authorized","data":{"content":"x"}}', "not authorized"),
        (4, "{}", ""),
        (4, "", ""),
        (3, '"\\ud800"', "\\ud800"),
    ],
)
def test_refusals(protocol: int, payload: str, reason: str) -> None:
    """An error of the server refuses a client, and says why in the words of its version."""
    client = SocketTalk(protocol=protocol).meet("x")
    (event,) = decode_lifecycle(client.gets_packet(SocketPacketKind.ERROR, payload=payload))
    assert isinstance(event, JoinRefused)
    assert event.reason == reason


def test_disconnecting() -> None:
    """A client asks to leave; a server that ends it says so."""
    client = SocketTalk().meet("x")
    (asked,) = decode_lifecycle(client.leaves())
    (told,) = decode_lifecycle(client.gets_packet(SocketPacketKind.DISCONNECT))
    assert isinstance(asked, LeaveAsked)
    assert isinstance(told, Remarked)
    assert told.name == "disconnect"


def test_events_are_for_each_protocol() -> None:
    """Events and acknowledgements are none of its business."""
    client = SocketTalk().meet("x")
    for packet in (client.emits("join", "kitchen"), client.gets_ack(1, None)):
        assert list(decode_lifecycle(packet)) == []


def test_namespaces_are_channels_of_their_own() -> None:
    """Each namespace of a session is another channel, and tells which session it is of."""
    talk = SocketTalk()
    at_home, in_chat = talk.meet("x"), talk.meet("x", namespace="/chat")
    channels = [bearer_of(client.emits("a")).channel for client in (at_home, in_chat)]
    assert channels == ["socket.io x", "socket.io x /chat"]
    assert {session_of_channel(channel) for channel in channels} == {"socket.io x"}
    assert session_of_channel("socket.io x at 10.0.0.1:80 /chat") == "socket.io x at 10.0.0.1:80"
