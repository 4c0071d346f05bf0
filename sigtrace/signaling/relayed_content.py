"""Contents of messages that a server readdresses on their way: what they say, and what is the same on both legs.

SkyRTC writes the sender where the target stood, signalmaster adds `from`, others add a time: the bodies of the two legs
differ. A description, a candidate or a text stays what it is, so its digest pairs the legs: the `essence`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sigtrace.application.socketio.packet import SocketPacket
from sigtrace.errors import DecodeError
from sigtrace.sdp.candidate import decode_candidate
from sigtrace.sdp.description import decode_description
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.text import decode_text, keep_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sigtrace.application.http.message import Body
    from sigtrace.application.websocket.message import Message
    from sigtrace.sdp.candidate import Candidate
    from sigtrace.sdp.description import Description

MAX_REMEMBERED: Final = 16 << 10
"""Characters of a description that is remembered from one leg to the other; 64 of these make a MiB."""


class Payload(NamedTuple):
    """What bore a content: its size, its digest, its text."""

    length: int | None
    sha256: str | None
    text: str | None


def payload_of(unit: Message | SocketPacket) -> Payload:
    """Return what is known of a unit's payload as a whole."""
    if isinstance(unit, SocketPacket):
        data = unit.payload.encode("utf-8", "surrogatepass")
        return Payload(len(data), sha256(data).hexdigest(), unit.payload)
    return Payload(unit.length, unit.sha256, None if unit.data is None else decode_text(unit.data))


def why_unreadable(message: Message) -> str | None:
    """Say why what a message holds cannot be read; None when it can."""
    if message.missing:
        return f"{message.missing} of {message.wire_length} bytes not captured"
    if message.sha256 is None:
        return f"{message.wire_length} bytes, {'not inflated' if message.compressed else 'not all of it'}"
    return f"{message.wire_length} bytes, too many to keep" if message.data is None else None


def payload_of_body(body: Body) -> Payload:
    """Return what is known of an HTTP body, its content codings undone."""
    data = body.content if body.content is not None else body.data
    text = None if data is None else decode_text(data)
    if body.content_sha256 is not None:
        return Payload(body.content_length, body.content_sha256, text)
    return Payload(None if body.encoding else body.length, body.sha256, text)


def description_content(kind: SignalKind, sdp: Any, payload: Payload) -> Content:
    """Make the content of a description; what is no text, or cannot be decoded, is its `problem`."""
    if not isinstance(sdp, str):
        return _content(kind, payload, problem="has no sdp")
    sdp = keep_text(sdp)
    decode = _decode_remembered if len(sdp) <= MAX_REMEMBERED else _decode
    description, problem = decode(sdp)
    return _content(kind, payload, sdp=sdp, description=description, problem=problem, essence=digest("sdp", sdp))


def description_of_body(kind: SignalKind, body: Body) -> Content:
    """Make the content of a description that is an HTTP body by itself."""
    payload = payload_of_body(body)
    if not body.complete:
        return _content(kind, payload, problem=f"{body.missing} bytes of it were never captured")
    if payload.text is None:
        return _content(kind, payload, problem="too large to keep")
    return description_content(kind, payload.text, payload)


def candidate_content(candidate: Any, payload: Payload, *, mid: Any = None, mline: Any = None) -> Content:
    """Make the content of one candidate; the empty one, and null, say that there are no more (RFC 8838 §8.2)."""
    place = {
        "mid": keep_text(mid) if isinstance(mid, str) else None,
        "mline": mline if isinstance(mline, int) and not isinstance(mline, bool) else None,
    }
    essence = digest("candidate", candidate, *place.values())
    if candidate is None or candidate == "":
        return _content(SignalKind.END_OF_CANDIDATES, payload, essence=essence, **place)
    if not isinstance(candidate, str):
        return _content(SignalKind.CANDIDATE, payload, problem="has no candidate", **place)
    decoded: Candidate | None = None
    problem = None
    try:
        decoded = decode_candidate(keep_text(candidate))
    except DecodeError as error:
        problem = f"candidate: {error}"
    return _content(SignalKind.CANDIDATE, payload, candidate=decoded, problem=problem, essence=essence, **place)


def text_content(text: str, payload: Payload, *, label: str | None = None) -> Content:
    """Make the content of what people say to each other; `text` is what a relay leaves as it is."""
    return _content(SignalKind.TEXT, payload._replace(text=keep_text(text)), label=label, essence=digest("text", text))


def message_content(
    kind: SignalKind,
    payload: Payload,
    *,
    label: str | None = None,
    value: Any = None,
    readdressed: Collection[str] = (),
) -> Content:
    """Make the content of any other message of an application.

    Args:
        kind: JSON, BYE and the like.
        payload: of the unit.
        label: what the application calls it.
        value: the JSON value it holds.
        readdressed: members of `value` that a relay may write, add or take away.
    """
    kept = {key: one for key, one in value.items() if key not in readdressed} if isinstance(value, dict) else value
    return _content(kind, payload, label=label, essence=digest("json", kept) if kept is not None else None)


def digest(*parts: Any) -> str:
    """Digest values of JSON, whatever the order of their members."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str, check_circular=False)
    return sha256(text.encode()).hexdigest()


def text_member(value: Mapping[str, Any], *names: str) -> str | None:
    """Return the first of some members that is text and not empty; what UTF-8 cannot hold is spelled out."""
    for name in names:
        member = value.get(name)
        if isinstance(member, str) and member:
            return keep_text(member)
    return None


def _content(kind: SignalKind, payload: Payload, **facts: Any) -> Content:
    return Content(kind=kind, length=payload.length, sha256=payload.sha256, whole=payload.text, **facts)


def _decode(sdp: str) -> tuple[Description | None, str | None]:
    try:
        return decode_description(sdp), None
    except DecodeError as error:
        return None, f"sdp: {error}"


_decode_remembered = lru_cache(maxsize=64)(_decode)
