"""What a signaling message says: a description, a candidate, a goodbye, or just text.

The JSON shapes are those of `peerconnection_client` since 2012 (`type` and `sdp`; `candidate`, `sdpMid`,
`sdpMLineIndex`) and of the ROAP drafts that it spoke before (`messageType` and `sdp`).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from sigtrace.errors import DecodeError
from sigtrace.notices import Notice, Severity
from sigtrace.sdp.candidate import decode_candidate
from sigtrace.sdp.description import decode_description
from sigtrace.signaling.flat_object import read_flat
from sigtrace.signaling.message_json import decode_object
from sigtrace.signaling.remembered import Remembered
from sigtrace.text import decode_text, keep_text
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Body
    from sigtrace.sdp.candidate import Candidate
    from sigtrace.sdp.description import Description


MALFORMED_MESSAGE = "signaling.malformed-message"
MALFORMED_LINE = "sdp.malformed-line"
OMITTED_LINES = "sdp.omitted-lines"

REMEMBERED = 512 << 10
"""Bytes of messages that are remembered, in each of two generations: a hundred descriptions, or a thousand candidates.
What they say takes up to fifty times as much."""

SMALLEST = 256
"""Bytes that a message counts for beside its own: an empty one takes memory too."""

NAMED_LINES = 5
"""Malformed lines named of one description: the first ones show what is wrong with it."""


class SignalKind(Enum):
    """What kind of signal a message is."""

    OFFER = "offer"
    ANSWER = "answer"
    PRANSWER = "pranswer"
    ROLLBACK = "rollback"
    OFFER_LOOPBACK = "offer-loopback"  # the test page's reply to an offer: the caller then talks to itself
    CANDIDATE = "candidate"
    END_OF_CANDIDATES = "end-of-candidates"
    ICE_RESTART = "ice-restart"  # new credentials outside of a description (RFC 9725 §4.3.3)
    BYE = "bye"
    JSON = "json"  # JSON of another application
    TEXT = "text"
    UNREADABLE = "unreadable"  # the body was not captured, or not enough of it to tell


DESCRIPTION_KINDS = frozenset(
    {
        SignalKind.OFFER,
        SignalKind.ANSWER,
        SignalKind.PRANSWER,
        SignalKind.OFFER_LOOPBACK,
    }
)

_TYPES = {
    "offer": SignalKind.OFFER,
    "answer": SignalKind.ANSWER,
    "pranswer": SignalKind.PRANSWER,
    "rollback": SignalKind.ROLLBACK,
    "offer-loopback": SignalKind.OFFER_LOOPBACK,
}
_ROAP = {"OFFER": SignalKind.OFFER, "ANSWER": SignalKind.ANSWER, "SHUTDOWN": SignalKind.BYE}


# The two legs of a relay are the same to the byte, and follow each other soon.
_REMEMBERED: Remembered[str, Content] = Remembered(REMEMBERED)


class Content(Value, frozen=True, kw_only=True):
    """One message's body and what it means."""

    kind: SignalKind
    length: int | None  # of the body after content decoding, bytes
    sha256: str | None  # of the same, which is equal on both legs of a relay; None when a part was not captured
    whole: bytes | str | None = None  # the body, where it was captured; bytes become text when that is asked for
    description: Description | None = None
    sdp: str | None = None  # the description's own text, whole
    candidate: Candidate | None = None
    mid: str | None = None  # of a candidate: `sdpMid`
    mline: int | None = None  # of a candidate: `sdpMLineIndex`
    problem: str | None = None  # why it is less than it claims to be
    guessed: bool = False  # the kind follows from the length and the course of the call, not from the body
    label: str | None = None  # what the application calls a message of its own: "mute", "chat"
    essence: str | None = None  # digest of what a relay leaves as it is, where it rewrites the rest; else None

    @property
    def text(self) -> str | None:
        """The body as text, where it was captured."""
        return decode_text(self.whole) if isinstance(self.whole, bytes) else self.whole


def decode_content(body: Body) -> Content:
    """Decode a message body; never raises: what does not fit is text, JSON or unreadable, with the problem named."""
    digest = _digest_of(body)
    known = None if digest is None else _REMEMBERED.get(digest)
    if known is not None:
        return known
    content = _decode_body(body)
    if digest is not None and content.length is not None:
        _REMEMBERED.keep(digest, content, content.length + SMALLEST)
    return content


def _digest_of(body: Body) -> str | None:
    """Return the digest of what is decoded, where that is all there and its own digest is known."""
    if body.content is None or body.sha256 is None:
        return None
    return body.sha256 if body.encoding is None else body.content_sha256


def _decode_body(body: Body) -> Content:
    if body.length == 0:
        return _content(body, SignalKind.TEXT, whole=b"")
    if body.content is None and body.data is None:
        return _content(body, SignalKind.UNREADABLE, problem="too large to keep" if body.complete else None)
    data = (body.content if body.content is not None else body.data) or b""
    if not body.complete:
        problem = f"{body.missing} bytes of it were never captured"
        return _content(body, _kind_of_fragment(decode_text(data)), whole=data, problem=problem)
    members = read_flat(data)
    kind, facts = _decode_whole(data) if members is None else _decode_object(members)
    return _content(body, kind, whole=data, **facts)


def explain_problems(content: Content, packet: int) -> Iterator[Notice]:
    """Yield a notice for each thing that makes a captured message less than it claims to be."""
    if content.problem and content.sha256 is not None:
        text = f"{content.kind.value}: {content.problem}; kept as it stands"
        yield Notice(code=MALFORMED_MESSAGE, severity=Severity.WARNING, text=text, packet=packet)
    description = content.description
    if description is None:
        return
    for line in description.malformed[:NAMED_LINES]:
        text = f"line {line.number} of the {content.kind.value}: {line.reason}; kept as it stands"
        yield Notice(code=MALFORMED_LINE, severity=Severity.WARNING, text=text, packet=packet)
    if description.rest:
        text = f"{description.omitted_lines} lines of the {content.kind.value} beyond the bound were not decoded"
        yield Notice(code=OMITTED_LINES, severity=Severity.WARNING, text=text, packet=packet)


def _content(body: Body, kind: SignalKind, **facts: Any) -> Content:
    if body.content_sha256 is not None:
        return Content(kind=kind, length=body.content_length, sha256=body.content_sha256, **facts)
    return Content(kind=kind, length=None if body.encoding else body.length, sha256=body.sha256, **facts)


def _decode_whole(data: bytes) -> tuple[SignalKind, dict[str, Any]]:
    """Decode a body that is all there.

    JSON that is not all UTF-8 is no JSON to the letter; clients take it, so its strings are read, and `keep_text` keeps
    the bytes.
    """
    text = data.decode("utf-8", "surrogateescape")
    if text == "BYE":
        return SignalKind.BYE, {}
    if not text.lstrip().startswith("{"):
        return SignalKind.TEXT, {}
    try:
        return _decode_object(decode_object(text))
    except DecodeError as error:
        return SignalKind.TEXT, {"problem": str(error)}


def _decode_object(value: dict[str, Any]) -> tuple[SignalKind, dict[str, Any]]:
    """Tell a description from a candidate as the native client does: by a `type` that is not empty."""
    kind = _TYPES.get(_text(value, "type") or "") or _ROAP.get(_text(value, "messageType") or "")
    if kind in (SignalKind.BYE, SignalKind.ROLLBACK):
        return kind, {}
    if kind is not None:
        return kind, _decode_session(_text(value, "sdp"))
    candidate = _text(value, "candidate")
    if candidate is not None and not value.get("type"):
        return SignalKind.CANDIDATE, _decode_ice(value, candidate)
    return SignalKind.JSON, {}


def _decode_session(sdp: str | None) -> dict[str, Any]:
    if sdp is None:
        return {"problem": "has no sdp"}
    try:
        return {"sdp": sdp, "description": decode_description(sdp)}
    except DecodeError as error:
        return {"sdp": sdp, "problem": f"sdp: {error}"}


def _decode_ice(value: dict[str, Any], candidate: str) -> dict[str, Any]:
    mline = value.get("sdpMLineIndex")
    facts: dict[str, Any] = {
        "mid": _text(value, "sdpMid"),
        "mline": mline if isinstance(mline, int) and not isinstance(mline, bool) else None,
    }
    try:
        facts["candidate"] = decode_candidate(candidate)
    except DecodeError as error:
        facts["problem"] = f"candidate: {error}"
    return facts


def _text(value: dict[str, Any], key: str) -> str | None:
    """Return a member that is text; what UTF-8 cannot hold is spelled out."""
    member = value.get(key)
    if not isinstance(member, str):
        return None
    return keep_text(member)


_TYPE_MEMBER = re.compile(r'"type"\s*:\s*"(offer|answer|pranswer|offer-loopback)"')
_SETUP = re.compile(r"a=setup:(actpass|active|passive)")


def _kind_of_fragment(text: str) -> SignalKind:
    """Tell from a part of a body what the whole was.

    jsoncpp sorts its keys, so `type` comes last and is often lost with the tail; only offers say `setup:actpass`
    (RFC 8842 §5.2, §5.3), which decides between offer and answer.
    """
    named = _TYPE_MEMBER.search(text)
    if named:
        return _TYPES[named[1]]
    if '"candidate"' in text:
        return SignalKind.CANDIDATE
    setup = _SETUP.search(text)
    if setup:
        return SignalKind.OFFER if setup[1] == "actpass" else SignalKind.ANSWER
    return SignalKind.UNREADABLE
