"""A client of Socket.IO that is refused: one namespace of several, or all."""

from __future__ import annotations

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.calls.acts import ActKind
from sigtrace.calls.peers import Departure
from sigtrace.signaling.socketio import SocketIO
from sigtrace.value import replace
from tests.builders.exchanges import ns
from tests.builders.socket_packets import SERVER, SocketTalk


def test_refused_one_namespace_it_stays_in_the_others() -> None:
    """Who is refused `/staff` is who it is elsewhere, and is there as before; its end is told once."""
    talk = SocketTalk(protocol=4)
    talk.connect("engine", own="bob").emits("hello")
    staff = talk.meet("engine", namespace="/staff")
    staff.sends_packet(SocketPacketKind.CONNECT, payload="{}")
    staff.gets_packet(SocketPacketKind.ERROR, payload='{"message":"not for you"}')
    talk.engines = [replace(talk.engines[0], closed_ns=ns(9.0), closed_by_client=True)]
    history = talk.history(SocketIO())
    (bob,) = history.peers
    assert (bob.id, bob.joined_ns, bob.left_ns, bob.left) == ("bob", ns(1.0), ns(9.0), Departure.SIGNED_OUT)
    refused = [act for act in history.acts if act.kind is ActKind.JOIN_REFUSED]
    assert [(act.peer, act.text) for act in refused] == [("bob", "not for you")]
    assert [act.kind for act in history.acts].count(ActKind.CLOSED) == 1


def test_refused_altogether() -> None:
    """Who is let in nowhere goes by its address, and was never there."""
    talk = SocketTalk(protocol=4)
    talk.meet("engine").gets_packet(SocketPacketKind.ERROR, payload='{"message":"unauthorized"}')
    (peer,) = talk.history(SocketIO()).peers
    assert (peer.id, peer.joined_ns, peer.server) == ("10.77.0.11:40000", None, SERVER)
