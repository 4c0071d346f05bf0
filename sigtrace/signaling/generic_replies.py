"""Which messages of a server reply to which of a client, and over which WebSockets the server is itself the other side.

JSON-RPC, Janus, protoo, Faye and SignalR number their requests, and a reply has the number of its request. So a reply
is the server's own word, never a message of another peer. Where it brings a description to one that asked with one, and
no client said that before, nobody relays: the server has answered, as media servers do.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sigtrace.signaling.generic_message import MAX_MESSAGES
from sigtrace.signaling.generic_words import LONGEST_ID, VERB, plain_key
from sigtrace.signaling.payload_search import Carried, open_payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sigtrace.application.websocket.message import Message
    from sigtrace.signaling.payload_search import Opened

_MARKS: Final = ("transaction", "transactionid", "requestid", "reqid", "invocationid", "messageid", "msgid")
_ID: Final = "id"  # may be a peer's, so it counts only in what has no verb, as replies of JSON-RPC have none

Mark = tuple[int, str, str]
"""The flow, the key, and the number or text under it."""


class Replies(NamedTuple):
    """What was found."""

    asked: Mapping[int, Message]  # by number of a reply, what it replies to
    answered: frozenset[int]  # numbers of what was replied to
    direct: frozenset[int]  # flows over which the server itself answered a description


NO_REPLIES: Final = Replies({}, frozenset(), frozenset())


def find_replies(messages: Sequence[Message]) -> Replies:
    """Find the replies among messages.

    Args: messages: in order of time.
    """
    used: Counter[Mark] = Counter()
    asked: dict[Mark, Message] = {}
    describing: set[int] = set()  # numbers of what clients said with a description
    said: set[str] = set()
    replies: dict[int, Message] = {}
    direct: set[int] = set()
    for message in messages:
        opened = open_payload(message.data)
        descriptions = _descriptions(opened)
        marks = [(message.flow, *mark) for mark in _marks(opened.value, from_client=message.from_client)]
        if message.from_client:
            used.update(marks)
            asked.update((mark, message) for mark in marks)
            said |= descriptions
            if descriptions:
                describing.add(message.number)
            continue
        request = next((asked[mark] for mark in marks if used[mark] == 1), None)
        if request is not None:
            replies[message.number] = request
            if descriptions and request.number in describing and said.isdisjoint(descriptions):
                direct.add(message.flow)
    return Replies(replies, frozenset(one.number for one in replies.values()), frozenset(direct))


def unnumbered(opened: Opened) -> Opened:
    """Return a request or its reply without its number, which is nobody's id; an `id` that is text may be both."""
    if not isinstance(opened.value, dict):
        return opened
    kept = {key: one for key, one in opened.value.items() if not _is_number(plain_key(key), one)}
    return opened._replace(value=kept)


def _is_number(key: str, value: Any) -> bool:
    return key in _MARKS or (key == _ID and (isinstance(value, int) or str(value).isdecimal()))


def _descriptions(opened: Opened) -> frozenset[str]:
    return frozenset(one.text for one in opened.found if one.carried is Carried.DESCRIPTION)


def _marks(value: Any, *, from_client: bool) -> Iterator[tuple[str, str]]:
    """Yield what numbers the requests or replies in a payload, which may be a list of them."""
    for one in (value if isinstance(value, list) else [value])[:MAX_MESSAGES]:
        layer = {plain_key(key): member for key, member in one.items()} if isinstance(one, dict) else {}
        counts = from_client or not any(isinstance(layer.get(key), str) for key in VERB)
        for key in (*_MARKS, _ID) if counts else _MARKS:
            mark = layer.get(key)
            if isinstance(mark, int | str) and not isinstance(mark, bool) and 0 < len(str(mark)) <= LONGEST_ID:
                yield key, str(mark)
