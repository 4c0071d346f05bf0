"""Polls of a session whose namespaces speak several protocols belong to one of them."""

from __future__ import annotations

from sigtrace.application.socketio.packet import EnginePacketKind
from sigtrace.signaling.signalmaster import Signalmaster
from sigtrace.signaling.socketio import SocketIO
from tests.builders.socket_packets import SocketTalk

PROTOCOLS = (Signalmaster(), SocketIO())


def test_a_poll_is_counted_once() -> None:
    """The protocol of the first namespace has the polls, whichever was met first."""
    talk = SocketTalk()
    talk.meet("x", namespace="/chat").emits("say", "hello")
    bob = talk.meet("x")
    bob.gets("stunservers", [])
    talk.engines.pop()
    talk.poll(bob, 2.0, 3.0, EnginePacketKind.PING)
    history = talk.history(*PROTOCOLS)
    assert [(session.number, session.protocol) for session in history.sessions] == [
        (1, "socket.io"),
        (2, "signalmaster"),
    ]
    assert [(wait.session, wait.peer) for wait in history.waits] == [(2, "x")]


def test_a_poll_for_another_namespace_alone() -> None:
    """Where nothing was said in the first namespace, the polls are those of another."""
    talk = SocketTalk()
    chat = talk.meet("x", namespace="/chat")
    chat.emits("say", "hello")
    talk.poll(chat, 2.0, 3.0, EnginePacketKind.PING)
    assert [wait.peer for wait in talk.history(*PROTOCOLS).waits] == ["/chat#x"]


def test_a_poll_of_nobody() -> None:
    """Polls of a session in which no packet was seen belong to no peer."""
    talk = SocketTalk()
    talk.connect("x")
    talk.poll(talk.meet("y"), 2.0, 3.0, EnginePacketKind.PING)
    assert talk.history(*PROTOCOLS).waits == []
