"""Home-made signaling: whatever JSON, form or text carries a session description or a candidate, found by content.

Theory of operation. A unit that carries a description or a candidate is signaling, whoever wrote the program; over
WebSocket and Socket.IO so is all else in that place, over HTTP what goes to the same paths, and what is addressed like
it on the same server. Who a message is from and for is said by likely keys; where none says it, the flow does, and
pairing by what a relay leaves as it is. An offer whose own response is the answer is no relay: the server is the other
side, and its path is what it is called. The protocol yields to every other that is certain of a unit.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from sigtrace.application.http.message import Exchange
from sigtrace.application.socketio.packet import SocketPacket
from sigtrace.application.websocket.message import Message, MessageState, Opcode
from sigtrace.signaling import generic_words as words
from sigtrace.signaling.bearer import bearer_of, bearer_of_request, bearer_of_response
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.generic_message import hear
from sigtrace.signaling.generic_replies import NO_REPLIES, find_replies, unnumbered
from sigtrace.signaling.generic_socket import HomeMadeSockets
from sigtrace.signaling.generic_speaker import Speaker
from sigtrace.signaling.generic_words import Meaning, meaning_of, plain_key, read_id
from sigtrace.signaling.payload_search import Opened, open_payload
from sigtrace.signaling.payload_signs import may_hold
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.relayed_content import payload_of, payload_of_body
from sigtrace.signaling.room_events import Direct, Polled
from sigtrace.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sigtrace.application.http.message import Body, Request
    from sigtrace.notices import Notice
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.bearer import Bearer, Unit
    from sigtrace.signaling.events import SignalingEvent
    from sigtrace.signaling.generic_replies import Replies

SMALL: Final = 4096
"""Bytes of a body that may be a message without a description: a chat line, a goodbye, a list of peers."""

MAX_PARAMETERS: Final = 32
"""Parameters of a query that are read: home-made signaling has three or four."""

_ADDRESSED = re.compile(
    rb'"(?:' + "|".join(map(re.escape, (*words.TO[:9], *words.FROM[:9], "toId", "targetId"))).encode() + rb')"\s*:'
)
_ADDRESSED_QUERY = re.compile(rb"[?&](?:" + "|".join(words.TO[:9]).encode() + rb")=[^&]")
_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})
_EMPTY = Opened(None, ())


class Generic(SignalingProtocol):
    """Any signaling that carries SDP or candidates over HTTP, WebSocket or Socket.IO."""

    name = "generic"

    def fit(self, unit: Unit) -> Fit:
        """Say whether a unit carries a description or a candidate; an exchange may also just look addressed."""
        if isinstance(unit, Exchange):
            bodies = [half.body for half in (unit.request, unit.response) if half is not None]
            if any(_carries(_data_of(body)) for body in bodies):
                return Fit.GENERIC
            return Fit.POSSIBLE if _may_belong(unit) else Fit.NONE
        data = unit.payload.encode("utf-8", "surrogatepass") if isinstance(unit, SocketPacket) else unit.data
        return Fit.GENERIC if _carries(data) else Fit.NONE

    def claim(self, units: Sequence[Unit]) -> Iterable[Unit]:
        """Claim what goes to the paths that carry signaling, and what is addressed on their servers."""
        exchanges = [unit for unit in units if isinstance(unit, Exchange)]
        fits = [self.fit(exchange) for exchange in exchanges]
        places: set[tuple[Endpoint, bytes]] = set()
        servers: set[Endpoint] = set()
        for exchange, fit in zip(exchanges, fits, strict=True):
            if fit is Fit.GENERIC and exchange.request is not None:
                places.add((exchange.server, _path(exchange.request)))
                servers.add(exchange.server)
        for exchange, fit in zip(exchanges, fits, strict=True):
            if fit is Fit.GENERIC or exchange.request is None:
                continue
            here = (exchange.server, _path(exchange.request)) in places
            if here or (fit is Fit.POSSIBLE and exchange.server in servers):
                yield exchange

    def kind(self, unit: Exchange) -> ExchangeKind:
        """Name what an exchange is for: by what it carries, else by its method and the verbs in it."""
        if unit.request is None:
            return ExchangeKind.WAIT
        if unit.request.method == "OPTIONS":
            return ExchangeKind.OPTIONS
        asked = _open(unit.request.body)
        if _is_direct(unit, asked, _open(unit.response.body) if unit.response else _EMPTY):
            return ExchangeKind.OFFER
        if _is_poll(unit, asked):
            return ExchangeKind.WAIT
        meaning = _meaning_of(unit.request, asked)
        return {Meaning.JOIN: ExchangeKind.SIGN_IN, Meaning.LEAVE: ExchangeKind.SIGN_OUT}.get(
            meaning, ExchangeKind.MESSAGE
        )

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what a unit says."""
        if isinstance(unit, Exchange):
            yield from _decode_exchange(unit)
        elif isinstance(unit, SocketPacket):
            yield from HomeMadeSockets([unit]).decode(unit)
        else:
            yield from _decode_message(unit, NO_REPLIES)

    def decode_together(self, units: Sequence[Unit]) -> Iterator[SignalingEvent | Notice]:
        """Yield what units say; of Socket.IO what clients are called, and what goes to others, shows in all of it."""
        sockets = HomeMadeSockets([unit for unit in units if isinstance(unit, SocketPacket)])
        replies = find_replies([unit for unit in units if isinstance(unit, Message)])
        for unit in units:
            if isinstance(unit, SocketPacket):
                yield from sockets.decode(unit)
            elif isinstance(unit, Message):
                yield from _decode_message(unit, replies)
            else:
                yield from self.decode(unit)


# --- WebSocket


def _decode_message(unit: Message, replies: Replies) -> Iterator[SignalingEvent | Notice]:
    query = _query(unit.target)
    request = replies.asked.get(unit.number)
    verb = "welcome" if request is not None and _asks_to_join(request) else ""
    speaker = Speaker(bearer_of(unit), payload_of(unit), query, _own(query), verb)
    if unit.state is not MessageState.COMPLETE or unit.data is None:
        problem = "too large to keep" if unit.sha256 is not None else None
        yield speaker.message(
            Content(kind=SignalKind.UNREADABLE, length=unit.length, sha256=unit.sha256, problem=problem)
        )
        return
    opened = open_payload(unit.data)
    if unit.opcode is Opcode.BINARY and not isinstance(opened.value, dict | list) and not opened.found:
        yield speaker.remark("binary", f"{unit.length} bytes")
        return
    numbered = request is not None or unit.number in replies.answered
    for heard in hear(unnumbered(opened) if numbered else opened):
        if unit.flow in replies.direct and not (unit.from_client and heard.get(words.TO)):
            yield from speaker.say_directly(heard, _resource_of(unit))
        else:
            yield from speaker.say(heard, is_reply=request is not None)


def _asks_to_join(message: Message) -> bool:
    heard = hear(open_payload(message.data))
    return len(heard) == 1 and meaning_of(heard[0].verb or "", from_client=True) is Meaning.JOIN


def _resource_of(unit: Message) -> str:
    """Return what a server is called that is itself the other side: its path, where that says something."""
    path = decode_text((unit.target or b"").partition(b"?")[0])[: words.LONGEST_ID]
    return path if path.strip("/") else str(unit.server)


# --- HTTP


def _decode_exchange(unit: Exchange) -> Iterator[SignalingEvent | Notice]:
    request, response = unit.request, unit.response
    if request is not None and request.method in ("OPTIONS", "HEAD"):
        return
    query = _query(request.target) if request is not None else {}
    asked = _open(request.body) if request is not None else _EMPTY
    answered = _open(response.body) if response is not None else _EMPTY
    asking, answering = bearer_of_request(unit), bearer_of_response(unit)
    if request is not None and asking is not None:
        if _is_direct(unit, asked, answered):
            yield from _decode_direct(unit, request, asked, answered)
            return
        if _is_poll(unit, asked):
            nothing = response is not None and _says_nothing(response.status, response.body)
            peer = _own(query)
            yield Polled(at_ns=asking.span.end_ns, bearer=asking, exchange=unit, peer=peer, nothing=nothing)
        else:
            yield from _decode_asked(asking, request, asked, query)
    if response is not None and answering is not None and response.status < HTTPStatus.BAD_REQUEST:
        joining = request is not None and _meaning_of(request, asked) is Meaning.JOIN
        if request is None or _is_poll(unit, asked) or joining or answered.found:
            speaker = Speaker(answering, payload_of_body(response.body), {}, _own(query), "welcome" if joining else "")
            for heard in hear(answered):
                yield from speaker.say(heard)


def _decode_asked(
    bearer: Bearer, request: Request, asked: Opened, query: Mapping[str, Any]
) -> Iterator[SignalingEvent | Notice]:
    own = _own(query)
    fields = asked.value if isinstance(asked.value, dict) else {}
    if own is None and _is_form(request):
        own = _own({plain_key(key): one for key, one in fields.items()})
    speaker = Speaker(bearer, payload_of_body(request.body), query, own, _last_segment(request))
    if asked.value is None:
        asked = Opened({}, ())
    for heard in hear(asked, around=query):
        yield from speaker.say(heard)


def _decode_direct(
    unit: Exchange, request: Request, asked: Opened, answered: Opened
) -> Iterator[SignalingEvent | Notice]:
    resource = decode_text(_path(request))[: words.LONGEST_ID]
    accepted = None if unit.response is None else unit.response.status < HTTPStatus.BAD_REQUEST
    asking, answering = bearer_of_request(unit), bearer_of_response(unit)
    own = _own(_query(request.target))
    if own is None and isinstance(asked.value, dict):
        own = _own({plain_key(key): one for key, one in asked.value.items()})
    if asking is not None:
        speaker = Speaker(asking, payload_of_body(request.body), {}, own)
        yield from speaker.introduce()
        for heard in hear(asked):
            for content in heard.contents(payload_of_body(request.body), SignalKind.OFFER):
                yield from speaker.problems(content)
                yield Direct(
                    at_ns=asking.span.start_ns, bearer=asking, content=content, resource=resource, accepted=accepted
                )
    if answering is not None and unit.response is not None:
        for heard in hear(answered):
            for content in heard.contents(payload_of_body(unit.response.body), SignalKind.ANSWER):
                yield Direct(at_ns=answering.span.start_ns, bearer=answering, content=content, resource=resource)


def _is_direct(unit: Exchange, asked: Opened, answered: Opened) -> bool:
    """Tell whether the server itself is the other side: it answers a description, or refuses one that is for nobody."""
    if not _describes(asked) or unit.request is None or unit.response is None:
        return False
    if unit.response.status >= HTTPStatus.BAD_REQUEST:
        query = _query(unit.request.target)
        return all(one.get(words.TO) is None for one in hear(asked, around=query))
    return _describes(answered) and all(one.get(words.FROM) is None for one in hear(answered))


def _describes(opened: Opened) -> bool:
    return any(one.carried.value == "description" for one in opened.found)


def _is_poll(unit: Exchange, asked: Opened) -> bool:
    """Tell whether an exchange fetches: it brings nothing itself."""
    if unit.request is None:
        return False
    return unit.request.method == "GET" and asked.value is None and _meaning_of(unit.request, asked) is Meaning.OTHER


def _says_nothing(status: int, body: Body) -> bool:
    if status == HTTPStatus.NO_CONTENT or body.length == 0:
        return True
    data = _data_of(body)
    if data is None:
        return body.length is not None and body.length <= len("null")
    value = open_payload(data).value
    if isinstance(value, dict) and len(value) == 1:
        (value,) = value.values()
    return value in _NOTHING or (isinstance(value, str) and value.strip() in ("", "null"))


def _meaning_of(request: Request, asked: Opened) -> Meaning:
    """Return what a request is for: by its verb, else by its path."""
    heard = hear(asked)
    verb = (heard[0].verb if heard else None) or ""
    meaning = meaning_of(verb, from_client=True)
    named = (Meaning.JOIN, Meaning.LEAVE, Meaning.BYE)
    if meaning in named:
        return meaning
    by_path = meaning_of(_last_segment(request), from_client=True)
    return by_path if by_path in named else Meaning.OTHER


def _may_belong(unit: Exchange) -> bool:
    """Tell whether an exchange looks like a message or its delivery, though it carries no description."""
    request, response = unit.request, unit.response
    if request is not None and request.method in ("POST", "PUT", "PATCH", "DELETE"):
        if _ADDRESSED_QUERY.search(request.target) or _is_addressed(request.body):
            return True
        if meaning_of(_last_segment(request), from_client=True) in (Meaning.JOIN, Meaning.LEAVE, Meaning.BYE):
            return True
    return response is not None and _is_addressed(response.body)


def _is_addressed(body: Body) -> bool:
    data = _data_of(body)
    if not data or len(data) > SMALL or data[:1] not in (b"{", b"["):
        return False
    return _ADDRESSED.search(data) is not None


# --- bytes


def _carries(data: bytes | None) -> bool:
    return data is not None and may_hold(data) and bool(open_payload(data).found)


def _data_of(body: Body) -> bytes | None:
    return body.content if body.content is not None else body.data


def _open(body: Body) -> Opened:
    return open_payload(_data_of(body))


def _is_form(request: Request) -> bool:
    return b"x-www-form-urlencoded" in (request.header(b"content-type") or b"").lower()


def _path(request: Request) -> bytes:
    return request.target.partition(b"?")[0]


def _last_segment(request: Request) -> str:
    return _path(request).rstrip(b"/").rpartition(b"/")[2][: words.LONGEST_ID].decode("utf-8", "replace")


def _query(target: bytes | None) -> dict[str, Any]:
    """Return the parameters of a target by plain key; of one that stands twice the last counts."""
    text = (target or b"").partition(b"?")[2].decode("utf-8", "backslashreplace")
    try:
        pairs = parse_qsl(text, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return {}
    return {plain_key(key): value for key, value in pairs}


def _own(query: Mapping[str, Any]) -> str | None:
    """Return whose channel it is, as a query says; PeerJS says it with `id`, beside its key."""
    for key in (*words.QUERY, *(("id",) if {"key", "token"} & query.keys() else ())):
        if (found := read_id(query.get(key))) is not None:
            return found
    return None
