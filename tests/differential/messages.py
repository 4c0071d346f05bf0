"""The HTTP decoder beside h11: wherever h11 accepts a message, sigtrace must read the same one.

h11 refuses much that servers and clients put up with; from such a message on it reads nothing, so the comparison of
that direction ends there, and the reason h11 gives is counted. What both read is compared whole: method or status,
target, header fields, body, trailers, and so the boundaries between messages. Every connection is also cut into chunks
at random, and must give the same exchanges.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import h11

from sigtrace.application.http.message import Request, Response
from tests.builders.http import Wire
from tests.builders.messages import make_talk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from sigtrace.application.http.message import Exchange
    from tests.builders.messages import Talk


class Message(NamedTuple):
    """What is compared of a message."""

    first: tuple[bytes | int, ...]  # method and target, or status
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes
    trailers: tuple[tuple[bytes, bytes], ...]


@dataclass
class MessageComparison:
    """What was compared, and how it came out."""

    conversations: int = 0
    messages: int = 0
    features: Counter[str] = field(default_factory=Counter)
    differences: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)


def compare_messages(chance: Random, result: MessageComparison) -> None:
    """Make a connection, read it with both, and compare."""
    talk = make_talk(chance)
    result.conversations += 1
    result.features.update(talk.features)
    whole = _read_ours(talk, None)
    requests, refused = _requests_of_h11(talk.asked)
    _compare([one.request for one in whole if one.request], requests, refused, talk, result)
    methods = [one.first[0] for one in requests]
    if refused is None and len(methods) == len(talk.exchanges):
        responses, refused = _responses_of_h11(talk, methods)
        answers = [part for one in whole for part in (*one.interim, one.response) if part]
        _compare(answers, responses, refused, talk, result)
    pieces = _read_ours(talk, chance)
    if list(map(_essence, pieces)) == list(map(_essence, whole)):
        return
    if refused is None:
        result.unexplained.append(f"cut into pieces it reads otherwise: {talk}")
    else:
        result.differences["where reading goes on after damage depends on where packets begin"] += 1


def _compare(
    ours: Sequence[Request | Response], theirs: list[Message], why: str | None, talk: Talk, result: MessageComparison
) -> None:
    """Compare what both read of one direction, message by message, up to where h11 stopped."""
    if why is not None:
        result.differences[f"h11 refuses: {why}"] += 1
    for at, message in enumerate(theirs):
        mine = _message(ours[at]) if at < len(ours) else None
        if mine is not None and _stray(mine, message):
            result.differences["stray bytes before a request that begins a packet are passed over"] += 1
            return
        if mine != message:
            result.unexplained.append(f"{mine} where h11 reads {message} of {talk}")
            return
        result.messages += 1


def _stray(mine: Message, message: Message) -> bool:
    """Tell whether h11 takes stray bytes for the beginning of the method; sigtrace sees where the packet begins."""
    method, read = mine.first[0], message.first[0]
    return isinstance(method, bytes) and isinstance(read, bytes) and method != read and read.endswith(method)


# ── what sigtrace reads ──────────────────────────────────────────────────────────────────────────────────────────────


def _read_ours(talk: Talk, chance: Random | None) -> list[Exchange]:
    wire = Wire()
    for asked, answered in talk.exchanges:
        wire.client(*_cut(asked, chance)).server(*_cut(answered, chance))
    return wire.server_end().client_end().exchanges


def _cut(data: bytes, chance: Random | None) -> list[bytes]:
    pieces = []
    while chance is not None and data:
        size = chance.choice([1, 2, 5, 40, 200])
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data] if data else pieces


def _essence(exchange: Exchange) -> tuple[object, ...]:
    parts = (exchange.request, *exchange.interim, exchange.response)
    return exchange.state, [part and _message(part) for part in parts]


def _message(part: Request | Response) -> Message:
    first = (part.method.encode(), part.target) if isinstance(part, Request) else (part.status,)
    fields = [(name.lower(), value) for name, value in part.headers]
    trailers = tuple((name.lower(), value) for name, value in part.trailers)
    return Message(first, _normal(fields), part.body.data or b"", trailers)


def _normal(fields: list[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """Put fields as h11 does: one Content-Length of several equal ones, Transfer-Encoding in lower case."""
    out: list[tuple[bytes, bytes]] = []
    for name, value in fields:
        if name == b"content-length":
            if not any(known == name for known, _ in out):
                out.append((name, value.split(b",")[0].strip()))
        else:
            out.append((name, value.lower() if name == b"transfer-encoding" else value))
    return tuple(out)


# ── what h11 reads ───────────────────────────────────────────────────────────────────────────────────────────────────


def _requests_of_h11(data: bytes) -> tuple[list[Message], str | None]:
    """Return the requests that h11 reads, and why it stops before the end; a connection of its own for each."""
    messages: list[Message] = []
    while data:
        server = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        found, data, why = _next(server, data, close=False)
        messages += found
        if why is not None:
            return messages, why
        if found and found[-1].first[0] == b"CONNECT":
            break
    return messages, None


def _responses_of_h11(talk: Talk, methods: list[bytes | int]) -> tuple[list[Message], str | None]:
    data = talk.answered
    messages: list[Message] = []
    for at, method in enumerate(methods):
        client = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
        client.send(h11.Request(method=method, target=b"/", headers=[(b"Host", b"a")]))
        client.send(h11.EndOfMessage())
        found, data, why = _next(client, data, close=talk.closed and at == len(methods) - 1)
        messages += found
        if why is not None:
            return messages, why
    return messages, None


def _next(connection: h11.Connection, data: bytes, *, close: bool) -> tuple[list[Message], bytes, str | None]:
    """Read one message and what goes before it; return what follows, or why h11 stops."""
    messages: list[Message] = []
    connection.receive_data(data)
    if close:
        connection.receive_data(b"")
    body = b""
    head: h11.Request | h11.Response | None = None
    try:
        while True:
            event = connection.next_event()
            if event is h11.PAUSED and head is not None and not isinstance(head, h11.Request):
                return [*messages, _of_h11(head, b"", ())], b"", None  # switched: nothing follows for HTTP
            if event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return messages, b"", "the message is not whole"
            if isinstance(event, h11.InformationalResponse):
                messages.append(_of_h11(event, b"", ()))
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                messages.append(_of_h11(head, body, tuple(event.headers)))
                return messages, connection.trailing_data[0], None
            else:
                assert isinstance(event, h11.Request | h11.Response)
                head = event
    except h11.RemoteProtocolError as error:
        return messages, b"", str(error).partition(":")[0][:60]


def _of_h11(
    head: h11.Request | h11.Response | h11.InformationalResponse, body: bytes, trailers: tuple[tuple[bytes, bytes], ...]
) -> Message:
    first = (head.method, head.target) if isinstance(head, h11.Request) else (head.status_code,)
    return Message(first, tuple((name, value) for name, value in head.headers), body, trailers)
