"""Is this request Engine.IO, and of which session? By path and query, on any port and below any path.

Engine.IO names itself by `EIO=` and `transport=` in the query. Socket.IO 0.9 puts all into the path:
`/socket.io/1/` for the handshake, then `/socket.io/1/<transport>/<sid>`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from sigtrace.application.socketio.legacy import decode_legacy_handshake
from sigtrace.application.socketio.packet import EnginePurpose
from sigtrace.text import decode_text

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange


class EngineTarget(NamedTuple):
    """What a target says."""

    path: str  # "/socket.io/"
    protocol: int  # 1 for Socket.IO 0.9
    transport: str  # "polling", "websocket", …; empty for the handshake of 0.9
    sid: str | None
    jsonp: bool = False  # packets travel in scripts and forms
    closing: bool = False  # 0.9: asked for by a browser that leaves the page


LEGACY: Final = 1
"""The protocol number of Socket.IO 0.9: its targets say so."""

_UNNAMED_PROTOCOL: Final = 3
"""What servers take a request for that does not say `EIO=`."""

_TRANSPORTS: Final = frozenset({"polling", "websocket", "flashsocket", "webtransport"})
_ORIGIN: Final = re.compile(rb"(?:[a-z]+://[^/?]*)?([^?#]*)(?:\?([^#]*))?", re.DOTALL)
_LEGACY_PATH: Final = re.compile(
    rb"(.*/)1/(?:(websocket|flashsocket|xhr-polling|jsonp-polling|htmlfile|)/([^/]+)/?)?", re.DOTALL
)
_LEGACY_HOME: Final = b"/socket.io/"
_BODY: Final = re.compile(  # of an answer whose request was not captured
    rb'(?:\d{1,9}:|\x00[\x00-\x09]{1,9}\xff)?(?:0\{"sid":"|4(?:2|5\d{1,4}-)(?:/[^,]{1,256},)?\d{0,19}\["|43\d{1,19}\[)'
    rb'|5:(?:\d+\+)?:[^:]{0,256}:\{"name":"'
)


def read_target(target: bytes) -> EngineTarget | None:
    """Return what a target says when it is Engine.IO, else None."""
    if b"transport=" in target:
        return _read_query(target)
    if b"/1/" in target:
        return _read_legacy(target)
    return None


def is_engineio(exchange: Exchange) -> bool:
    """Tell whether an exchange is Engine.IO. Of one whose request was not captured, the answer's body tells."""
    request, response = exchange.request, exchange.response
    if request is None:
        data = response.body.data if response is not None else None
        return data is not None and _BODY.match(data) is not None
    target = read_target(request.target)
    if target is None:
        return False
    if target.transport or _LEGACY_HOME in request.target:
        return True
    data = response.body.data if response is not None else None
    return data is not None and decode_legacy_handshake(data) is not None


def purpose_of(method: str, target: EngineTarget) -> EnginePurpose:
    """Return what a request is for; that of the handshake is the one that knows no session."""
    if target.transport in {"websocket", "flashsocket"}:
        return EnginePurpose.UPGRADE
    if method == "POST":
        return EnginePurpose.SEND
    if method != "GET" or target.closing:
        return EnginePurpose.OTHER
    return EnginePurpose.OPEN if target.sid is None else EnginePurpose.POLL


def _read_query(target: bytes) -> EngineTarget | None:
    path, query = _split(target)
    fields = dict(field.partition(b"=")[::2] for field in reversed(query.split(b"&")))  # the first of a name counts
    transport = decode_text(fields.get(b"transport", b""))
    if transport not in _TRANSPORTS:
        return None
    version = fields.get(b"EIO", b"")
    at_home = path.endswith((b"/socket.io/", b"/engine.io/", b"/socket.io", b"/engine.io"))
    if not version and not (at_home or b"sid" in fields):
        return None
    sid = fields.get(b"sid")
    return EngineTarget(
        path=decode_text(path),
        protocol=int(version) if version in {b"2", b"3", b"4"} else _UNNAMED_PROTOCOL,
        transport=transport,
        sid=decode_text(unquote_to_bytes(sid)) if sid else None,
        jsonp=b"j" in fields,
    )


def _read_legacy(target: bytes) -> EngineTarget | None:
    path, query = _split(target)
    found = _LEGACY_PATH.fullmatch(path)
    if found is None:
        return None
    transport, sid = found[2] or b"", found[3]
    return EngineTarget(
        path=decode_text(found[1]),
        protocol=LEGACY,
        transport=transport.decode(),
        sid=decode_text(unquote_to_bytes(sid)) if sid else None,
        jsonp=transport == b"jsonp-polling",
        closing=b"disconnect" in query,
    )


def _split(target: bytes) -> tuple[bytes, bytes]:
    found = _ORIGIN.match(target)
    return (found[1], found[2] or b"") if found else (target, b"")
