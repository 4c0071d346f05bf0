"""Who a client is by what is addressed to it, where the capture began after everyone had said who they are."""

from __future__ import annotations

import pytest

from sigtrace.application.span import Span
from sigtrace.calls.history import History, write_history
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.bearer import Bearer
from sigtrace.signaling.relayed_content import Payload, text_content
from sigtrace.signaling.room_events import Delivered, JoinAsked, Sent
from tests.builders.exchanges import ns

SERVER = Endpoint("10.77.0.1", 7000)


def _bearer(channel: str, at: float, *, from_client: bool) -> Bearer:
    client = Endpoint("10.77.0.11", ord(channel[0]))
    return Bearer(channel, client, SERVER, from_client, Span(ns(at), ns(at), 1, 1), round(at), is_exchange=False)


def _gets(channel: str, at: float, sender: str, receiver: str) -> Delivered:
    content = text_content(f"{at}", Payload(1, f"{at}", f"{at}"))
    return Delivered(
        bearer=_bearer(channel, at, from_client=False), at_ns=ns(at), content=content, sender=sender, receiver=receiver
    )


def _says(channel: str, at: float, receiver: str) -> Sent:
    content = text_content(f"{at}", Payload(1, f"{at}", f"{at}"))
    return Sent(bearer=_bearer(channel, at, from_client=True), at_ns=ns(at), content=content, receiver=receiver)


def _receivers(*events: Delivered | Sent | JoinAsked) -> list[str]:
    history: History = write_history({"toy": list(events)}, Surroundings(last_ns=ns(99.0), closed_ns={}))
    return [str(signal.receiver) for signal in history.signals if signal.delivered_ns is not None]


def test_each_client_goes_by_the_id_that_it_gets_messages_for() -> None:
    """Two clients that get messages for one id each are those; one that gets them for several is not named so."""
    assert _receivers(_gets("x", 1, "b", "a"), _gets("y", 2, "a", "b")) == ["a", "b"]
    several = _receivers(_gets("x", 1, "b", "a"), _gets("y", 2, "a", "b"), _gets("y", 3, "a", "c"))
    assert several == ["a", *["10.77.0.11:121"] * 2]


def test_a_single_client_goes_by_the_id_that_it_answers_for() -> None:
    """What one client hears may be for others, unless it answers."""
    assert _receivers(_gets("x", 1, "b", "a")) == ["10.77.0.11:120"]
    assert _receivers(_gets("x", 1, "b", "a"), _says("x", 2, "b")) == ["a"]


@pytest.mark.parametrize("channels", ["xy", "xyz"])
def test_what_everyone_hears_names_nobody(channels: str) -> None:
    """A server that passes everything to all shows the same id to several clients."""
    heard = _receivers(*(_gets(channel, 1 + at, "b", "a") for at, channel in enumerate(channels)))
    assert set(heard) == {f"10.77.0.11:{ord(channel)}" for channel in channels}


def test_what_is_passed_to_all_names_nobody_else() -> None:
    """An id that several hear and that writes is a client; then nobody can tell for whom all the rest is."""
    to_all = [_gets("x", 1, "b", "a"), _gets("y", 1, "b", "a")]
    assert _receivers(*to_all, _gets("y", 2, "a", "c"))[2] == "10.77.0.11:121"


def test_a_room_whose_joining_was_not_captured_is_no_id() -> None:
    """What several hear and nobody writes as is a room; beside it each goes by its own id."""
    to_all = [_gets("x", 1, "c", "red"), _gets("y", 1, "c", "red")]
    assert _receivers(*to_all, _gets("x", 2, "b", "a"), _gets("y", 3, "a", "b")) == ["a", "b", "a", "b"]


def test_the_name_of_a_room_is_nobody_s() -> None:
    """A message for a room that somebody joined says nothing about who gets it."""
    joins = JoinAsked(bearer=_bearer("z", 0.5, from_client=True), at_ns=ns(0.5), peer="c", room="a")
    heard = (_gets("x", 1, "b", "a"), _gets("y", 2, "c", "b"), _gets("w", 3, "b", "d"))
    assert _receivers(joins, *heard) == ["10.77.0.11:120", "b", "d"]
