"""Answers to polls whose requests were not captured, on connections that tell nothing of whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.history import History, write_history
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.relayed_content import Payload, description_content
from sigtrace.signaling.room_events import Delivered, Identified, Sent
from sigtrace.value import replace
from tests.builders.exchanges import ns
from tests.builders.homemade import OFFER
from tests.unit.calls.rooms.test_room_stays import at

if TYPE_CHECKING:
    from sigtrace.signaling.room_events import RoomEvent

CONTENT = description_content(SignalKind.OFFER, OFFER, Payload(len(OFFER), "0" * 64, OFFER))


def answer(seconds: int, flow: int, receiver: str | None, *, lasting: bool = False) -> RoomEvent:
    """Alice's offer in an answer, or over a WebSocket that was open before the capture."""
    event = at(seconds, flow, Delivered, content=CONTENT, sender="alice", receiver=receiver)
    client = Endpoint("10.77.0.12", 40000 + flow)
    bearer = event.bearer._replace(channel=f"socket.io flow {flow}", client=client, is_exchange=not lasting)
    return replace(event, bearer=bearer)


def history_of(*events: RoomEvent) -> History:
    """Write the history of alice, who is known, and of such events."""
    surroundings = Surroundings(last_ns=ns(100.0), closed_ns={})
    return write_history({"toy": [at(1, 1, Identified, peer="alice"), *events]}, surroundings)


def test_single_answers_are_no_peers() -> None:
    """What nobody is named in was got by somebody, and is of no call."""
    history = history_of(answer(5, 7, None), answer(6, 8, None))
    assert [peer.id for peer in history.peers] == ["alice"]
    assert [signal.receiver for signal in history.signals] == [None, None]
    assert history.calls == []


def test_whom_an_answer_names_got_it() -> None:
    """Several connections that bring messages for one client are that client's."""
    history = history_of(answer(5, 7, "bob"), answer(6, 8, "bob"))
    assert [signal.receiver for signal in history.signals] == ["bob", "bob"]
    assert [(call.caller, call.callee) for call in history.calls] == [("alice", "bob")]


def test_whom_its_sending_names_got_it() -> None:
    """Also where only the sending says for whom it is, and another connection was taken for the receiver's."""
    sent = [at(second, 1, Sent, content=CONTENT, receiver="bob") for second in (4, 6)]
    history = history_of(sent[0], answer(5, 7, None), sent[1], answer(7, 8, None))
    assert [signal.receiver for signal in history.signals] == ["bob", "bob"]
    assert [(call.caller, call.callee) for call in history.calls] == [("alice", "bob")]


def test_a_websocket_joined_in_the_middle_is_a_peer() -> None:
    """It lasts, and is all that its client has: that goes by its address."""
    history = history_of(answer(5, 7, None, lasting=True))
    assert [peer.id for peer in history.peers] == ["alice", "10.77.0.12:40007"]
    assert [(call.caller, call.callee) for call in history.calls] == [("alice", "10.77.0.12:40007")]
