"""One message of a dialect → what it states, by what the file says of where things stand and what verbs mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sigtrace.notices import Notice, Severity
from sigtrace.signaling.content import Content, SignalKind, explain_problems
from sigtrace.signaling.dialect_file import DialectFile, VerbMeaning
from sigtrace.signaling.events import Listed
from sigtrace.signaling.json_pointer import MISSING
from sigtrace.signaling.relayed_content import (
    candidate_content,
    description_content,
    message_content,
    text_content,
)
from sigtrace.signaling.room_events import (
    Delivered,
    Direct,
    Identified,
    JoinAsked,
    Joined,
    JoinRefused,
    LeaveAsked,
    PeerJoined,
    PeerLeft,
    Remarked,
    Sent,
    Unknown,
)
from sigtrace.text import keep_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigtrace.signaling.bearer import Bearer
    from sigtrace.signaling.events import PeerId, SignalingEvent
    from sigtrace.signaling.relayed_content import Payload

UNKNOWN_EVENT = "dialect.unknown-event"

MAX_MESSAGES = 512
"""Messages in one payload, or candidates in one message: what waited for a peer that fetches seldom."""

_DESCRIBED = {
    VerbMeaning.OFFER: SignalKind.OFFER,
    VerbMeaning.ANSWER: SignalKind.ANSWER,
    VerbMeaning.PRANSWER: SignalKind.PRANSWER,
}


class Told:
    """One message of a dialect.

    Args:
        file: of the dialect.
        value: the message, a value of JSON.
        query: of the target that it went to.
        from_client: which way it went.
        event: of Socket.IO, which is its verb where the file points to none.
    """

    def __init__(
        self, file: DialectFile, value: Any, query: Mapping[str, str], *, from_client: bool, event: str | None = None
    ) -> None:
        self._file = file
        self.value = value
        self.query = query
        self.from_client = from_client
        verb = self._at("verb")
        self.verb = verb if isinstance(verb, str) and verb else event

    @property
    def meaning(self) -> VerbMeaning | None:
        """What its verb means; None when the file does not say."""
        verbs = self._file.of_client if self.from_client else self._file.of_server
        return verbs.get(self.verb) if self.verb is not None else None

    @property
    def carries(self) -> bool:
        """True when a description or candidate stands where the file says."""
        return any(self._at(key) not in (MISSING, None) for key in ("sdp", "candidate"))

    @property
    def describes(self) -> bool:
        """True when it is an offer or answer."""
        return self.meaning in _DESCRIBED or (self.meaning is None and self._at("sdp") not in (MISSING, None))

    def peer(self, key: str) -> PeerId | None:
        """Return the peer or room at a pointer."""
        value = self._at(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return keep_text(value) if isinstance(value, str) and value else None

    def events(self, bearer: Bearer, payload: Payload, *, direct: str | None) -> Iterator[SignalingEvent | Notice]:
        """Yield what it says; `direct` is what the server is called where it is the other side itself."""
        if self.meaning is VerbMeaning.IGNORE:
            return
        presence = self._presence(bearer)
        if presence is not None:
            yield presence
            return
        content = self._contents(payload)
        if content is None:
            yield from self._unknown(bearer)
            return
        for one in content:
            if self.from_client:
                yield from explain_problems(one, bearer.span.first_packet)
            yield self._message(one, bearer, direct)

    def _at(self, key: str) -> Any:
        for pointer in self._file.pointers.get(key, ()):
            value = pointer.resolve(self.value, self.query)
            if value is not MISSING:
                return value
        return MISSING

    def _message(self, content: Content, bearer: Bearer, direct: str | None) -> SignalingEvent:
        at_ns, dialog = bearer.span.start_ns, self.peer("dialog")
        said = None if dialog is None else str(dialog)
        if direct is not None:
            return Direct(at_ns=at_ns, bearer=bearer, content=content, resource=direct, dialog=said)
        made = Sent if self.from_client else Delivered
        sender, receiver = self.peer("from"), self.peer("to")
        return made(at_ns=at_ns, bearer=bearer, content=content, sender=sender, receiver=receiver, dialog=said)

    def _presence(self, bearer: Bearer) -> SignalingEvent | None:
        place: dict[str, Any] = {"at_ns": bearer.span.start_ns, "bearer": bearer}
        peer, room, name = self.peer("peer") or self.peer("from"), self._text("room"), self._text("name")
        event: SignalingEvent | None = None
        match self.meaning:
            case VerbMeaning.IDENTIFIED if peer is not None:
                event = Identified(**place, peer=peer, name=name)
            case VerbMeaning.JOIN:
                event = JoinAsked(**place, room=room, peer=peer, name=name)
            case VerbMeaning.JOINED:
                others = self._at("others")
                listed = tuple(_listed(others))
                event = Joined(**place, room=room, peer=self.peer("peer"), others=listed, counted=others is not MISSING)
            case VerbMeaning.REFUSED:
                event = JoinRefused(**place, reason=self._text("text") or self.verb or "", room=room)
            case VerbMeaning.LEAVE:
                event = LeaveAsked(**place, room=room)
            case VerbMeaning.PEER_JOINED if peer is not None:
                event = PeerJoined(**place, peer=peer, name=name, room=room)
            case VerbMeaning.PEER_LEFT if peer is not None:
                event = PeerLeft(**place, peer=peer, room=room)
            case VerbMeaning.REMARK:
                event = Remarked(**place, name=self.verb or "", text=self._text("text") or "")
        return event

    def _contents(self, payload: Payload) -> list[Content] | None:
        """Return what it carries; None when that cannot be told."""
        meaning = self.meaning
        sdp, candidate = self._at("sdp"), self._at("candidate")
        if meaning in _DESCRIBED or (meaning is None and sdp not in (MISSING, None)):
            return [description_content(self._kind(meaning, sdp), _member(sdp, "sdp"), payload)]
        if meaning is VerbMeaning.END_OF_CANDIDATES:
            return [candidate_content(None, payload)]
        if meaning is VerbMeaning.CANDIDATE or (meaning is None and candidate is not MISSING):
            several = candidate if isinstance(candidate, list) else [candidate]
            return [self._candidate(one, payload) for one in several[:MAX_MESSAGES]]
        if meaning is VerbMeaning.TEXT:
            return [text_content(self._text("text") or "", payload, label=self.verb)]
        if meaning in (VerbMeaning.BYE, VerbMeaning.MESSAGE):
            kind = SignalKind.BYE if meaning is VerbMeaning.BYE else SignalKind.JSON
            return [message_content(kind, payload, label=self.verb, value=self._relayed())]
        return None

    def _kind(self, meaning: VerbMeaning | None, sdp: Any) -> SignalKind:
        """Return what a description is: as its verb says, else `type` beside it, else `a=setup` (RFC 8842 §5.2)."""
        if meaning is not None:
            return _DESCRIBED[meaning]
        kind = sdp.get("type") if isinstance(sdp, dict) else None
        text = _member(sdp, "sdp")
        answers = "a=setup:active" in text or "a=setup:passive" in text if isinstance(text, str) else False
        return SignalKind.ANSWER if kind == "answer" or (kind != "offer" and answers) else SignalKind.OFFER

    def _candidate(self, candidate: Any, payload: Payload) -> Content:
        mid, mline = self._at("mid"), self._at("mline")
        near = candidate if isinstance(candidate, dict) else {}
        return candidate_content(
            None if candidate is MISSING else _member(candidate, "candidate"),
            payload,
            mid=near.get("sdpMid") if mid is MISSING else mid,
            mline=near.get("sdpMLineIndex") if mline is MISSING else mline,
        )

    def _relayed(self) -> Any:
        """Return the value without what addresses it: the members that `from` and `to` point to at the top."""
        pointers = (*self._file.pointers.get("from", ()), *self._file.pointers.get("to", ()))
        written = {one.steps[0] for one in pointers if one.steps}
        if not isinstance(self.value, dict):
            return self.value
        return {key: one for key, one in self.value.items() if key not in written}

    def _unknown(self, bearer: Bearer) -> Iterator[SignalingEvent | Notice]:
        verb = keep_text(self.verb or "")
        text = json.dumps(self.value, ensure_ascii=True, default=str)
        yield Unknown(at_ns=bearer.span.start_ns, bearer=bearer, name=verb, payload=text)
        problem = f"the dialect {self._file.name} does not say what {verb!r} means" if verb else "has no verb"
        yield Notice(
            code=UNKNOWN_EVENT,
            severity=Severity.INFO,
            text=f"{problem}; shown as it is",
            packet=bearer.span.first_packet,
        )

    def _text(self, key: str) -> str | None:
        value = self._at(key)
        return keep_text(value) if isinstance(value, str) else None if value is MISSING else str(value)


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else value


def _listed(others: Any) -> Iterator[Listed]:
    for one in list(others)[: MAX_MESSAGES * 8] if isinstance(others, list | dict) else ():
        peer = one.get("id") if isinstance(one, dict) else one
        name = one.get("name") if isinstance(one, dict) else ""
        if isinstance(peer, str | int) and not isinstance(peer, bool):
            yield Listed(name=keep_text(name) if isinstance(name, str) else "", peer=str(peer), connected=True)
