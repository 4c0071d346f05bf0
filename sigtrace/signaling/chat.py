"""Text chat over WebSocket: what one says, all get; who comes and goes, the others hear, and a newcomer gets the list.

There is no specification and there are no words of its own: any text is passed on unchanged, often JSON, often not. So
a chat is recognised by what it does (see `fan_out`), and who a client is stands in the path or query of its handshake,
or in what it says. From the server, a text that a client said before is that text; all else is the server's own word,
in which the usual ways to tell of coming, going and being there are known (see `room_words`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from sigtrace.application.http.message import Exchange
from sigtrace.application.websocket.message import Message, Opcode
from sigtrace.signaling.bearer import bearer_of, bearer_of_handshake
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.events import Listed
from sigtrace.signaling.fan_out import Hall, find_halls, target_of
from sigtrace.signaling.masking import mask_secrets
from sigtrace.signaling.message_json import read_value
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.relayed_content import digest, message_content, payload_of, text_content, why_unreadable
from sigtrace.signaling.room_events import (
    Delivered,
    JoinAsked,
    Joined,
    LeaveAsked,
    PeerJoined,
    PeerLeft,
    Remarked,
    RoomEvent,
    Sent,
)
from sigtrace.signaling.room_words import Deed, Saying, read_object, read_sentence
from sigtrace.text import decode_text
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.content import Content
    from sigtrace.signaling.events import SignalingEvent

_NAME_KEYS: Final = (b"name", b"user", b"username", b"userName", b"nick", b"nickname", b"uid", b"userId", b"id")
_ROOM_KEYS: Final = (b"room", b"roomId", b"roomName", b"channel")
_YOU: Final = frozenset({"you", "i"})


class TextChat(SignalingProtocol):
    """Text chat: each client's message goes to all."""

    name = "text-chat"

    def fit(self, unit: Unit) -> Fit:  # noqa: ARG002 - no message tells it by itself
        """No message is certain by itself: see `claim`."""
        return Fit.NONE

    def claim(self, units: Sequence[Unit]) -> Iterable[Unit]:
        """Return the messages and handshakes of halls that fan out texts, and negotiate nothing."""
        for hall in find_halls(units, _key_of):
            if (
                ((hall.fans_out and _says_something(hall)) or _says_own_words(hall))
                and not hall.sends_binary
                and not hall.negotiates
            ):
                yield from hall.handshakes
                yield from hall.messages

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what a unit says with nothing around it."""
        yield from self.decode_together([unit])

    def decode_together(self, units: Sequence[Unit]) -> Iterator[SignalingEvent | Notice]:
        """Yield what is said in each hall, by whom, and what the server says itself."""
        for hall in find_halls(units, _key_of):
            yield from _Listener(hall).events()


def _key_of(message: Message) -> Any:
    """Return what a text and its copies have in common: the room that it is for, and what is said, else all of it.

    Coming, going and beating are for the server, which may tell the others in the same words. It may write sender
    and time around what is said.
    """
    if message.opcode is not Opcode.TEXT or message.sha256 is None:
        return None
    saying = _read(message)
    if saying.deed not in (Deed.SAY, Deed.OTHER):
        return None
    said = saying.text if saying.deed is Deed.SAY and message.data is not None else None
    return _queried(message.target, _ROOM_KEYS), message.sha256 if said is None else digest("said", said)


def _says_something(hall: Hall) -> bool:
    """Tell whether clients say something to each other: moves of a game and edits of a document fan out too."""
    said = (one for one in hall.messages if one.from_client and not isinstance(read_value(one.data), list))
    return any(_read(one).deed is Deed.SAY and hall.spreads(one) for one in said)


def _says_own_words(hall: Hall) -> bool:
    """Tell whether the server is the most copied one: enough where only one client was captured."""
    values = (read_value(message.data) for message in hall.messages if not message.from_client)
    return any(isinstance(value, dict) and _is_own_word(value) for value in values)


def _is_own_word(value: dict[str, Any]) -> bool:
    if value.keys() == {"type", "list"}:
        return value["type"] == "get_online_user" and isinstance(value["list"], list)
    return value.keys() == {"type", "user"} and value["type"] in ("user_join", "user_leave")


def _queried(target: bytes | None, keys: Sequence[bytes]) -> str | None:
    """Return the first of some members of a target's query that is not empty."""
    query = b"" if target is None else target.partition(b"?")[2]
    members = dict(part.partition(b"=")[::2] for part in query.split(b"&"))
    found = next((members[key] for key in keys if members.get(key)), None)
    return None if found is None else _unquoted(found.replace(b"+", b" "))


def _unquoted(part: bytes) -> str:
    return decode_text(unquote_to_bytes(part))


class _Listener:
    """Listens to one hall, one unit after the other.

    Args: hall: all of it.
    """

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._names: dict[int, str] = {}  # by flow, of its client
        self._ask: set[int] = set()  # flows over which a client asks to join by a message
        self._told_of: set[str] = set()  # names of others, by the server; it may be that not all were captured
        self._announced_ns: dict[str, int] = {}  # when the others were last told that somebody came
        self._greeted: set[int] = set()  # flows that got a list since they were opened
        self._opened_ns = {one.flow: one.at_ns for one in hall.handshakes}
        self._find_names()
        self._present = set(self._names.values())

    def _find_names(self) -> None:
        """Call each client what it asks to join as, else what its handshake says, else what it says that it is."""
        asked: dict[int, str] = {}
        spoke: dict[int, str] = {}
        for message in self._hall.messages:
            saying = _read(message) if message.from_client else None
            if saying is not None and saying.deed is Deed.JOIN:
                self._ask.add(message.flow)
            if saying is not None and saying.who is not None and saying.deed in (Deed.JOIN, Deed.SAY):
                (asked if saying.deed is Deed.JOIN else spoke).setdefault(message.flow, saying.who)
        units: list[Exchange | Message] = [*self._hall.handshakes, *self._hall.messages]
        for unit in units:
            if unit.flow not in self._names:
                name = asked.get(unit.flow) or self._name_in(target_of(unit)) or spoke.get(unit.flow)
                if name is not None:
                    self._names[unit.flow] = name

    def _name_in(self, target: bytes | None) -> str | None:
        name = _queried(target, _NAME_KEYS)
        if name is None and target is not None and self._hall.where.by_member:
            name = _unquoted(target.partition(b"?")[0].rpartition(b"/")[2]) or None
        return name

    def events(self) -> Iterator[SignalingEvent]:
        units: list[Exchange | Message] = [*self._hall.handshakes, *self._hall.messages]
        for unit in sorted(units, key=_place_in_time):
            if isinstance(unit, Exchange):
                yield from self._handshake(unit)
            elif unit.opcode is Opcode.BINARY:
                yield _remark(unit, "binary", f"{unit.wire_length} bytes")
            elif unit.sha256 is None:
                yield _remark(unit, "unreadable", why_unreadable(unit) or "")
            else:
                yield from self._said(unit) if unit.from_client else self._told(unit)

    def _handshake(self, exchange: Exchange) -> Iterator[SignalingEvent]:
        bearer = bearer_of_handshake(exchange)
        if bearer is not None and exchange.flow not in self._ask:
            name = self._names.get(exchange.flow)
            yield JoinAsked(bearer=bearer, at_ns=exchange.at_ns, room=self._room(exchange), peer=name, name=name)

    def _room(self, unit: Exchange | Message) -> str | None:
        """Name the room: as the query says, else by the end of the path."""
        queried = _queried(target_of(unit), _ROOM_KEYS)
        path = self._hall.where.path
        if path is None or queried is not None:
            return queried
        return _unquoted(path.rstrip(b"/").rpartition(b"/")[2]) or "/"

    # --- what clients say

    def _said(self, unit: Message) -> Iterator[SignalingEvent]:
        saying = _read(unit)
        if saying.deed is Deed.JOIN:
            yield self._make(JoinAsked, unit, room=saying.room or self._room(unit), peer=saying.who, name=saying.who)
        elif saying.deed is Deed.LEAVE:
            yield self._make(LeaveAsked, unit, room=saying.room or self._room(unit))
        elif saying.deed is Deed.SAY or self._hall.spreads(unit):
            yield self._make(
                Sent, unit, content=self._content(unit, saying), to_all=True, sender=self._names.get(unit.flow)
            )
        else:
            yield _remark(unit, saying.verb or saying.deed.value, _text_of(unit))

    # --- what the server says

    def _told(self, unit: Message) -> Iterator[SignalingEvent]:
        saying = _read(unit)
        copy = unit.number in self._hall.copies
        if saying.deed is Deed.SAY and not copy:
            saying = self._own_word(saying)
        if saying.deed is Deed.LIST:
            yield self._listed(unit, saying)
        elif saying.deed in (Deed.JOIN, Deed.LEAVE) and saying.who is not None:
            yield self._moved(unit, saying, saying.who)
        elif copy:
            if saying.deed is Deed.SAY or self._hall.spreads(unit):
                yield self._make(Delivered, unit, content=self._content(unit, saying))
            else:
                yield _remark(unit, saying.verb or saying.deed.value, _text_of(unit))
        elif saying.deed is Deed.SAY and saying.who in self._told_of and saying.who not in self._present:
            yield self._make(Delivered, unit, content=self._content(unit, saying), sender=saying.who)
        else:
            yield _remark(unit, saying.verb or "text", saying.text or _text_of(unit))

    def _own_word(self, saying: Saying) -> Saying:
        """Read what no client said as a sentence of the server; what names somebody who speaks is none."""
        sentence = read_sentence(saying.text or "")
        if sentence is None or saying.who in self._told_of or saying.who in self._present:
            return saying
        return replace(sentence, verb=saying.verb, room=saying.room)

    def _listed(self, unit: Message, saying: Saying) -> RoomEvent:
        """The first list after a handshake is the answer to it; one later tells nothing new."""
        self._told_of.update(saying.names)
        opened_ns = self._opened_ns.get(unit.flow)
        if unit.flow not in self._greeted and opened_ns is not None:
            self._recognise_newcomer(unit.flow, saying.names, opened_ns)
        own = self._names.get(unit.flow)
        known = saying.verb is not None or own in saying.names
        if unit.flow in self._greeted or opened_ns is None or not known:
            return _remark(unit, saying.verb or "list", ", ".join(saying.names))
        self._greeted.add(unit.flow)
        others = tuple(Listed(name, name, connected=True) for name in saying.names if name != own)
        return self._make(Joined, unit, room=saying.room or self._room(unit), peer=own, others=others)

    def _recognise_newcomer(self, flow: int, names: Sequence[str], opened_ns: int) -> None:
        """A client that has not said its name is the one in its first list that the others were just told of."""
        came = [name for name in names if self._announced_ns.get(name, -1) >= opened_ns and name not in self._present]
        if flow not in self._names and len(came) == 1:
            self._names[flow] = came[0]
            self._present.add(came[0])

    def _moved(self, unit: Message, saying: Saying, who: str) -> RoomEvent:
        room = saying.room or self._room(unit)
        own = who.lower() in _YOU or who == self._names.get(unit.flow)
        if not own:
            self._told_of.add(who)
        if own and saying.deed is Deed.LEAVE:
            return _remark(unit, saying.verb or "left", saying.text or "")
        if own:
            return self._make(Joined, unit, room=room, counted=False)
        if saying.deed is Deed.LEAVE:
            return self._make(PeerLeft, unit, peer=who, room=room)
        self._announced_ns[who] = unit.at_ns
        return self._make(PeerJoined, unit, peer=who, name=who, room=room)

    # --- both

    def _content(self, unit: Message, saying: Saying) -> Content:
        """Make the content of a text: one of a room is no copy of the same in another."""
        payload = payload_of(unit)
        if unit.data is None:
            return message_content(SignalKind.UNREADABLE, payload)
        if saying.deed is Deed.SAY and saying.text is not None:
            content = text_content(saying.text, payload, label=saying.verb)
        else:
            content = message_content(SignalKind.JSON, payload, label=saying.verb)
        return replace(content, essence=digest(str(self._hall.where.path), self._hall.keys.get(unit.number)))

    @staticmethod
    def _make(kind: type[RoomEvent], unit: Message, **facts: Any) -> RoomEvent:
        return kind(bearer=bearer_of(unit), at_ns=unit.at_ns, **facts)


def _read(unit: Message) -> Saying:
    """Read what a text says: JSON by its members; all else is said as it stands."""
    if unit.opcode is not Opcode.TEXT or unit.sha256 is None:
        return Saying(deed=Deed.OTHER, verb=None)
    value = read_value(unit.data)
    if isinstance(value, dict):
        return read_object(value)
    return Saying(deed=Deed.SAY, verb=None, text=_text_of(unit))


def _text_of(unit: Message) -> str:
    return decode_text(unit.data or b"")


def _remark(unit: Message, name: str, text: str) -> Remarked:
    return Remarked(bearer=bearer_of(unit), at_ns=unit.at_ns, name=name, text=mask_secrets(text))


def _place_in_time(unit: Exchange | Message) -> tuple[int, int]:
    return unit.at_ns, unit.number
