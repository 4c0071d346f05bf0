"""Legs: what is for all goes to those who are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.span import Span
from sigtrace.calls.rooms.channels import Channel
from sigtrace.calls.rooms.identities import Identities
from sigtrace.calls.rooms.legs import AHEAD_NS, LATE_NS, pair_legs
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.bearer import Bearer
from sigtrace.signaling.relayed_content import Payload, text_content
from sigtrace.signaling.room_events import Delivered, Identified, Remarked, Sent
from tests.builders.exchanges import ns

if TYPE_CHECKING:
    from sigtrace.signaling.room_events import RoomEvent

SERVER = Endpoint("10.77.0.1", 3000)
HELLO = text_content("hello", Payload(5, "0" * 64, "hello"))


def bearer(channel: str, seconds: float, *, from_client: bool) -> Bearer:
    """Make a bearer of one packet."""
    span = Span(ns(seconds), ns(seconds), round(seconds * 10), round(seconds * 10))
    return Bearer(channel, Endpoint("10.77.0.11", 4000), SERVER, from_client, span, 1, is_exchange=False)


def sent(seconds: float) -> Sent:
    """Say hello to all over channel a."""
    return Sent(bearer=bearer("a", seconds, from_client=True), at_ns=ns(seconds), content=HELLO, to_all=True)


def delivered(channel: str, seconds: float) -> Delivered:
    """Hear it."""
    return Delivered(bearer=bearer(channel, seconds, from_client=False), at_ns=ns(seconds), content=HELLO)


def relays(events: list[RoomEvent], opened: dict[str, int]) -> list[tuple[str, float | None]]:
    """Return the channel of each delivery and when its copy was sent, in seconds."""
    ends = {"client": Endpoint("10.77.0.11", 4000), "server": SERVER}
    channels = {key: Channel(key=key, opened_ns=at_ns, **ends) for key, at_ns in opened.items()}
    legs = pair_legs(events, Identities(events), (), channels)
    return [
        (leg.delivered.bearer.channel, leg.sent.at_ns / 10**9 if leg.sent else None) for leg in legs if leg.delivered
    ]


def test_words_repeated_to_a_newcomer_are_no_relay() -> None:
    """A channel opened long after a message to all did not get it by that; those that were there did."""
    events = [sent(1.0), delivered("a", 1.1), delivered("b", 1.1), delivered("c", 9.0)]
    assert relays(events, {"b": ns(0.5), "c": ns(8.9)}) == [("a", 1.0), ("b", 1.0), ("c", None)]


def test_the_same_words_again_go_to_the_newcomer_too() -> None:
    """Of two equal messages a newcomer gets the one that was sent after it came."""
    events = [sent(1.0), delivered("b", 1.1), sent(9.0), delivered("b", 9.1), delivered("c", 9.1)]
    assert relays(events, {"c": ns(5.0)}) == [("b", 1.0), ("b", 9.0), ("c", 9.0)]


def test_who_comes_while_a_message_is_under_way_gets_it() -> None:
    """A server that has read neither the message nor the handshake may read them in any order."""
    events = [sent(1.0), delivered("c", 1.9)]
    assert relays(events, {"c": ns(1.0) + LATE_NS}) == [("c", 1.0)]
    assert relays(events, {"c": ns(1.0) + LATE_NS + 1}) == [("c", None)]


def test_an_echo_that_names_its_sender_is_of_what_was_sent() -> None:
    """What comes back over its own channel is an answer to it, unless it says that this peer said it."""
    own = bearer("a", 1.0, from_client=True)
    aside = Remarked(bearer=own, at_ns=ns(1.0), name="chat")
    said = Sent(bearer=own, at_ns=ns(1.0), content=HELLO, unless_relayed=aside)
    welcome = Identified(bearer=bearer("a", 0.5, from_client=False), at_ns=ns(0.5), peer="ann")
    named = [
        Delivered(bearer=bearer("a", 1.1, from_client=False), at_ns=ns(1.1), content=HELLO, sender=sender)
        for sender in ("ann", None)
    ]
    assert [relays([welcome, said, echo], {}) for echo in named] == [[("a", 1.0)], [("a", None)]]


def test_an_echo_is_paired_though_its_channel_is_known_by_later_messages_alone() -> None:
    """The first words that come back tell nobody whose channel it is; what others get of them afterwards does."""
    own = bearer("a", 1.0, from_client=True)
    aside = Remarked(bearer=own, at_ns=ns(1.0), name="chat")
    said = Sent(bearer=own, at_ns=ns(1.0), content=HELLO, unless_relayed=aside)
    copies = [
        Delivered(bearer=bearer(channel, 1.1, from_client=False), at_ns=ns(1.1), content=HELLO, sender="ann")
        for channel in ("a", "b")
    ]
    assert relays([said, *copies], {}) == [("a", 1.0), ("b", 1.0)]


def test_a_copy_may_be_dated_before_what_it_is_a_copy_of() -> None:
    """Interfaces have clocks and queues of their own: a delivery a millisecond early is paired, an earlier one not."""
    ahead = AHEAD_NS / 10**9
    assert relays([delivered("b", 1.0), sent(1.0 + ahead)], {}) == [("b", 1.0 + ahead)]
    assert relays([delivered("b", 1.0), sent(1.0 + 2 * ahead)], {}) == [("b", None)]
