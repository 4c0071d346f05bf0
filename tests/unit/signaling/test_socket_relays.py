"""Which events a Socket.IO server passed on, as their copies show."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sigtrace.signaling.socket_relays import MAX_VALUES, PROMPT_NS, RECENT, find_relays, text_of
from sigtrace.value import replace
from tests.builders.exchanges import ns
from tests.builders.socket_packets import Client, SocketTalk

ALICE, BOB, CAROL = "AliceAliceAliceAAAAA", "BobBobBobBobBobBBBBB", "CarolCarolCarolCCCCC"


def talk_of(*sids: str) -> tuple[SocketTalk, list[Client]]:
    """Return a talk of some clients."""
    talk = SocketTalk()
    return talk, [talk.connect(sid) for sid in sids]


def relays_of(talk: SocketTalk) -> list[tuple[int, int, bool]]:
    """Return number of each packet that is part of a relay, of what it is a copy, and whether that went to many."""
    found = find_relays(talk.packets)
    return [(number, found[number].said.number, found[number].to_many) for number in sorted(found)]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["hello"], ["hello"]),
        (["hello"], [{"username": "alice", "message": "hello"}]),
        (["hello"], ["hello", ALICE, 1795634685]),
        (["kitchen", "hello"], ["hello"]),
        (["kitchen", "hello"], [{"name": "alice", "text": "hello"}]),
        ([BOB, {"sdp": "v=0"}], [ALICE, {"sdp": "v=0"}]),
        ([{"to": BOB, "signal": {"x": 1}}], [{"from": ALICE, "signal": {"x": 1}}]),
        ([], [{"username": "alice"}]),
        ([], []),
        ([{"x": 1, "y": 2.5}], [{"id": ALICE, "x": 1, "y": 2.5}]),
        ([True, None], [True]),
        ([[str(number) for number in range(MAX_VALUES + 1)]], [[str(number) for number in range(MAX_VALUES + 1)]]),
    ],
)
def test_copies(said: list[Any], told: list[Any]) -> None:
    """A copy has the same values, but for ids, for a few that were added, and for a room that was left away."""
    talk, (alice, bob) = talk_of(ALICE, BOB)
    alice.emits("say", *said)
    bob.gets("say", *told)
    assert relays_of(talk) == [(3, 3, False), (4, 3, False)]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["hello"], ["good bye"]),
        (["hello"], []),
        (["a", "b", "c", "hello"], ["hello"]),
        ([], [1, 2, 3, 4, 5]),
        ([{"x": 1, "y": 2}], [{"x": 1, "y": 3}]),
        ([{"name": "abc", "x": 1}], [{"name": "abc", "x": 2}]),
        ([list(range(MAX_VALUES + 1))], [list(range(MAX_VALUES + 2))]),
    ],
)
def test_what_is_no_copy(said: list[Any], told: list[Any]) -> None:
    """What shares too little is the server's own."""
    talk, (alice, bob) = talk_of(ALICE, BOB)
    alice.emits("say", *said)
    bob.gets("say", *told)
    assert relays_of(talk) == []


def test_other_names_namespaces_and_servers() -> None:
    """A copy goes by the same name, in the same place."""
    talk, (alice, bob) = talk_of(ALICE, BOB)
    alice.emits("say", "hello")
    bob.gets("said", "hello")
    talk.meet(BOB, namespace="/chat").gets("say", "hello")
    assert relays_of(talk) == []
    talk.packets[-1] = replace(talk.packets[-1], namespace="/", path="/other/")
    assert relays_of(talk) == []


def test_everyone_gets_a_copy_the_sender_too() -> None:
    """Each client takes one copy; what comes back is one when others got it as well."""
    talk, clients = talk_of(ALICE, BOB, CAROL)
    clients[0].emits("say", "hello")
    for client in clients:
        client.gets("say", "hello")
    assert relays_of(talk) == [(number, 4, True) for number in range(4, 8)]


def test_an_answer_is_no_relay() -> None:
    """What only the client itself gets back is an answer, though another asked the same before."""
    talk, (alice, bob) = talk_of(ALICE, BOB)
    for client in (alice, bob):
        client.emits("list")
        client.gets("list", 3)
    assert relays_of(talk) == []


def test_the_same_words_of_two() -> None:
    """Of two who say the same, each gets the other's words, and its own back."""
    talk, (alice, bob) = talk_of(ALICE, BOB)
    alice.emits("say", "hi")
    bob.emits("say", "hi")
    for _ in range(2):
        for client in (alice, bob):
            client.gets("say", "hi")
    assert {number for number, _, _ in relays_of(talk)} == set(range(3, 9))


@pytest.mark.parametrize("protocol", [3, 4])
def test_whom_it_is_for_tells_apart(protocol: int) -> None:
    """Of two events that differ only in whom they are for, each has the copy that its receiver got."""
    talk = SocketTalk(protocol=protocol)
    alice, bob, carol = (talk.connect(sid, own=sid if protocol == 4 else None) for sid in (ALICE, BOB, CAROL))
    alice.emits("ice", {"target": BOB, "caller": ALICE, "candidate": "x"})
    alice.emits("ice", {"target": CAROL, "caller": ALICE, "candidate": "x"})
    bob.gets("ice", {"target": BOB, "caller": ALICE, "candidate": "x"})
    carol.gets("ice", {"target": CAROL, "caller": ALICE, "candidate": "x"})
    assert relays_of(talk) == [(4, 4, False), (5, 5, False), (6, 4, False), (7, 5, False)]


def test_who_is_mentioned_need_not_be_who_gets_it() -> None:
    """An event about one client may be told to all."""
    talk, (alice, bob, carol) = talk_of(ALICE, BOB, CAROL)
    alice.emits("kick", BOB, "spam")
    bob.gets("kick", BOB, "spam")
    carol.gets("kick", BOB, "spam")
    assert relays_of(talk) == [(4, 4, True), (5, 4, True), (6, 4, True)]


def test_the_likest_counts_before_the_newest() -> None:
    """An event with all the same values is what a copy is of, though another with some of them came later."""
    talk, (alice, bob, carol) = talk_of(ALICE, BOB, CAROL)
    alice.emits("move", {"piece": "knight", "x": 1})
    carol.emits("move", {"piece": "knight", "x": 2})
    bob.gets("move", {"piece": "knight", "x": 1})
    assert relays_of(talk) == [(4, 4, False), (6, 4, False)]


def test_binary_values_are_compared() -> None:
    """Attachments count as values; an event of which one is missing is not compared."""
    talk, (alice, bob) = talk_of(ALICE, BOB)
    place = {"_placeholder": True, "num": 0}
    alice.emits("file", place, attachments=(b"abc",))
    bob.gets("file", place, attachments=(b"xyz",))
    bob.gets("file", place, attachments=(b"abc",))
    assert relays_of(talk) == [(3, 3, False), (5, 3, False)]
    talk.packets[-1] = replace(talk.packets[-1], missing=1)
    assert relays_of(talk) == []


def test_what_the_server_remembers_is_no_copy() -> None:
    """A client that comes later may get what was said before, which is no relay."""
    talk, (alice,) = talk_of(ALICE)
    alice.emits("say", "hello")
    talk.connect(BOB).gets("say", "hello")
    assert relays_of(talk) == []


def test_a_copy_comes_soon() -> None:
    """What comes much later is something else."""
    talk, (alice, bob) = talk_of(ALICE, BOB)
    alice.emits("say", "hello")
    talk.at += PROMPT_NS / ns(1)
    bob.gets("say", "hello")
    assert relays_of(talk) == []


def test_only_recent_events_are_compared() -> None:
    """However many events of one name there are, a copy is looked for among the newest."""
    talk, (alice, bob) = talk_of(ALICE, BOB)
    for number in range(RECENT + 1):
        alice.emits("say", f"line {number}")
    bob.gets("say", "line 0")
    bob.gets("say", "line 1")
    assert [said for _, said, _ in relays_of(talk)] == [4, 4]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["hello"], "hello"),
        ([BOB, "hello"], "hello"),
        ([{"text": "hello"}], "hello"),
        (["a", "b"], None),
        ([7], None),
        ([], None),
    ],
)
def test_text(arguments: list[Any], text: str | None) -> None:
    """What says one text, whoever it is for, is that text."""
    assert text_of(SocketTalk().meet("x").emits("say", *arguments)) == text


_VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=4) | some.just(BOB),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(
    some.lists(
        some.tuples(some.booleans(), some.integers(0, 2), some.sampled_from("xy"), some.lists(_VALUES, max_size=3))
    )
)
def test_laws(steps: list[tuple[bool, int, str, list[Any]]]) -> None:
    """A relay is one event of a client and copies to others that came later, one each, of the same name."""
    talk, clients = talk_of(ALICE, BOB, CAROL)
    for from_client, place, name, arguments in steps:
        client = clients[place]
        (client.emits if from_client else client.gets)(name, *arguments)
    by_number = {packet.number: packet for packet in talk.packets}
    relays = find_relays(talk.packets)
    copies: dict[int, list[str]] = {}
    for number, relay in relays.items():
        packet = by_number[number]
        assert relay.said.from_client
        assert relays[relay.said.number].said is relay.said
        assert packet.name == relay.said.name
        if packet is not relay.said:
            assert not packet.from_client
            assert packet.at_ns > relay.said.at_ns
            copies.setdefault(relay.said.number, []).append(packet.channel)
    for said, channels in copies.items():
        assert len(set(channels)) == len(channels)
        assert set(channels) - {by_number[said].channel}
