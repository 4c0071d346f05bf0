"""Channels of Socket.IO: how a namespace, its session and its WebSocket end."""

from __future__ import annotations

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.calls.rooms.channels import Channel, find_socket_channels
from sigtrace.value import replace
from tests.builders.exchanges import ns
from tests.builders.socket_packets import SERVER, SocketTalk


def test_a_namespace_is_left_by_a_packet() -> None:
    """Leaving one namespace ends that channel at that moment, and none of the others."""
    talk = SocketTalk()
    talk.connect("x")
    chat = talk.meet("x", namespace="/chat")
    chat.gets_packet(SocketPacketKind.CONNECT)
    left = chat.leaves()
    channels = find_socket_channels(talk.engines[:1], talk.packets, {})
    assert channels["socket.io x"].closed_ns is None
    ended = channels["socket.io x /chat"]
    assert (ended.closed_ns, ended.closed_by_client, ended.said) == (left.at_ns, True, True)
    assert ended.packet == left.span.first_packet


def test_a_server_that_throws_a_client_out() -> None:
    """A disconnect packet of the server ends the channel by its side."""
    talk = SocketTalk()
    talk.connect("x").gets_packet(SocketPacketKind.DISCONNECT)
    assert find_socket_channels(talk.engines, talk.packets, {})["socket.io x"].closed_by_client is False


def test_a_namespace_entered_again_is_not_left() -> None:
    """What comes after a disconnect packet and enters again undoes it; what was only on its way does not."""
    talk = SocketTalk()
    client = talk.connect("x")
    client.leaves()
    client.gets("late")
    assert find_socket_channels(talk.engines, talk.packets, {})["socket.io x"].closed_ns is not None
    client.gets_packet(SocketPacketKind.CONNECT)
    assert find_socket_channels(talk.engines, talk.packets, {})["socket.io x"].closed_ns is None


def test_opened_when_the_session_was_or_when_it_was_entered() -> None:
    """The first namespace opens with its session, any other when it is entered, or before the capture."""
    talk = SocketTalk()
    talk.connect("x")
    entered = talk.meet("x", namespace="/chat").gets_packet(SocketPacketKind.CONNECT)
    talk.meet("x", namespace="/late").gets("a")
    channels = find_socket_channels(talk.engines[:1], talk.packets, {})
    opened = [channels[f"socket.io x{namespace}"].opened_ns for namespace in ("", " /chat", " /late")]
    assert opened == [ns(1.0), entered.at_ns, None]


def test_a_session_that_nobody_closed_ended_as_its_websocket_did() -> None:
    """The close frame of the WebSocket says more than the end of a session; without it nobody said anything."""
    talk = SocketTalk()
    talk.connect("x")
    session = replace(talk.engines[0], flow=4, closed_ns=ns(9.0))
    websocket = Channel(
        key="websocket 4",
        client=session.client,
        server=SERVER,
        closed_ns=ns(8.9),
        closed_by_client=True,
        said=True,
        code=1001,
        packet=77,
    )
    told = find_socket_channels([session], talk.packets, {"websocket 4": websocket})["socket.io x"]
    assert (told.closed_ns, told.closed_by_client, told.said, told.code, told.packet) == (ns(8.9), True, True, 1001, 77)
    alone = find_socket_channels([session], talk.packets, {})["socket.io x"]
    assert (alone.closed_ns, alone.closed_by_client, alone.said) == (ns(9.0), None, False)


def test_a_session_closed_by_a_packet_ended_so() -> None:
    """What a packet said is not taken from the WebSocket that ends behind it."""
    talk = SocketTalk()
    talk.connect("x")
    session = replace(talk.engines[0], flow=4, closed_ns=ns(9.0), closed_by_client=True)
    websocket = Channel(key="websocket 4", client=session.client, server=SERVER, closed_ns=ns(9.1))
    channel = find_socket_channels([session], talk.packets, {"websocket 4": websocket})["socket.io x"]
    assert (channel.closed_ns, channel.said) == (ns(9.0), True)


def test_what_the_websocket_lost_the_session_lost() -> None:
    """A namespace over a WebSocket of which bytes were never captured may have got more than was seen."""
    talk = SocketTalk()
    talk.connect("x")
    session = replace(talk.engines[0], flow=4)
    websocket = Channel(key="websocket 4", client=session.client, server=SERVER, incomplete=True)
    assert find_socket_channels([session], talk.packets, {"websocket 4": websocket})["socket.io x"].incomplete
    assert not find_socket_channels([session], talk.packets, {})["socket.io x"].incomplete
