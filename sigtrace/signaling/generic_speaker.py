"""What a message of home-made signaling states, by its verb, its keys, and the way it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigtrace.signaling import generic_words as words
from sigtrace.signaling.content import SignalKind, explain_problems
from sigtrace.signaling.generic_words import Meaning, meaning_of, read_id
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
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Bearer
    from sigtrace.signaling.content import Content
    from sigtrace.signaling.events import SignalingEvent
    from sigtrace.signaling.generic_message import Heard
    from sigtrace.signaling.relayed_content import Payload


class Speaker:
    """Puts the messages of one unit into events.

    Args:
        bearer: of the unit.
        payload: of the unit, which all its messages share.
        query: of the channel's or the request's target, by plain key.
        own: whose channel it is, where the query says so.
        verb: of a message that has none of its own, by the path or by what was asked.
    """

    def __init__(
        self,
        bearer: Bearer,
        payload: Payload,
        query: Mapping[str, Any],
        own: str | None,
        verb: str = "",
    ) -> None:
        self._bearer = bearer
        self._payload = payload
        self._room = next((room for key in words.ROOM if (room := read_id(query.get(key))) is not None), None)
        self._own = own
        self._verb = verb

    def introduce(self) -> Iterator[SignalingEvent]:
        """Say whose channel it is, where the query does."""
        if self._own is not None:
            yield Identified(at_ns=self._bearer.span.start_ns, bearer=self._bearer, peer=self._own)

    def problems(self, content: Content) -> Iterator[Notice]:
        """Yield what is wrong with a content, on its way to the server alone: else each would be told twice."""
        if self._bearer.from_client:
            yield from explain_problems(content, self._bearer.span.first_packet)

    def say(self, heard: Heard, *, is_reply: bool = False) -> Iterator[SignalingEvent | Notice]:
        """Yield what a message says; a reply that carries nothing is the server's own word."""
        carried = False
        for content in heard.contents(self._payload, SignalKind.OFFER):
            carried = True
            yield from self.problems(content)
            yield self.message(content, heard)
        if not carried:
            yield self._say_else(heard, is_reply=is_reply)

    def say_directly(self, heard: Heard, resource: str) -> Iterator[SignalingEvent | Notice]:
        """Yield what a message says between a client and what the server is itself."""
        default = SignalKind.OFFER if self._bearer.from_client else SignalKind.ANSWER
        contents = list(heard.contents(self._payload, default))
        if not contents and heard.ends_candidates:
            contents = [heard.content(Meaning.CANDIDATES_END, self._payload)]
        for content in contents:
            yield from self.problems(content)
            yield Direct(at_ns=self._bearer.span.start_ns, bearer=self._bearer, content=content, resource=resource)
        if not contents:
            meaning = meaning_of(heard.verb or self._verb, from_client=self._bearer.from_client)
            told = (self._tell_client if self._bearer.from_client else self._tell_server)(heard, meaning)
            yield told or self.remark(heard.verb or self._verb or "reply", heard.remark())

    def message(self, content: Content, heard: Heard | None = None, aside: Remarked | None = None) -> SignalingEvent:
        """Return a content as sent or delivered."""
        at_ns = self._bearer.span.start_ns
        sender, receiver = self._sender(heard), self._receiver(heard)
        dialog = heard.get(words.DIALOG) if heard else None
        made = Sent if self._bearer.from_client else Delivered
        return made(
            at_ns=at_ns,
            bearer=self._bearer,
            content=content,
            sender=sender,
            receiver=receiver,
            dialog=dialog,
            unless_relayed=aside,
        )

    def remark(self, name: str, text: str = "") -> Remarked:
        """Return a remark."""
        return Remarked(at_ns=self._bearer.span.start_ns, bearer=self._bearer, name=name, text=text)

    def _sender(self, heard: Heard | None) -> str | None:
        """Return who sent it: as it says, else whose channel it is; a delivery may call its sender by any id."""
        said = heard.get(words.FROM) if heard else None
        if self._bearer.from_client:
            return said or self._own
        if said is None and heard is not None and heard.get(words.TO) is None:
            said = heard.get(("argument", *_NAMED))
        return said

    def _receiver(self, heard: Heard | None) -> str | None:
        said = heard.get(words.TO) if heard else None
        if self._bearer.from_client:
            return said or (heard.get(("argument",)) if heard else None)
        return said or self._own

    def _say_else(self, heard: Heard, *, is_reply: bool) -> SignalingEvent:
        """Return what a message says that carries nothing."""
        verb = heard.verb or self._verb
        meaning = meaning_of(verb, from_client=self._bearer.from_client)
        told = self._tell_client(heard, meaning) if self._bearer.from_client else self._tell_server(heard, meaning)
        if told is not None:
            return told
        name = "reply" if is_reply else "JSON" if isinstance(heard.value, dict | list) else "text"
        described = meaning in (Meaning.OFFER, Meaning.ANSWER)
        remark = self.remark(verb or name, heard.remark() or ("without a description" if described else ""))
        if meaning is Meaning.HOUSEKEEPING or is_reply:
            return remark
        content = heard.content(meaning, self._payload)
        other = self._receiver(heard) if self._bearer.from_client else self._sender(heard)
        return self.message(content, heard, None if other is not None else remark)

    def _tell_client(self, heard: Heard, meaning: Meaning) -> SignalingEvent | None:
        """Return what a client says of its own coming and going."""
        if heard.get(words.TO) is not None:
            return None
        place: dict[str, Any] = {"at_ns": self._bearer.span.start_ns, "bearer": self._bearer}
        room = heard.get(words.ROOM) or self._room
        if room is None and heard.verb is not None and heard.verb.lower() in words.OF_ROOMS:
            return None
        if meaning is Meaning.LEAVE:
            return LeaveAsked(**place, room=room)
        if meaning is not Meaning.JOIN:
            return None
        peer = self._own or heard.get((*words.OWN, *words.FROM, *words.SOMEBODY))
        return JoinAsked(**place, room=room or heard.get(("argument",)), peer=peer, name=heard.get(words.NAME))

    def _tell_server(self, heard: Heard, meaning: Meaning) -> SignalingEvent | None:
        """Return what the server says of coming and going."""
        place: dict[str, Any] = {"at_ns": self._bearer.span.start_ns, "bearer": self._bearer}
        room = heard.get(words.ROOM) or self._room
        about = heard.get((*words.FROM, *words.SOMEBODY, "argument"))
        own = heard.get((*words.OWN, *words.TO)) or (about if meaning is Meaning.WELCOME else None)
        others = heard.others
        if meaning in (Meaning.WELCOME, Meaning.PEERS, Meaning.JOINED) and others is not None:
            others = tuple(one for one in others if one.peer != own)
            return Joined(**place, room=room, peer=own, others=others)
        if meaning is Meaning.WELCOME and own is not None:
            return Identified(**place, peer=own, name=heard.get(words.NAME))
        if meaning is Meaning.JOINED:
            if about is not None:
                return PeerJoined(**place, peer=about, name=heard.get(words.NAME), room=room)
            return Joined(**place, room=room, peer=own, counted=False)
        if meaning is Meaning.LEFT and about is not None:
            return PeerLeft(**place, peer=about, room=room)
        return JoinRefused(**place, reason=heard.verb or "", room=room) if meaning is Meaning.FULL else None


_NAMED = tuple(key for key in words.SOMEBODY if key not in ("id", "uid", "client", "user", "username"))
"""What names the sender of a delivery: a plain `id` may be the message's own."""
