"""The words of home-made protocols for coming, going, listing and saying: JSON of many spellings, and plain sentences.

`{"type":"user_join","user":"U"}`, `{"event":"joined","data":{"name":"U"}}`, `U has joined the chat`: nobody wrote down
what these are, so they are known by what they are usually called.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sigtrace.signaling.relayed_content import text_member
from sigtrace.text import keep_text
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SENTENCE: Final = 200
"""Characters of a sentence about coming or going, or listing thirty names: longer ones are somebody's own."""

MAX_LISTED: Final = 10_000
"""Entries read of one list: no room has more, and each becomes a peer."""


class Deed(Enum):
    """What a message does."""

    JOIN = "join"
    LEAVE = "leave"
    LIST = "list"
    SAY = "say"
    BEAT = "beat"  # nothing but that one is still there
    OTHER = "other"


class Saying(Value, frozen=True, kw_only=True):
    """What a message says in words of rooms."""

    deed: Deed
    verb: str | None  # as the application writes it; None when it has none
    who: str | None = None  # who joins, leaves or speaks
    room: str | None = None
    text: str | None = None  # what is said
    names: tuple[str, ...] = ()  # of a list


_VERB_KEYS: Final = ("type", "event", "action", "cmd", "command", "op", "msgType", "messageType", "eventName")
_NAME_KEYS: Final = ("user", "username", "userName", "name", "nickname", "nickName", "nick", "userId", "uid", "id")
_SPEAKER_KEYS: Final = ("from", "sender", "fromUser", "author", *_NAME_KEYS)
_TEXT_KEYS: Final = ("content", "message", "text", "msg", "body", "data")
_LIST_KEYS: Final = ("list", "users", "onlineUsers", "members", "participants", "names", "clients", "peers", "data")
_ROOM_KEYS: Final = ("room", "roomId", "roomName", "channel")
_INNER_KEYS: Final = ("data", "payload", "message")

_JOIN: Final = frozenset(
    {
        "join", "joined", "joinroom", "userjoin", "userjoined", "enter", "entered", "enterroom", "userenter",
        "userentered", "newuser", "useronline", "online", "connect", "connected", "userconnected", "login",
        "peerjoined", "memberjoined", "newmember",
    }
)  # fmt: skip
_LEAVE: Final = frozenset(
    {
        "leave", "left", "leaveroom", "userleave", "userleft", "quit", "exit", "userexit", "useroffline", "offline",
        "disconnect", "disconnected", "userdisconnected", "logout", "peerleft", "memberleft",
    }
)  # fmt: skip
_LIST: Final = frozenset(
    {
        "getonlineuser", "getonlineusers", "onlineuser", "onlineusers", "online", "users", "userlist", "list",
        "members", "memberlist", "participants", "roster", "names", "peers", "clients",
    }
)  # fmt: skip
_SAY: Final = frozenset(
    {
        "message", "sendmessage", "chat", "chatmessage", "msg", "say", "text", "broadcast", "newmessage", "talk",
        "send", "publicmessage", "groupmessage", "roommessage",
    }
)  # fmt: skip
_BEAT: Final = frozenset({"ping", "pong", "heartbeat", "keepalive", "beat"})

_COMES: Final = re.compile(
    r"(?P<who>\S.{0,38}?)\s+(?:(?:has|have|just|is|was)\s+)*(?:joined|entered|connected|logged in|online)\b.{0,60}",
    re.IGNORECASE,
)
_GOES: Final = re.compile(
    r"(?P<who>\S.{0,38}?)\s+(?:(?:has|have|just|is|was)\s+)*"
    r"(?:left|exited|quit|disconnected|logged out|offline|gone)\b.{0,60}",
    re.IGNORECASE,
)
_COMES_HAN: Final = re.compile(r"(?P<who>\S.{0,38}?)\s*(?:加入|进入|上线).{0,60}")
_GOES_HAN: Final = re.compile(r"(?P<who>\S.{0,38}?)\s*(?:离开|退出|下线).{0,60}")
_LISTS: Final = re.compile(
    r"(?:(?:online|present|current)\s+)?(?:users?|online|members?|participants?|present)(?:\s+online)?\s*:\s*(?P<names>.+)",
    re.IGNORECASE,
)
_ADORNMENT: Final = re.compile(
    r"^[\s*=<>#!~\[(-]*(?:(?:system|server|info|user|member|client)\b[\s:\])>-]+)?|[\s*=<>#!~\])., -]+$", re.IGNORECASE
)
_QUOTES: Final = "\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"


def read_object(value: Mapping[str, Any]) -> Saying:
    """Read a JSON object; what it does not hold is None."""
    verb = text_member(value, *_VERB_KEYS)
    nested = (value[key] for key in _INNER_KEYS if isinstance(value.get(key), dict))
    inner: dict[str, Any] = next(nested, {})
    facts = {**inner, **{key: one for key, one in value.items() if not isinstance(one, dict) or key not in _INNER_KEYS}}
    deed = _deed_of(verb, facts)
    return Saying(
        deed=deed,
        verb=verb,
        who=_name_in(facts, _SPEAKER_KEYS if deed is Deed.SAY else (*_NAME_KEYS, "from", "sender")),
        room=text_member(facts, *_ROOM_KEYS),
        text=_first_text(facts),
        names=_names_of(_list_in(facts) or ()) if deed is Deed.LIST else (),
    )


def read_sentence(text: str) -> Saying | None:
    """Read a sentence by which a server tells who comes, goes, or is there; None when it is no such one."""
    if len(text) > MAX_SENTENCE:
        return None
    plain = _ADORNMENT.sub("", text)
    listed = _LISTS.fullmatch(plain)
    if listed:
        names = tuple(name for part in listed["names"].split(",") if (name := part.strip()))
        return Saying(deed=Deed.LIST, verb=None, names=names, text=text)
    for pattern, deed in ((_COMES, Deed.JOIN), (_GOES, Deed.LEAVE), (_COMES_HAN, Deed.JOIN), (_GOES_HAN, Deed.LEAVE)):
        found = pattern.fullmatch(plain)
        if found:
            return Saying(deed=deed, verb=None, who=found["who"].strip(_QUOTES), text=text)
    return None


def _deed_of(verb: str | None, facts: Mapping[str, Any]) -> Deed:
    if verb is None:
        return Deed.SAY if _first_text(facts) is not None else Deed.OTHER
    word = "".join(letter for letter in verb.lower() if letter.isalpha())
    if word in _LIST and _list_in(facts) is not None:
        return Deed.LIST
    for words, deed in ((_JOIN, Deed.JOIN), (_LEAVE, Deed.LEAVE), (_BEAT, Deed.BEAT)):
        if word in words:
            return deed
    return Deed.SAY if word in _SAY and _first_text(facts) is not None else Deed.OTHER


def _first_text(facts: Mapping[str, Any]) -> str | None:
    """Return what is said; the empty text is something that is said too."""
    return next((keep_text(facts[key]) for key in _TEXT_KEYS if isinstance(facts.get(key), str)), None)


def _list_in(facts: Mapping[str, Any]) -> list[Any] | None:
    return next((facts[key] for key in _LIST_KEYS if isinstance(facts.get(key), list)), None)


def _name_in(facts: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """Return a name: text, a number, or an object that has one."""
    for key in keys:
        member = facts.get(key)
        if isinstance(member, dict):
            member = text_member(member, *_NAME_KEYS)
        if isinstance(member, int) and not isinstance(member, bool):
            member = str(member)
        if isinstance(member, str) and member:
            return keep_text(member)
    return None


def _names_of(entries: list[Any] | tuple[()]) -> tuple[str, ...]:
    names = (_name_in({"user": entry}, ("user",)) for entry in entries[:MAX_LISTED])
    return tuple(dict.fromkeys(name for name in names if name is not None))
