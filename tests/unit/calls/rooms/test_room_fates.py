"""Fates: what could not be captured is not lost."""

from __future__ import annotations

import pytest

from sigtrace.application.http.message import ExchangeState
from sigtrace.application.socketio.packet import EnginePacketKind, Poll
from sigtrace.application.span import Span
from sigtrace.calls.history import write_history
from sigtrace.calls.rooms.channels import Channel
from sigtrace.calls.signals import Fate
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.bearer import Bearer
from sigtrace.signaling.relayed_content import Payload, text_content
from sigtrace.signaling.room_events import Identified, JoinAsked, Sent
from tests.builders.exchanges import Wire, ns

SERVER = Endpoint("10.77.0.1", 8888)
HELLO = text_content("hello", Payload(5, "0" * 64, "hello"))


def bearer(channel: str, seconds: float, *, from_client: bool) -> Bearer:
    """Make a bearer of one packet."""
    span = Span(ns(seconds), ns(seconds), round(seconds), round(seconds))
    client = Endpoint(f"10.77.0.{len(channel)}", 4000)
    return Bearer(channel, client, SERVER, from_client, span, 1, is_exchange=False)


@pytest.mark.parametrize(
    ("state", "fate"), [(ExchangeState.COMPLETE, Fate.UNDELIVERED), (ExchangeState.DAMAGED, Fate.UNSEEN)]
)
def test_a_receiver_whose_poll_is_damaged_may_have_got_it(state: ExchangeState, fate: Fate) -> None:
    """What the damaged answer of a poll held is not known; with all answers whole a message that is in none is lost."""
    exchange = Wire().add("10.77.0.12", "/socket.io/", 1.0, 3.0, state=state)
    poll = Poll(
        exchange=exchange.number,
        channel="socket.io bb",
        asked_ns=ns(1.0),
        answered_ns=ns(3.0),
        refused=False,
        packets=(EnginePacketKind.MESSAGE,),
    )
    events = [
        Identified(bearer=bearer("socket.io a", 0.1, from_client=False), at_ns=ns(0.1), peer="a"),
        Identified(bearer=bearer("socket.io bb", 0.2, from_client=False), at_ns=ns(0.2), peer="b"),
        Sent(bearer=bearer("socket.io a", 2.0, from_client=True), at_ns=ns(2.0), content=HELLO, receiver="b"),
    ]
    around = Surroundings(last_ns=ns(9.0), closed_ns={}, polls=[poll], exchanges={exchange.number: exchange})
    [signal] = write_history({"toy": events}, around).signals
    assert signal.fate is fate


def test_what_is_for_a_room_is_for_all_in_it() -> None:
    """A capture at one client does not show who got it; another client in it, and nobody got it; a room is no peer."""
    events = [
        JoinAsked(bearer=bearer("a", 0.1, from_client=True), at_ns=ns(0.1), peer="a", room="red"),
        Sent(bearer=bearer("a", 2.0, from_client=True), at_ns=ns(2.0), content=HELLO, receiver="red"),
    ]
    around = Surroundings(last_ns=ns(9.0), closed_ns={})
    [signal] = write_history({"toy": events}, around).signals
    assert (signal.fate, signal.receiver, signal.to_all) == (Fate.UNSEEN, None, True)
    events.insert(1, JoinAsked(bearer=bearer("bb", 0.2, from_client=True), at_ns=ns(0.2), peer="b", room="red"))
    [signal] = write_history({"toy": events}, around).signals
    assert (signal.fate, signal.receiver, signal.to_all) == (Fate.UNDELIVERED, None, True)


@pytest.mark.parametrize(("incomplete", "fate"), [(False, Fate.UNDELIVERED), (True, Fate.UNSEEN)])
def test_whoever_is_behind_a_channel_in_part_may_have_got_it(*, incomplete: bool, fate: Fate) -> None:
    """A message to an id that nobody goes by is lost, unless there is a channel whose id may be in what is missing."""
    events = [
        JoinAsked(bearer=bearer("a", 0.1, from_client=True), at_ns=ns(0.1), peer="a", room="red"),
        JoinAsked(bearer=bearer("bb", 0.2, from_client=True), at_ns=ns(0.2), room="red"),
        Sent(bearer=bearer("a", 2.0, from_client=True), at_ns=ns(2.0), content=HELLO, receiver="b"),
    ]
    channel = Channel(key="bb", client=Endpoint("10.77.0.2", 4000), server=SERVER, incomplete=incomplete)
    around = Surroundings(last_ns=ns(9.0), closed_ns={}, channels={"bb": channel})
    [signal] = write_history({"toy": events}, around).signals
    assert signal.fate is fate
