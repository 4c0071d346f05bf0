"""SkyRTC: JSON messages `{"eventName": …, "data": …}` over one WebSocket per browser, kept for the whole stay.

What a client says begins with `__`, what the server says with `_`. A client learns its own id from `_peers` alone. The
server relays three events and writes the sender's `socketId` where the target's stood, so what a `socketId` means
depends on the direction. Leaving is not said: the others hear `_remove_peer` when a WebSocket closes. Any other name is
the application's own business: it reaches handlers on that side, never another peer. Source: LingyuCoder/SkyRTC 0.0.2
`SkyRTC.js`, LingyuCoder/SkyRTC-client 0.0.4 `SkyRTC-client.js`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sigtrace.application.websocket.message import Message
from sigtrace.errors import DecodeError
from sigtrace.notices import Notice, Severity
from sigtrace.signaling.bearer import bearer_of
from sigtrace.signaling.content import SignalKind, explain_problems
from sigtrace.signaling.events import Listed
from sigtrace.signaling.functions import Functions, WireEvent
from sigtrace.signaling.message_json import decode_value, read_value
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.relayed_content import (
    candidate_content,
    description_content,
    message_content,
    payload_of,
    text_member,
    why_unreadable,
)
from sigtrace.signaling.room_events import Delivered, JoinAsked, Joined, PeerJoined, PeerLeft, Remarked, Sent, Unknown
from sigtrace.text import decode_text, keep_text
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.signaling.bearer import Bearer, Unit
    from sigtrace.signaling.content import Content
    from sigtrace.signaling.events import SignalingEvent

UNKNOWN_EVENT: Final = "skyrtc.unknown-event"
NOT_JSON: Final = "skyrtc.not-json"

DEFAULT_ROOM: Final = "__default"
"""What the server calls a room without a name, since 0.0.2."""

_RELAYED: Final = {
    "offer": SignalKind.OFFER,
    "answer": SignalKind.ANSWER,
    "ice_candidate": SignalKind.CANDIDATE,
}
_TOLD: Final = {"_new_peer": PeerJoined, "_remove_peer": PeerLeft}
_BEGINNING = re.compile(rb'\{"eventName":"(_{1,2})(offer|answer|ice_candidate)","data":')
_SOCKET_ID = re.compile(rb'"socketId":"([^"\\]{1,64})"')

_RECEIVE_MESSAGE: Final = ("SkyRTC.init (message)",)
_HEAR: Final = ("skyrtc.connect (onmessage)",)


def _relay(event: str) -> tuple[str, ...]:
    return (f"SkyRTC.on('__{event}')", "SkyRTC.getSocket", "WebSocket.send")


_FUNCTIONS: Final = {
    WireEvent.SIGN_IN: Functions(("skyrtc.connect (onopen)",), (*_RECEIVE_MESSAGE, "SkyRTC.on('__join')")),
    WireEvent.SIGNED_IN: Functions(("SkyRTC.on('__join')", "WebSocket.send"), (*_HEAR, "skyrtc.on('_peers')")),
    WireEvent.PEER_JOINED: Functions(
        ("SkyRTC.on('__join')", "WebSocket.send"), (*_HEAR, "skyrtc.on('_new_peer')", "skyrtc.createPeerConnection")
    ),
    WireEvent.PEER_LEFT: Functions(
        ("SkyRTC.init (close)", "WebSocket.send"), (*_HEAR, "skyrtc.on('_remove_peer')", "skyrtc.closePeerConnection")
    ),
    WireEvent.DESCRIPTION_SENT: Functions(
        ("skyrtc.sendOffers, or skyrtc.sendAnswer",),
        (*_RECEIVE_MESSAGE, "SkyRTC.on('__offer'), or SkyRTC.on('__answer')", "SkyRTC.getSocket"),
    ),
    WireEvent.OFFER_DELIVERED: Functions(
        _relay("offer"), (*_HEAR, "skyrtc.on('_offer')", "skyrtc.receiveOffer", "skyrtc.sendAnswer")
    ),
    WireEvent.ANSWER_DELIVERED: Functions(_relay("answer"), (*_HEAR, "skyrtc.on('_answer')", "skyrtc.receiveAnswer")),
    WireEvent.CANDIDATE_SENT: Functions(
        ("skyrtc.createPeerConnection (onicecandidate)",),
        (*_RECEIVE_MESSAGE, "SkyRTC.on('__ice_candidate')", "SkyRTC.getSocket"),
    ),
    WireEvent.CANDIDATE_DELIVERED: Functions(
        _relay("ice_candidate"), (*_HEAR, "skyrtc.on('_ice_candidate')", "RTCPeerConnection.addIceCandidate")
    ),
}


class SkyRTC(SignalingProtocol):
    """SkyRTC: rooms over WebSocket, each newcomer offers to all who are there."""

    name = "skyrtc"
    functions = _FUNCTIONS

    def fit(self, unit: Unit) -> Fit:
        """Say whether a message is one of the eight events, in the direction and shape that it has."""
        if not isinstance(unit, Message) or not unit.data or b'"eventName"' not in unit.data:
            return Fit.NONE
        value = read_value(unit.data)
        if value is None:
            return Fit.CERTAIN if _relayed_of_beginning(unit) is not None else Fit.NONE
        return Fit.CERTAIN if isinstance(value, dict) and _is_known(value, from_client=unit.from_client) else Fit.NONE

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what a message says; the server takes text and binary messages alike."""
        if not isinstance(unit, Message):
            return
        value = read_value(unit.data)
        if value is None:
            yield from _decode_unreadable(unit)
        elif isinstance(value, dict) and _is_known(value, from_client=unit.from_client):
            yield from _decode_known(unit, value)
        else:
            yield from _decode_own_business(unit, value)


def _is_known(value: dict[str, Any], *, from_client: bool) -> bool:
    name, data = value.get("eventName"), value.get("data")
    if name == "__join":
        return from_client and (data is None or isinstance(data, dict))
    if not isinstance(name, str) or not isinstance(data, dict):
        return False
    if name == "_peers":
        return not from_client and text_member(data, "you") is not None and isinstance(data.get("connections"), list)
    if text_member(data, "socketId") is None:
        return False
    return (name in _TOLD and not from_client) or _relayed_kind(name, from_client=from_client) is not None


def _relayed_kind(name: str, *, from_client: bool) -> SignalKind | None:
    prefix = "__" if from_client else "_"
    return _RELAYED.get(name[len(prefix) :]) if name.startswith(prefix) else None


def _decode_known(unit: Message, value: dict[str, Any]) -> Iterator[SignalingEvent | Notice]:
    bearer, name, data = bearer_of(unit), value["eventName"], value.get("data") or {}
    at_ns = bearer.span.start_ns
    if name == "__join":
        yield JoinAsked(bearer=bearer, at_ns=at_ns, room=_room(data.get("room")))
    elif name == "_peers":
        others = tuple(
            Listed(name="", peer=keep_text(one), connected=True) for one in data["connections"] if isinstance(one, str)
        )
        yield Joined(bearer=bearer, at_ns=at_ns, peer=text_member(data, "you"), others=others)
    elif name in _TOLD:
        yield _TOLD[name](bearer=bearer, at_ns=at_ns, peer=keep_text(data["socketId"]))
    else:
        kind = _RELAYED[name.lstrip("_")]
        content = _content(unit, kind, data)
        yield _leg(bearer, content, keep_text(data["socketId"]))
        if unit.from_client:
            yield from explain_problems(content, bearer.span.first_packet)


def _room(room: Any) -> str:
    """Name a room as the server does, for which what is empty, or nothing to JavaScript, has no name."""
    if isinstance(room, str):
        return keep_text(room) or DEFAULT_ROOM
    return str(room) if room else DEFAULT_ROOM


def _content(unit: Message, kind: SignalKind, data: dict[str, Any]) -> Content:
    """Make the content of a relayed event: `sdp` is an object with `type` and `sdp`, a candidate has `label` alone."""
    if kind is SignalKind.CANDIDATE:
        return candidate_content(data.get("candidate"), payload_of(unit), mline=data.get("label"))
    sdp = data.get("sdp")
    return description_content(kind, sdp.get("sdp") if isinstance(sdp, dict) else sdp, payload_of(unit))


def _leg(bearer: Bearer, content: Content, socket_id: str | None) -> SignalingEvent:
    """Make the half of a relay that a message is: `socketId` is the target of what is sent, else the sender."""
    if bearer.from_client:
        return Sent(bearer=bearer, at_ns=bearer.span.start_ns, content=content, receiver=socket_id)
    return Delivered(bearer=bearer, at_ns=bearer.span.start_ns, content=content, sender=socket_id)


def _relayed_of_beginning(unit: Message) -> SignalKind | None:
    """Return what a message was that is not all there, by its beginning."""
    found = _BEGINNING.match(unit.data or b"") if unit.missing else None
    if found is None or (found[1] == b"__") != unit.from_client:
        return None
    return _RELAYED[found[2].decode()]


def _decode_unreadable(unit: Message) -> Iterator[SignalingEvent | Notice]:
    """Yield what is left of a message that is not all there; of one that is, that it is no JSON."""
    bearer = bearer_of(unit)
    kind = _relayed_of_beginning(unit)
    if kind is not None:
        found = _SOCKET_ID.search(unit.data or b"")
        problem = f"{unit.missing} bytes of it were never captured"
        content = replace(message_content(kind, payload_of(unit)), problem=problem)
        yield _leg(bearer, content, decode_text(found[1]) if found else None)
        return
    reason = why_unreadable(unit)
    if reason is not None:
        yield Remarked(bearer=bearer, at_ns=bearer.span.start_ns, name="unreadable", text=reason)
    else:
        yield from _decode_no_object(unit)


def _decode_no_object(unit: Message) -> Iterator[SignalingEvent | Notice]:
    """Yield a message that is a plain value, or none of JSON; the server does not survive the latter, nor `null`."""
    bearer, text = bearer_of(unit), decode_text(unit.data or b"")
    try:
        readable = decode_value(text) is not None
    except DecodeError:
        readable = False
    if readable:
        yield from _decode_own_business(unit, None)
        return
    ending = "; if it is no JSON, the server crashes, unless it was changed" if unit.from_client else ""
    yield Unknown(bearer=bearer, at_ns=bearer.span.start_ns, name="", payload=text)
    yield Notice(
        code=NOT_JSON,
        severity=Severity.WARNING,
        text=f"a message that cannot be read as JSON is kept as it stands{ending}",
        packet=bearer.span.first_packet,
    )


def _decode_own_business(unit: Message, value: Any) -> Iterator[SignalingEvent | Notice]:
    """Yield what reaches the application on one side alone: JSON without a name, and events that are not relayed."""
    bearer, text = bearer_of(unit), decode_text(unit.data or b"")
    name = text_member(value, "eventName") if isinstance(value, dict) else None
    if name is None:
        handler = "socket_message" if unit.from_client else "socket_receive_message"
        yield Remarked(bearer=bearer, at_ns=bearer.span.start_ns, name=handler, text=text)
        return
    yield Unknown(bearer=bearer, at_ns=bearer.span.start_ns, name=name, payload=text)
    yield Notice(
        code=UNKNOWN_EVENT,
        severity=Severity.INFO,
        text=f"event {name[:40]!r} is unknown to SkyRTC, or lacks what it must have; it is passed on to nobody",
        packet=bearer.span.first_packet,
    )
