"""The words of home-made signaling: by which keys it names peers, rooms and verbs, and what its verbs mean.

Keys are compared without case, `_` and `-`: `toId`, `to_id` and `ToID` are one. Verbs are taken apart into words, so
that `user-joined`, `userJoined` and `USER_JOINED` are one too.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Any, Final

TO: Final = (
    *("to", "toid", "topeer", "touser", "topeerid", "touserid", "target", "targetid", "targetuser", "targetpeer"),
    *("dst", "dest", "destination", "receiver", "receiverid", "recipient", "recipientid", "calleeid", "callee"),
    *("usertocall", "usertosignal", "remoteid", "remotepeerid"),
)
FROM: Final = (
    *("from", "fromid", "frompeer", "fromuser", "frompeerid", "fromuserid", "sender", "senderid", "src"),
    *("sourceid", "source", "callerid", "caller", "localid", "localpeerid"),
)
OWN: Final = ("yourid", "myid", "you", "me", "self", "selfid", "as")
"""Of the peer whose channel it is, in a greeting or a query."""

SOMEBODY: Final = (
    *("peerid", "peer", "userid", "clientid", "client", "socketid", "participantid", "memberid", "connid", "uid", "id"),
    *("user", "username"),
)
"""Of the sender, of the target, of who joined: where the message stands tells which."""

QUERY: Final = (
    *OWN,
    "from",
    "user",
    "userid",
    "username",
    "client",
    "clientid",
    "peer",
    "peerid",
    "uid",
    "nick",
    "name",
)
"""Of the peer that asks, in the query of its request."""

NAME: Final = ("name", "username", "displayname", "nickname", "nick", "alias")
ROOM: Final = (
    *("room", "roomid", "roomname", "channel", "channelid", "meeting", "meetingid", "conference", "group", "topics"),
    *("channels", "rooms"),
)
OTHERS: Final = (
    *("others", "peers", "users", "clients", "members", "participants", "connections", "here", "peerlist", "userlist"),
    *("otherusers", "usersinthisroom", "allusers", "sockets", "online"),
)
DIALOG: Final = ("connectionid", "callid")
VERB: Final = (
    *(
        "janus",
        "type",
        "action",
        "event",
        "eventname",
        "cmd",
        "command",
        "method",
        "op",
        "kind",
        "msgtype",
        "messagetype",
    ),
    *("signal", "topic", "request", "t"),
)
TEXT: Final = ("text", "message", "msg", "chat", "content", "body", "data")
BATCH: Final = ("messages", "msgs", "events", "items", "queue", "signals", "data", "inbox")
WRITTEN: Final = frozenset(
    {
        *TO,
        *FROM,
        *SOMEBODY,
        *OWN,
        "timestamp",
        "ts",
        "time",
        "date",
        "sentat",
        "receivedat",
        "messageid",
        "msgid",
        "uuid",
    }
)
"""Members that a server may write, add or take away on the way: what is left is the same on both legs."""

SECRET: Final = frozenset(
    {"password", "credential", "token", "secret", "authorization", "accesstoken", "apikey", "jwt"}
)

LONGEST_ID: Final = 128
"""Characters of an id or verb: a UUID has 36; what is longer is something else."""

MAX_DEPTH: Final = 32
"""Levels of a message that are compared and shown; strings opened inside each other make more than JSON has."""


class Meaning(Enum):
    """What a verb means."""

    OFFER = "offer"
    ANSWER = "answer"
    BYE = "bye"
    LEAVE = "leave"  # a room, or who is addressed
    LEFT = "left"
    JOIN = "join"
    JOINED = "joined"
    WELCOME = "welcome"
    PEERS = "peers"
    FULL = "full"
    CHAT = "chat"
    HOUSEKEEPING = "housekeeping"
    CANDIDATES_END = "candidates-end"
    OTHER = "other"


_FILLER = frozenset(
    {
        *(
            "call",
            "session",
            "peer",
            "user",
            "client",
            "member",
            "participant",
            "socket",
            "video",
            "audio",
            "chat",
            "rtc",
        ),
        *("webrtc", "remote", "the", "on", "to", "from", "of", "msg", "message", "event", "room", "channel", "request"),
        *("response", "in", "is", "has", "was"),
    }
)
_WORDS: dict[Meaning, frozenset[str]] = {
    meaning: frozenset(words.split())
    for meaning, words in {
        Meaning.BYE: "bye goodbye hangup hang hungup up end ended endcall terminate terminated decline declined reject"
        " rejected cancel cancelled canceled",
        Meaning.LEAVE: "leave leaving quit exit logout unregister part signout unsubscribe",
        Meaning.LEFT: "left gone disconnected disconnect exited offline removed remove departed leave closed",
        Meaning.FULL: "full denied refused",
        Meaning.WELCOME: "welcome hello hi init initialize registered logged login id me identity assigned ready open"
        " opened created your",
        Meaning.JOIN: "join enter register login sign signin hello connect create subscribe",
        Meaning.JOINED: "joined join joins new connected connect entered enter online arrived added add",
        Meaning.HOUSEKEEPING: "ping pong keep alive keepalive heartbeat ack ok stats error config noop expire expired",
        Meaning.OFFER: "offer call invite",
        Meaning.ANSWER: "answer accept accepted answered pickup",
    }.items()
}
OF_ROOMS: Final = frozenset(["create", "connect", "subscribe", "unsubscribe"])
"""Verbs of clients that mean a room where one is named, and may mean anything where none is."""

ENVELOPE: Final = frozenset(
    ["publish", "publication", "broadcast", "relay", "forward", "send", "signal", "message", "msg"]
)
"""Verbs that say only that something is passed on: what it is says the object inside, where it has a verb."""

_PERSONS = frozenset(["peers", "users", "clients", "members", "participants", "others", "list", "all", "in", "this"])
_SAID = frozenset(["chat", "message", "msg", "text", "say"])
_OF_CLIENT = (Meaning.HOUSEKEEPING, Meaning.BYE, Meaning.LEAVE, Meaning.JOIN, Meaning.OFFER, Meaning.ANSWER)
_OF_SERVER = (
    *(Meaning.HOUSEKEEPING, Meaning.BYE, Meaning.LEFT, Meaning.FULL, Meaning.JOINED, Meaning.WELCOME),
    *(Meaning.OFFER, Meaning.ANSWER),
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_NOT_KEY = re.compile(r"[\W_]+")


@lru_cache(maxsize=1024)
def meaning_of(verb: str, *, from_client: bool) -> Meaning:
    """Return what a verb means, coming from a client or from the server."""
    words = {word.lower() for word in _WORD.findall(verb[:LONGEST_ID])}
    if {"end", "candidates"} <= words or {"end", "candidate"} <= words:
        return Meaning.CANDIDATES_END
    for meaning in _OF_CLIENT if from_client else _OF_SERVER:
        if words & _WORDS[meaning] and words <= _WORDS[meaning] | _FILLER:
            return meaning
    if not from_client and words and words <= _PERSONS | _FILLER and words & _PERSONS:
        return Meaning.PEERS
    return Meaning.CHAT if words & _SAID else Meaning.OTHER


@lru_cache(maxsize=4096)
def _plain(key: str) -> str:
    return _NOT_KEY.sub("", key).lower()


def plain_key(key: str) -> str:
    """Return a key as keys are compared."""
    return _plain(key) if len(key) <= LONGEST_ID else key


def read_id(value: Any) -> str | None:
    """Return what a peer or room is called: text, or a number as text; of an object its id, of a list its only one."""
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, dict):
        value = next((one for key, one in value.items() if plain_key(key) in SOMEBODY), None)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_ID else None


def without(value: Any, keys: frozenset[str], depth: int = MAX_DEPTH) -> Any:
    """Return a value of JSON without some members, however deep they are, and without what is beyond the bound."""
    if isinstance(value, dict):
        kept = value.items() if depth else ()
        return {key: without(one, keys, depth - 1) for key, one in kept if plain_key(key) not in keys}
    if isinstance(value, list):
        return [without(one, keys, depth - 1) for one in value] if depth else []
    return value
