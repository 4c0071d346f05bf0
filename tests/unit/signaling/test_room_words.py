"""The words of home-made protocols: what is understood, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from sigtrace.signaling.room_words import MAX_LISTED, MAX_SENTENCE, Deed, read_object, read_sentence


@pytest.mark.parametrize(
    ("value", "deed", "who"),
    [
        ({"type": "user_join", "user": "alice"}, Deed.JOIN, "alice"),
        ({"event": "joined", "data": {"name": "alice"}}, Deed.JOIN, "alice"),
        ({"action": "enter", "nick": "alice"}, Deed.JOIN, "alice"),
        ({"cmd": "JOIN_ROOM", "username": "alice", "room": "r"}, Deed.JOIN, "alice"),
        ({"type": "userConnected", "user": {"id": 7, "name": "alice"}}, Deed.JOIN, "alice"),
        ({"type": "user_leave", "user": "alice"}, Deed.LEAVE, "alice"),
        ({"type": "left", "id": 12}, Deed.LEAVE, "12"),
        ({"event": "quit"}, Deed.LEAVE, None),
        ({"type": "get_online_user", "list": ["alice"]}, Deed.LIST, None),
        ({"type": "users", "users": [{"name": "alice"}]}, Deed.LIST, None),
        ({"type": "online", "data": ["alice"]}, Deed.LIST, None),
        ({"type": "users"}, Deed.OTHER, None),
        ({"type": "message", "from": "alice", "content": "hi"}, Deed.SAY, "alice"),
        ({"type": "sendMessage", "sender": "alice", "message": "hi"}, Deed.SAY, "alice"),
        ({"type": "chat", "data": {"user": "alice", "text": "hi"}}, Deed.SAY, "alice"),
        ({"name": "alice", "msg": "hi"}, Deed.SAY, "alice"),
        ({"type": "message"}, Deed.OTHER, None),
        ({"type": "keep-alive", "at": 5}, Deed.BEAT, None),
        ({"type": "typing", "user": "alice"}, Deed.OTHER, "alice"),
        ({"type": 5, "x": [1]}, Deed.OTHER, None),
        ({}, Deed.OTHER, None),
    ],
)
def test_json_of_many_spellings_is_understood(value: dict[str, Any], deed: Deed, who: str | None) -> None:
    """The deed is known by its verb, whatever key it stands under, and the name by what names are called."""
    saying = read_object(value)
    assert (saying.deed, saying.who) == (deed, who)


@pytest.mark.parametrize(
    "listed", [["a", "b"], [{"name": "a"}, {"user": "b"}], ["a", "a", "b"], [None, "a", {}, {"nick": "b"}, [1]]]
)
def test_list_holds_each_name_once(listed: list[Any]) -> None:
    """Entries are names or objects that have one; what is neither is left out."""
    assert read_object({"type": "list", "list": listed}).names == ("a", "b")


def test_list_is_bounded() -> None:
    """A list without end makes no peers without end."""
    assert len(read_object({"type": "users", "users": list(range(MAX_LISTED + 5))}).names) == MAX_LISTED


def test_what_is_said_may_be_empty() -> None:
    """The empty text is a text."""
    saying = read_object({"type": "message", "from": "alice", "content": ""})
    assert (saying.deed, saying.text) == (Deed.SAY, "")


def test_names_cannot_hold_what_utf8_cannot() -> None:
    """A lone half of a pair, which JSON can spell, is spelled out."""
    who = read_object({"type": "join", "user": "\ud800"}).who
    assert who is not None
    assert who.encode() == b"\\ud800"


@pytest.mark.parametrize(
    ("text", "deed", "who"),
    [
        ("bob joined", Deed.JOIN, "bob"),
        ("bob has joined the chat.", Deed.JOIN, "bob"),
        ("* bob has just joined *", Deed.JOIN, "bob"),
        ("[system] bob is online", Deed.JOIN, "bob"),
        ("User bob connected", Deed.JOIN, "bob"),
        ('"bob b" entered room 5', Deed.JOIN, "bob b"),
        ("小明 加入了聊天室", Deed.JOIN, "小明"),
        ("bob left", Deed.LEAVE, "bob"),
        ("bob has left the room!", Deed.LEAVE, "bob"),
        ("bob disconnected: timeout", Deed.LEAVE, "bob"),
        ("小明离开", Deed.LEAVE, "小明"),
    ],
)
def test_plain_sentences_are_understood(text: str, deed: Deed, who: str) -> None:
    """Who comes or goes stands before the word for it, whatever adorns the sentence."""
    saying = read_sentence(text)
    assert saying is not None
    assert (saying.deed, saying.who) == (deed, who)


@pytest.mark.parametrize("text", ["online: alice, bob", "users online: alice, bob", "Members:alice,bob"])
def test_plain_list_is_understood(text: str) -> None:
    """Names stand behind what they are, with commas between them."""
    saying = read_sentence(text)
    assert saying is not None
    assert (saying.deed, saying.names) == (Deed.LIST, ("alice", "bob"))


@pytest.mark.parametrize(
    "text", ["", "joined", "hello everybody", "leftovers", "line\nbob joined", "bob joined" + "x" * MAX_SENTENCE]
)
def test_other_sentences_are_none(text: str) -> None:
    """What does not plainly tell of coming, going or being there is not read so."""
    assert read_sentence(text) is None
