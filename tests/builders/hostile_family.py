"""Conversations of WebSocket, Socket.IO and WHIP in which every text that can be chosen could harm who looks at it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sigtrace.application.websocket.message import Opcode
from tests.builders.homemade import CANDIDATE, OFFER
from tests.builders.hostile import exchange_capture
from tests.builders.websocket import asked, switching, text, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterable

EVIL = "\x1b[2J\x9b31m\u202e[red]\u2028=1+1|`<b>\x00\ud800\r\n\t\U000e0041\u0301王"
"""Controls, marks of direction, ends of lines, markup, a formula, half a surrogate, what is wide and what is unseen."""

SDP = OFFER.replace("s=-", f"s={EVIL.replace(chr(13), '').replace(chr(10), '')}")


def captures() -> dict[str, bytes]:
    """Return a capture of each protocol by name."""
    return {
        "skyrtc": _sockets(_skyrtc(), _skyrtc(told=True)),
        "chat": _sockets(_chat(), _chat(told=True)),
        "generic": _sockets(_generic(), _generic()),
        "envelope": _sockets(_envelope(), _envelope()),
        "socketio": _socketio(),
        "whip": _whip(),
    }


def _written(value: Any, *, escaped: bool = True) -> bytes:
    """Write JSON: half a surrogate, which UTF-8 cannot hold, only where characters are escaped."""
    if escaped:
        return json.dumps(value).encode()
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _sockets(said: list[Any], told: list[Any]) -> bytes:
    """Make two WebSockets, over which the same is said and told: escaped over one, as it is over the other."""
    pairs = []
    for escaped in (True, False):
        frames = b"".join(asked(Opcode.TEXT, _written(one, escaped=escaped)) for one in said)
        answers = b"".join(text(_written(one, escaped=escaped)) for one in told)
        pairs.append((upgrade(b"/\x9b31m\xe2\x80\xae?as=%1b[2J") + frames, switching() + answers))
    return exchange_capture(*pairs)


def _skyrtc(*, told: bool = False) -> list[Any]:
    peer = {"socketId": f"id{EVIL}"}
    return [
        {"eventName": "_peers", "data": {"connections": [f"other{EVIL}", "b"], "you": f"you{EVIL}"}}
        if told
        else {"eventName": "__join", "data": {"room": f"room{EVIL}"}},
        {"eventName": "_new_peer", "data": peer},
        {"eventName": "_offer" if told else "__offer", "data": {"sdp": {"type": "offer", "sdp": SDP}, **peer}},
        {"eventName": "_ice_candidate" if told else "__ice_candidate", "data": {"candidate": CANDIDATE + EVIL, **peer}},
        {"eventName": f"__odd{EVIL}", "data": {EVIL: EVIL}},
        {"eventName": "_remove_peer", "data": peer},
    ]


def _chat(*, told: bool = False) -> list[Any]:
    said = {"type": "message", "from": f"ann{EVIL}", "content": f"hello {EVIL}"}
    if not told:
        return [said]
    others = {"type": "get_online_user", "list": [f"ben{EVIL}", f"ann{EVIL}"]}
    return [{"type": "user_join", "user": f"ben{EVIL}"}, others, said, {"type": "user_leave", "user": f"ben{EVIL}"}]


def _generic() -> list[Any]:
    return [
        {"type": "offer", "from": f"ann{EVIL}", "to": f"ben{EVIL}", "room": EVIL, "sdp": SDP, EVIL: EVIL},
        {"type": "candidate", "from": f"ann{EVIL}", "to": f"ben{EVIL}", "candidate": CANDIDATE},
        {"type": f"bye{EVIL}", "from": f"ann{EVIL}", "to": f"ben{EVIL}"},
        {"type": "error", "message": EVIL},
    ]


def _envelope() -> list[Any]:
    """Make what the dialect of the guide reads."""
    return [
        {"action": "call", "dst": f"ben{EVIL}", "src": f"ann{EVIL}", "body": {"jsep": {"type": "offer", "sdp": SDP}}},
        {"action": "mood", "dst": f"ben{EVIL}", "src": f"ann{EVIL}", "body": {"text": EVIL}},
        {"action": f"odd{EVIL}", "dst": f"ben{EVIL}", "src": f"ann{EVIL}", "body": {}},
    ]


def _socketio() -> bytes:
    plain = EVIL.replace(",", "")
    space = f"/room{plain}"
    offer = {"type": "offer", "sdp": SDP}
    events = [
        ["join", f"room{EVIL}"],
        [
            "message",
            {"to": f"ben{EVIL}", "from": f"ann{EVIL}", "type": "offer", "payload": offer},
        ],
        [f"odd{EVIL}", {EVIL: EVIL}],
    ]
    frames = [
        f"40{space},",
        *(f"42{space},{json.dumps(one)}" for one in events),
        *(f"42{json.dumps(one)}" for one in events),
    ]
    opening = json.dumps({"sid": f"sid{EVIL}", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000})
    said = b"".join(asked(Opcode.TEXT, one.encode("utf-8", "replace")) for one in frames)
    told = b"".join(text(one.encode("utf-8", "replace")) for one in (f"0{opening}", "40", *frames))
    return exchange_capture((upgrade(b"/socket.io/?EIO=4&transport=websocket") + said, switching() + told))


def _whip() -> bytes:
    path = b"/whip/\x9b31m\xe2\x80\xae[red]\x1b[2J"
    offer = SDP.encode("utf-8", "replace")
    fragment = f"a=ice-ufrag:{EVIL}\r\na=mid:0\r\na={CANDIDATE}\r\n".encode("utf-8", "replace")
    return exchange_capture(
        (
            _request(b"POST", b"/whip/room" + path, b"application/sdp", offer),
            _response(b"201 Created", b"application/sdp", offer, [b"Location: " + path, b"ETag: " + path]),
        ),
        (
            _request(b"PATCH", path, b"application/trickle-ice-sdpfrag", fragment),
            _response(b"204 \x1b[2J\x9b31m", b"text/plain", b"", []),
        ),
        (_request(b"DELETE", path, b"text/plain", b""), _response(b"200 OK", b"text/plain", b"", [])),
    )


def _request(method: bytes, path: bytes, kind: bytes, body: bytes) -> bytes:
    heads = [
        method + b" " + path + b" HTTP/1.1",
        b"Host: a",
        b"Content-Type: " + kind,
        b"Content-Length: %d" % len(body),
    ]
    return b"\r\n".join([*heads, b"", body])


def _response(status: bytes, kind: bytes, body: bytes, more: Iterable[bytes]) -> bytes:
    heads = [b"HTTP/1.1 " + status, b"Content-Type: " + kind, b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join([*heads, b"", body])
