"""signalmaster, the server of SimpleWebRTC: rooms over Socket.IO, in which each newcomer offers to all who are there.

A client joins a room by name and is told in the acknowledgement who is in it, with what: camera, screen. It offers to
each of them, once for each. All of that goes by one event, `message`: the server adds the sender as `from` and passes
it on to whom `to` names, a client or a room. Joining is announced to nobody; `remove` tells of leaving, the leaver too,
and with a `type` only that a screen is shared no more.

Source: andyet/signalmaster `sockets.js`, 2013 to 2018; SimpleWebRTC 3.1.0 `src/peer.js`, `src/simplewebrtc.js`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sigtrace.application.socketio.packet import SocketPacket, SocketPacketKind
from sigtrace.notices import Notice, Severity
from sigtrace.signaling.bearer import bearer_of, socket_id
from sigtrace.signaling.content import SignalKind, explain_problems
from sigtrace.signaling.events import Listed
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.relayed_content import (
    candidate_content,
    description_content,
    message_content,
    payload_of,
    text_content,
    text_member,
)
from sigtrace.signaling.room_events import (
    Delivered,
    JoinAsked,
    Joined,
    JoinRefused,
    LeaveAsked,
    PeerLeft,
    Remarked,
    Sent,
    Unknown,
)
from sigtrace.signaling.socket_arguments import MASK, arguments_of, show_arguments
from sigtrace.signaling.socket_lifecycle import decode_lifecycle
from sigtrace.text import keep_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.content import Content
    from sigtrace.signaling.events import SignalingEvent
    from sigtrace.signaling.room_events import RoomEvent

UNKNOWN_EVENT: Final = "signalmaster.unknown-event"

_RESOURCES: Final = frozenset({"screen", "video", "audio"})
_DESCRIPTIONS: Final = {"offer": SignalKind.OFFER, "answer": SignalKind.ANSWER}
_TYPES: Final = frozenset({*_DESCRIPTIONS, "candidate", "endOfCandidates", "connectivityError", "mute", "unmute"})
_SERVERS: Final = frozenset({"stunservers", "turnservers"})
_NAMESPACE: Final = "/#"
"""What socket.io 1.4 puts before the ids of clients, and what clients do not know of."""


class Signalmaster(SignalingProtocol):
    """signalmaster: join, message, remove, over Socket.IO of any version."""

    name = "signalmaster"

    def fit(self, unit: Unit) -> Fit:
        """Say whether a packet speaks the protocol: for certain by what else nobody says, `roomType` and the like."""
        if not isinstance(unit, SocketPacket):
            return Fit.NONE
        if unit.kind is SocketPacketKind.ACK:
            return Fit.NONE if unit.from_client else _fit_of_answer(unit)
        if unit.name == "message":
            return _fit_of_message(_first(unit))
        if unit.name in _SERVERS and not unit.from_client:
            return Fit.NONE if _servers_of(unit) is None else Fit.CERTAIN
        return Fit.POSSIBLE if unit.name in (_ASKED if unit.from_client else _TOLD) else Fit.NONE

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what a packet says."""
        if not isinstance(unit, SocketPacket):
            return
        if unit.kind is SocketPacketKind.ACK:
            yield _decode_answer(unit)
        elif unit.kind is SocketPacketKind.EVENT:
            decode = (_ASKED if unit.from_client else _TOLD).get(unit.name or "", _decode_unknown)
            yield from decode(unit)
        else:
            yield from decode_lifecycle(unit)


# --- recognition


def _fit_of_message(details: Any) -> Fit:
    """Everything but `message` itself is SimpleWebRTC's; `sid` came in 2014."""
    if not isinstance(details, dict):
        return Fit.NONE
    named = isinstance(details.get("type"), str) and any(isinstance(details.get(key), str) for key in ("to", "from"))
    if named and isinstance(details.get("roomType"), str) and ("sid" in details or details["type"] in _TYPES):
        return Fit.CERTAIN
    return Fit.POSSIBLE if named else Fit.NONE


def _fit_of_answer(packet: SocketPacket) -> Fit:
    arguments = arguments_of(packet) or []
    clients = _clients_of(arguments)
    if clients is None:
        return Fit.NONE
    resources = [one for one in clients.values() if isinstance(one, dict)]
    complete = resources and len(resources) == len(clients) and all(one.keys() >= _RESOURCES for one in resources)
    return Fit.CERTAIN if complete else Fit.POSSIBLE


# --- what a client asks


def _decode_join(packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
    """What is no name is not answered."""
    room = _first(packet)
    if isinstance(room, str):
        yield JoinAsked(**_place(packet), room=keep_text(room))
    else:
        yield _remark(packet)


def _decode_create(packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
    """Without a name the server makes one up."""
    room = _first(packet)
    name = keep_text(room) if isinstance(room, str) and room else None
    yield JoinAsked(**_place(packet), room=name)


def _decode_leave(packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
    yield LeaveAsked(**_place(packet))


def _decode_remark(packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
    yield _remark(packet)


# --- what the server tells


def _decode_answer(packet: SocketPacket) -> SignalingEvent:
    """Tell by its shape what an answer is for, since it names only the number of what it answers.

    Joining: `null, {"clients": {id: resources}}`; creating: `null, name`. Refused: `"full"`, `"taken"`.
    """
    arguments = arguments_of(packet) or []
    clients = None if packet.from_client else _clients_of(arguments)
    if clients is not None:
        others = tuple(Listed("", _id(peer), connected=True) for peer in clients)
        return Joined(**_place(packet), others=others)
    if not packet.from_client and len(arguments) == 2 and arguments[0] is None and isinstance(arguments[1], str):
        return Joined(**_place(packet), room=keep_text(arguments[1]))
    if not packet.from_client and len(arguments) == 1 and arguments[0] in ("full", "taken"):
        return JoinRefused(**_place(packet), reason=str(arguments[0]))
    return _remark(packet, name="ack" if packet.ack is None else f"ack {packet.ack}")


def _decode_remove(packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
    """With a type a client only stops to share, and stays."""
    details = _first(packet)
    peer = text_member(details, "id") if isinstance(details, dict) else None
    if peer is None:
        yield from _decode_unknown(packet)
    elif details.get("type"):
        yield _remark(packet)
    else:
        yield PeerLeft(**_place(packet), peer=_id(peer))


def _decode_servers(packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
    """Show the addresses, and of credentials the user name: by the REST scheme it is when they expire, in Unix time."""
    servers = _servers_of(packet)
    if servers is None:
        yield from _decode_unknown(packet)
        return
    shown = [_show_server(server) for server in servers if isinstance(server, dict)]
    yield _remark(packet, text="; ".join(shown) or "none")


# --- what clients say to each other


def _decode_message(packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
    details = _first(packet)
    if not isinstance(details, dict):
        yield from _decode_unknown(packet)
        return
    content = _content(packet, details)
    receiver = text_member(details, "to")
    stream = [part for part in (text_member(details, "roomType"), text_member(details, "sid")) if part is not None]
    about: dict[str, Any] = {
        "content": content,
        "receiver": None if receiver is None else _id(receiver),
        "dialog": " ".join(stream) or None,
        "name": _nick(details),
    }
    if packet.from_client:
        yield Sent(**_place(packet), **about, sender=socket_id(packet))
        yield from explain_problems(content, packet.span.first_packet)
    else:
        sender = text_member(details, "from")
        yield Delivered(**_place(packet), **about, sender=None if sender is None else _id(sender))


def _content(packet: SocketPacket, details: dict[str, Any]) -> Content:
    payload = payload_of(packet)
    kind = text_member(details, "type")
    carried = details.get("payload")
    if kind in _DESCRIPTIONS:
        sdp = carried.get("sdp") if isinstance(carried, dict) else carried
        return description_content(_DESCRIPTIONS[kind], sdp, payload)
    if kind == "candidate":
        inner = carried.get("candidate") if isinstance(carried, dict) else carried
        whole = inner if isinstance(inner, dict) else carried if isinstance(carried, dict) else {"candidate": inner}
        mid, mline = whole.get("sdpMid"), whole.get("sdpMLineIndex")
        return candidate_content(whole.get("candidate"), payload, mid=mid, mline=mline)
    if kind == "chat" and isinstance(carried, dict) and isinstance(carried.get("message"), str):
        return text_content(carried["message"], payload, label=kind)
    meaning = SignalKind.END_OF_CANDIDATES if kind == "endOfCandidates" else SignalKind.JSON
    if kind is not None:  # what it is about is worth showing, and not whom it is for
        shown = "" if carried is None else keep_text(json.dumps(carried, ensure_ascii=False))
        payload = payload._replace(text=shown)
    return message_content(meaning, payload, label=kind, value=details, readdressed=("from",))


def _nick(details: dict[str, Any]) -> str | None:
    carried = details.get("payload")
    return text_member(carried, "nick") if isinstance(carried, dict) else None


# --- what all of them need


def _place(packet: SocketPacket) -> dict[str, Any]:
    return {"bearer": bearer_of(packet), "at_ns": packet.span.start_ns}


def _first(packet: SocketPacket) -> Any:
    arguments = arguments_of(packet)
    return arguments[0] if arguments else None


def _id(peer: str) -> str:
    return keep_text(peer).removeprefix(_NAMESPACE)


def _clients_of(arguments: list[Any]) -> dict[str, Any] | None:
    if len(arguments) != 2 or arguments[0] is not None or not isinstance(arguments[1], dict):
        return None
    clients = arguments[1].get("clients")
    return clients if isinstance(clients, dict) else None


def _servers_of(packet: SocketPacket) -> list[Any] | None:
    servers = _first(packet)
    if not isinstance(servers, list):
        return None
    known = all(isinstance(server, dict) and ("urls" in server or "url" in server) for server in servers)
    return servers if known else None


def _show_server(server: dict[str, Any]) -> str:
    urls = server.get("urls", server.get("url"))
    shown = keep_text(" ".join(str(url) for url in (urls if isinstance(urls, list) else [urls])))
    user = server.get("username")
    if user is None and not server.get("credential"):
        return shown
    return f"{shown} as {keep_text(str(user))}{_expiry(user)}, credential {MASK}"


def _expiry(user: Any) -> str:
    digits = user.partition(":")[0] if isinstance(user, str) else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) == 10):
        return ""
    return f" (until {datetime.fromtimestamp(int(digits), UTC):%Y-%m-%d %H:%M:%S} UTC)"


def _remark(packet: SocketPacket, *, name: str | None = None, text: str | None = None) -> RoomEvent:
    called = keep_text(packet.name or packet.kind.value) if name is None else name
    return Remarked(**_place(packet), name=called, text=show_arguments(packet) if text is None else text)


def _decode_unknown(packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
    name = keep_text(packet.name or "")
    yield Unknown(**_place(packet), name=name, payload=show_arguments(packet))
    way = "by a client" if packet.from_client else "by the server"
    text = f"an event {name[:64]!r} sent {way} is unknown to signalmaster, or has other arguments; kept as it stands"
    yield Notice(code=UNKNOWN_EVENT, severity=Severity.INFO, text=text, packet=packet.span.first_packet)


_ASKED: Final[dict[str, Callable[[SocketPacket], Iterator[SignalingEvent | Notice]]]] = {
    "join": _decode_join,
    "create": _decode_create,
    "leave": _decode_leave,
    "message": _decode_message,
    "shareScreen": _decode_remark,
    "unshareScreen": _decode_remark,
    "trace": _decode_remark,
}
_TOLD: Final[dict[str, Callable[[SocketPacket], Iterator[SignalingEvent | Notice]]]] = {
    "message": _decode_message,
    "remove": _decode_remove,
    "stunservers": _decode_servers,
    "turnservers": _decode_servers,
}
