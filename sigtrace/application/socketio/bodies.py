"""Bodies of exchanges as Engine.IO packets, by what the target says and by how much of them was captured."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final

from sigtrace.application.http.message import Exchange, ExchangeState
from sigtrace.application.socketio.engine import BINARY_WITHOUT_TYPE
from sigtrace.application.socketio.json_spans import is_balanced
from sigtrace.application.socketio.jsonp import (
    unwrap_elements,
    unwrap_form,
    unwrap_legacy_form,
    unwrap_script,
)
from sigtrace.application.socketio.legacy import decode_legacy_engine
from sigtrace.application.socketio.payload import LEGACY_MARK, SEPARATOR, Payload, decode_payload, split_legacy
from sigtrace.application.socketio.request import LEGACY

if TYPE_CHECKING:
    from sigtrace.application.http.message import Body
    from sigtrace.application.socketio.request import EngineTarget

_COUNTED: Final = re.compile(rb"\d{1,9}:|\x00[\x00-\x09]{1,9}\xff|\x01[\x00-\x09]{1,9}\xff")
_LEGACY: Final = re.compile(rb"\d:\d*\+?:|\xef\xbf\xbd\d")


class Captured(Enum):
    """How much of a body or message there is to read."""

    WHOLE = "whole"
    BEGINNING = "beginning"
    HOLED = "holed"  # something is missing, and where is not known
    NOTHING = "nothing"


def content_of(body: Body, exchange: Exchange) -> tuple[bytes, Captured]:
    """Return a body's content, and how much of it that is."""
    data = body.content
    if data is None and body.encoding is None:
        data = body.data
    if data is None:
        return b"", Captured.WHOLE if body.length == 0 else Captured.NOTHING
    if body.complete:
        return data, Captured.WHOLE
    if exchange.state in (ExchangeState.ABORTED, ExchangeState.OPEN):
        return data, Captured.BEGINNING
    return data, Captured.HOLED


def read_body(data: bytes, target: EngineTarget, captured: Captured, *, from_client: bool) -> Payload:
    """Divide the body of a POST, or of a poll's answer, into packets; of a damaged one, those that can be relied on."""
    if not data or captured is Captured.NOTHING:
        return Payload([])
    if captured is Captured.BEGINNING and target.protocol >= BINARY_WITHOUT_TYPE and not target.jsonp:
        data = data.rpartition(SEPARATOR)[0]  # the last packet is the one that was cut
    if target.protocol == LEGACY:
        payload = _read_legacy(data, target, from_client=from_client)
    else:
        payload = _read(data, target, from_client=from_client)
    if captured is Captured.WHOLE:
        return payload
    packets = payload.packets
    if not payload.framed:
        packets = packets if captured is Captured.BEGINNING and target.protocol >= BINARY_WITHOUT_TYPE else []
    elif captured is Captured.HOLED:
        packets = [packet for packet in packets if not packet.binary and is_balanced(packet.data)]
    return payload._replace(packets=packets, damage=())


def guess_protocol(body: bytes) -> int:
    """Return the protocol of an answer by the form of its body."""
    if _LEGACY.match(body):
        return LEGACY
    return 3 if _COUNTED.match(body) else 4


def _read(data: bytes, target: EngineTarget, *, from_client: bool) -> Payload:
    if target.jsonp:
        unwrapped = unwrap_form(data) if from_client else unwrap_script(data)
        if unwrapped is None:
            return Payload([], damage=("a body that is no JSONP",))
        data = unwrapped
    return decode_payload(data, target.protocol)


def _read_legacy(data: bytes, target: EngineTarget, *, from_client: bool) -> Payload:
    if target.transport == "htmlfile" and not from_client:
        texts = [piece for text in unwrap_elements(data) for piece in split_legacy(text)[0]]
        return Payload([decode_legacy_engine(text, from_client=False) for text in texts], framed=True)
    if target.jsonp or (target.transport == "htmlfile" and data.startswith(b"d=")):
        unwrapped = unwrap_legacy_form(data) if from_client else unwrap_script(data)
        if unwrapped is None:
            return Payload([], damage=("a body that is no JSONP",))
        data = unwrapped
    texts, rest = split_legacy(data)
    damage = (f"{rest} bytes that do not divide into packets",) if rest else ()
    packets = [decode_legacy_engine(text, from_client=from_client) for text in texts]
    return Payload(packets, framed=data.startswith(LEGACY_MARK), damage=damage)
