"""A signaling protocol that a user has described in a file: pointers say where things stand, verbs what is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from sigtrace.application.http.message import Exchange
from sigtrace.application.socketio.packet import SocketPacket, SocketPacketKind
from sigtrace.application.websocket.message import Message, MessageState
from sigtrace.signaling.bearer import bearer_of, bearer_of_request, bearer_of_response
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.dialect_file import DialectFile, decode_dialect
from sigtrace.signaling.dialect_message import MAX_MESSAGES, Told
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.json_pointer import MISSING
from sigtrace.signaling.payload_search import open_payload
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.relayed_content import payload_of, payload_of_body
from sigtrace.signaling.room_events import Delivered, Polled, Sent
from sigtrace.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigtrace.application.http.message import Body
    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import SignalingEvent

MAX_PARAMETERS = 32
"""Parameters of a query that are read."""


class Dialect(SignalingProtocol):
    """What a dialect file describes; certain of all that its `[match]` fits, or, without one, of the verbs it knows."""

    name: ClassVar[str] = "dialect"

    def __init__(self, file: DialectFile) -> None:
        self.name = file.name  # type: ignore[misc]  # of this dialect, as a class's own elsewhere
        self._file = file

    @classmethod
    def of_text(cls, text: str, source: str = "the dialect") -> Dialect:
        """Return the protocol that the text of a dialect file describes. Raises SelectionError."""
        return cls(decode_dialect(text, source))

    def fit(self, unit: Unit) -> Fit:
        """Say whether a unit is of the dialect: its transport, its path, and what it holds."""
        if _transport_of(unit) not in self._file.transports or not self._is_path(_target_of(unit)):
            return Fit.NONE
        if self._file.paths and not self._file.matches_content:
            return Fit.CERTAIN
        if any(self._is_own(one) for one in self._messages(unit)):
            return Fit.CERTAIN
        return Fit.POSSIBLE if self._file.paths else Fit.NONE

    def kind(self, unit: Exchange) -> ExchangeKind:
        """Name what an exchange is for."""
        if unit.request is None or (unit.request.method == "GET" and not unit.request.body.length):
            return ExchangeKind.WAIT
        return ExchangeKind.OPTIONS if unit.request.method == "OPTIONS" else ExchangeKind.MESSAGE

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what a unit says."""
        if isinstance(unit, Exchange):
            yield from self._decode_exchange(unit)
        elif isinstance(unit, SocketPacket) and unit.kind not in (SocketPacketKind.EVENT, SocketPacketKind.ACK):
            return
        elif isinstance(unit, Message) and (unit.data is None or unit.state is not MessageState.COMPLETE):
            yield _unreadable(unit)
        else:
            for told in self._messages(unit):
                yield from told.events(bearer_of(unit), payload_of(unit), direct=None)

    def _decode_exchange(self, unit: Exchange) -> Iterator[SignalingEvent | Notice]:
        asked = [one for one in self._messages(unit) if one.from_client]
        answered = [one for one in self._messages(unit) if not one.from_client]
        direct = None
        if unit.response is not None and any(one.describes for one in asked) and any(one.describes for one in answered):
            direct = _path(_target_of(unit))
        asking, answering = bearer_of_request(unit), bearer_of_response(unit)
        if unit.request is not None and asking is not None:
            if self.kind(unit) is ExchangeKind.WAIT:
                peer = Told(self._file, {}, _query_of(unit), from_client=True).peer("from")
                nothing = unit.response is not None and not answered
                yield Polled(at_ns=asking.span.end_ns, bearer=asking, exchange=unit, peer=peer, nothing=nothing)
            for one in asked:
                yield from one.events(asking, payload_of_body(unit.request.body), direct=direct)
        if unit.response is not None and answering is not None:
            for one in answered:
                yield from one.events(answering, payload_of_body(unit.response.body), direct=direct)

    def _is_path(self, target: bytes | None) -> bool:
        if not self._file.paths:
            return True
        path = _path(target)
        return any(path == one or (one.endswith("*") and path.startswith(one[:-1])) for one in self._file.paths)

    def _is_own(self, told: Told) -> bool:
        if not self._file.matches_content:
            return told.meaning is not None or (not self._file.of_client and told.carries)
        return all(one.resolve(told.value, told.query) is not MISSING for one in self._file.exists) and all(
            one.resolve(told.value, told.query) == wanted for one, wanted in self._file.equals
        )

    def _messages(self, unit: Unit) -> list[Told]:
        """Return the messages in a unit; of an exchange those of both halves."""
        query = _query_of(unit)
        if not isinstance(unit, Exchange):
            value = _value_of(unit)
            event = unit.name if isinstance(unit, SocketPacket) else None
            return self._split(value, query, from_client=unit.from_client, event=event)
        found = []
        if unit.request is not None and self.kind(unit) is ExchangeKind.MESSAGE:
            found += self._split(_read(unit.request.body), query, from_client=True)
        if unit.response is not None:
            found += self._split(_read(unit.response.body), query, from_client=False)
        return found

    def _split(
        self, value: Any, query: Mapping[str, str], *, from_client: bool, event: str | None = None
    ) -> list[Told]:
        """Return the messages in a payload: one, or those of a list; a Socket.IO event has a list of arguments."""
        if self._file.messages is not None:
            inner = self._file.messages.resolve(value, query)
            value = inner if inner is not MISSING else value
        several = value if isinstance(value, list) and event is None else [value]
        told = (one for one in several[:MAX_MESSAGES] if one is not None)
        return [Told(self._file, one, query, from_client=from_client, event=event) for one in told]


def _unreadable(unit: Message) -> SignalingEvent:
    content = Content(kind=SignalKind.UNREADABLE, length=unit.length, sha256=unit.sha256)
    made = Sent if unit.from_client else Delivered
    return made(at_ns=unit.at_ns, bearer=bearer_of(unit), content=content)


def _transport_of(unit: Unit) -> str:
    return "http" if isinstance(unit, Exchange) else "websocket" if isinstance(unit, Message) else "socket.io"


def _target_of(unit: Unit) -> bytes | None:
    if isinstance(unit, Exchange):
        return unit.request.target if unit.request is not None else None
    return unit.target if isinstance(unit, Message) else unit.path.encode("utf-8", "surrogateescape")


def _path(target: bytes | None) -> str:
    return decode_text((target or b"").partition(b"?")[0])


def _query_of(unit: Unit) -> dict[str, str]:
    text = (_target_of(unit) or b"").partition(b"?")[2].decode("utf-8", "backslashreplace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS))
    except ValueError:
        return {}


def _value_of(unit: Message | SocketPacket) -> Any:
    return open_payload(unit.payload or "[]" if isinstance(unit, SocketPacket) else unit.data).value


def _read(body: Body) -> Any:
    return open_payload(body.content if body.content is not None else body.data).value
