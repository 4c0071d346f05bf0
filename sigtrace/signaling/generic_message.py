"""One payload of home-made signaling → the messages in it: what each carries, its verb, who it is from and for."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from sigtrace.signaling import generic_words as words
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.events import Listed
from sigtrace.signaling.generic_words import Meaning, meaning_of, plain_key, read_id, without
from sigtrace.signaling.relayed_content import (
    candidate_content,
    description_content,
    digest,
    message_content,
    text_content,
)
from sigtrace.text import keep_text
from sigtrace.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sigtrace.signaling.content import Content
    from sigtrace.signaling.payload_search import Found, Opened
    from sigtrace.signaling.relayed_content import Payload

MAX_LAYERS: Final = 12
"""Objects of a message that are asked who it is for: what addresses it stands in the first two or three."""

MAX_MESSAGES: Final = 512
"""Messages in one payload: what waited for a peer that fetches seldom."""

MAX_REMARK: Final = 256
"""Characters of a remark: a line of a chart shows less, and `show` has all of it."""

_ICE: Final = frozenset({"candidate", "ice", "icecandidate"})
_INSIDE: Final = frozenset({"data", "payload", "message", "body", "content"})


class Heard(Value, frozen=True):
    """One message."""

    value: Any
    layers: tuple[
        Mapping[str, Any], ...
    ]  # the objects in it, from the outermost on, by plain key; then those around it
    carried: tuple[Found, ...]
    event: str | None = None  # of Socket.IO

    @property
    def verb(self) -> str | None:
        """What the application calls the message."""
        inner = self._inner_verb
        if self.event is None or (inner and meaning_of(self.event, from_client=True) is Meaning.CHAT):
            return inner
        return self.event

    @property
    def _inner_verb(self) -> str | None:
        verbs = [verb for layer in self.layers if (verb := _verb_in(layer)) is not None]
        if verbs:
            inner = len(verbs) > 1 and verbs[0].lower() in words.ENVELOPE
            return verbs[1] if inner else verbs[0]
        first = self.layers[0] if self.layers else {}
        left = [key for key in first if key not in words.WRITTEN and key not in words.ROOM]
        known = len(left) == 1 and meaning_of(left[0], from_client=True) is not Meaning.OTHER
        return left[0] if known else None

    def get(self, keys: Collection[str]) -> str | None:
        """Return the first id under one of some keys."""
        for layer in self.layers:
            for key in keys:
                if key in layer and (found := read_id(layer[key])) is not None:
                    return found
        return None

    @property
    def others(self) -> tuple[Listed, ...] | None:
        """Who else is there; None when it does not say."""
        for layer in self.layers:
            for key in words.OTHERS:
                if isinstance(layer.get(key), list | dict):
                    return tuple(_listed(layer[key]))
        return None

    @property
    def said(self) -> str | None:
        """What people say to each other with it."""
        for layer in self.layers:
            for key in words.TEXT:
                if isinstance(layer.get(key), str):
                    return str(layer[key])
        return None

    @property
    def ends_candidates(self) -> bool:
        """True when it says that there are no more candidates: null, empty, or `completed`."""
        for layer in self.layers:
            for key in _ICE & layer.keys():
                ice = layer[key]
                if ice is None or ice == "" or (isinstance(ice, dict) and ice.get("completed") is True):
                    return True
        return False

    def contents(self, payload: Payload, default: SignalKind) -> Iterator[Content]:
        """Yield the descriptions and candidates in it; `default` is what a description is that nothing tells."""
        for one in self.carried:
            holder = one.way[-1][0] if one.way else {}
            if one.carried.value == "description":
                yield description_content(self._kind(one, default), one.text, payload)
            else:
                near = {plain_key(key): value for key, value in holder.items()}
                mid, mline = _place(near)
                yield candidate_content(one.text, payload, mid=mid, mline=mline)

    def _kind(self, found: Found, default: SignalKind) -> SignalKind:
        """Tell an offer from an answer: by `type` beside it, its member's name, `a=setup`, the verbs around it."""
        beside = found.way[-1][0].get("type") if found.way else None
        names = [beside, *(key for _, key in reversed(found.way))]
        for name in names:
            if isinstance(name, str) and (kind := _KINDS.get(name.lower())) is not None:
                return kind
        if "a=setup:actpass" in found.text:
            return SignalKind.OFFER
        if "a=setup:active" in found.text or "a=setup:passive" in found.text:
            return SignalKind.ANSWER
        meaning = meaning_of(self.verb or "", from_client=True)
        return {Meaning.OFFER: SignalKind.OFFER, Meaning.ANSWER: SignalKind.ANSWER}.get(meaning, default)

    def content(self, meaning: Meaning, payload: Payload) -> Content:
        """Return what it says where it carries nothing."""
        said = self.said if isinstance(self.value, dict | list) else self.value
        if meaning is Meaning.CHAT and isinstance(said, str):
            return text_content(said, payload, label=self.verb)
        kept = without(_passed_on(self.value), words.WRITTEN)
        if meaning is Meaning.CANDIDATES_END or self.ends_candidates:
            return replace(candidate_content(None, payload), essence=digest("no more candidates", kept))
        kind = SignalKind.BYE if meaning in (Meaning.BYE, Meaning.LEAVE) else SignalKind.JSON
        if self.verb == "rollback":
            kind = SignalKind.ROLLBACK
        return message_content(kind, payload, label=self.verb, value={"verb": self.event, "value": kept})

    def remark(self) -> str:
        """Return its text for a remark, secrets masked."""
        text = json.dumps(_masked(without(self.value, frozenset(words.VERB))), ensure_ascii=False)
        return "" if text in ("{}", "[]", '""', "null") else keep_text(text[:MAX_REMARK])


def _verb_in(layer: Mapping[str, Any]) -> str | None:
    verbs = (layer.get(key) for key in words.VERB)
    return next((verb for verb in verbs if isinstance(verb, str) and 0 < len(verb) <= words.LONGEST_ID), None)


_KINDS = {kind.value: kind for kind in (SignalKind.OFFER, SignalKind.ANSWER, SignalKind.PRANSWER)}


def hear(opened: Opened, *, event: str | None = None, around: Mapping[str, Any] | None = None) -> list[Heard]:
    """Return the messages of a payload in order.

    Args:
        opened: the payload.
        event: of Socket.IO, whose arguments it then is.
        around: what stands beside it, by plain key: the query of its request.
    """
    value = opened.value
    if value is None:
        return []
    if event is not None:
        return [_heard(value, opened.found, event, _of_arguments(value, around or {}))]
    parts = _parts(value)
    if parts is None:
        return [_heard(value, opened.found, None, around or {})]
    outer = {**(around or {}), **(_flat(value) if isinstance(value, dict) else {})}
    parts = parts[:MAX_MESSAGES]
    own: dict[int, list[Found]] = {id(part): [] for part in parts}
    for one in opened.found:
        for holder in {id(step[0]) for step in one.way} & own.keys():
            own[holder].append(one)
    return [_heard(part, own[id(part)], None, outer) for part in parts]


def _heard(value: Any, found: Sequence[Found], event: str | None, around: Mapping[str, Any]) -> Heard:
    return Heard(value, (*_layers(value), around), tuple(found), event)


def _parts(value: Any) -> list[Any] | None:
    """Return the messages that a payload is a list of; None when it is one message."""
    if isinstance(value, dict):
        lists = [one for key, one in value.items() if plain_key(key) in words.BATCH and isinstance(one, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return None
    addressed = {*words.VERB, *words.TO, *words.FROM}
    return value if not value or any(addressed & _flat(one).keys() for one in value) else None


def _layers(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a value, the outer ones first."""
    places = deque([value])
    left = MAX_LAYERS
    while places and left:
        place = places.popleft()
        if isinstance(place, dict):
            left -= 1
            yield _call_of(_flat(place))
            places.extend(one for one in place.values() if isinstance(one, dict))
        elif isinstance(place, list):
            places.extend(one for one in place[:MAX_LAYERS] if isinstance(one, dict))


def _passed_on(value: Any) -> Any:
    """Return what a relay leaves as it is: of an envelope its verb and the one object in it, else all."""
    inside = [one for key, one in value.items() if plain_key(key) in _INSIDE] if isinstance(value, dict) else []
    if len(inside) != 1 or not isinstance(inside[0], dict) or not without(inside[0], words.WRITTEN):
        return value
    return {"verb": _verb_in(_flat(value)), "inside": inside[0]}


def _call_of(layer: dict[str, Any]) -> dict[str, Any]:
    """Return an object as it is; of one that calls a method, the `target` beside its `arguments` is no peer."""
    if not isinstance(layer.get("arguments"), list) or "target" not in layer:
        return layer
    return {"method": layer["target"], **{key: one for key, one in layer.items() if key != "target"}}


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    return {plain_key(key): one for key, one in value.items()}


def _of_arguments(value: Any, around: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take a short text among an event's arguments for an id: `emit("offer", id, description)`."""
    if not isinstance(value, list) or not any(isinstance(one, dict) for one in value):
        return around
    ids = [one for one in value if isinstance(one, str) and 0 < len(one) <= words.LONGEST_ID]
    return {**around, "argument": ids[0]} if ids else around


def _place(near: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the mid and the m-line of a candidate; AppRTC's `id` is a mid where `label` is beside it."""
    mid = next((near[key] for key in ("sdpmid", "mid") if key in near), None)
    mline = next((near[key] for key in ("sdpmlineindex", "mlineindex", "mline", "label") if key in near), None)
    return near.get("id") if mid is None and "label" in near else mid, mline


def _listed(value: Any) -> Iterator[Listed]:
    for one in list(value)[: MAX_MESSAGES * 8]:
        entry = value[one] if isinstance(value, dict) and isinstance(value[one], dict) else one
        peer = read_id(one) or read_id(entry)
        if peer is not None:
            names = _flat(entry) if isinstance(entry, dict) else {}
            name = next((names[key] for key in words.NAME if isinstance(names.get(key), str)), "")
            yield Listed(name=keep_text(name), peer=peer, connected=True)


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "***" if plain_key(key) in words.SECRET else _masked(one) for key, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list) else value
