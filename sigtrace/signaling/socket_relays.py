"""Which events of clients a Socket.IO server passed on to other clients, where no protocol says so.

Theory of operation. Servers of this kind are a few lines: an event of one client goes to others under the same name, as
it was, or with the sender's id or name and a time added, or without the room or the id that it was for. So an event of
the server is taken for a copy of one of the same name with the same values, but for a few, that was sent right before.
Ids of clients are no values: they are what changes, and tell instead whom an event is for. Of several the likest, then
the newest counts; when that is the client's own, the server only answers it, unless others got the same.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.signaling.bearer import socket_channel, socket_id
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.relayed_content import message_content, payload_of, text_content
from sigtrace.signaling.socket_arguments import arguments_of
from sigtrace.signaling.socket_lifecycle import connected_as
from sigtrace.text import keep_text
from sigtrace.value import Struct, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.application.socketio.packet import SocketPacket
    from sigtrace.signaling.content import Content

PROMPT_NS: Final = 10_000_000_000
"""How long after an event its copy may come: the server passes it on at once, and a poll may be a while away."""

RECENT: Final = 16
"""Events of one name that a copy may be of: as many clients may move a cursor at the same time."""

MAX_VALUES: Final = 32
"""Values of one event that are compared each by itself; those of more must all be the same."""

ADDED: Final = 4
"""Values that a server may add: the sender, its name, a time, a number."""

DROPPED: Final = 2
"""Values that a server may leave away: the room, and whom it is for."""

TELLING: Final = 4
"""Characters of a text that is hardly the same by chance, in an event of which other values differ."""

_ID = re.compile(r"(?:/[^#]{0,64}#)?[A-Za-z0-9_-]{20}|\d{15,20}")
"""An id of a client: 15 random bytes in base64 since 1.0, digits in early 0.9."""


class Relay(NamedTuple):
    """What an event was passed on as, or is a copy of."""

    said: SocketPacket  # the event of the client
    to_many: bool  # more than one other got it


def find_relays(packets: Iterable[SocketPacket]) -> dict[int, Relay]:
    """Find events that were passed on to others.

    Args: packets: in order of time.
    Returns: by number of a packet what it is of; an event that has copies, and each of its copies.
    """
    search = _Search()
    for packet in packets:
        search.take(packet)
    return search.finished()


class _Said(Struct):
    packet: SocketPacket
    values: Counter[Any]
    mentions: frozenset[str]  # ids of clients
    copies: list[SocketPacket] = field(default_factory=list)
    answered: SocketPacket | None = None  # by the first event of the same to the client itself
    taken_by: set[str] = field(default_factory=set)  # channels


class _Search:
    def __init__(self) -> None:
        self._recent: dict[tuple[Any, ...], deque[_Said]] = {}
        self._passed_on: dict[int, _Said] = {}  # by number
        self._entered_ns: dict[str, int] = {}  # by channel of a namespace
        self._ids: dict[str, str] = {}  # likewise

    def take(self, packet: SocketPacket) -> None:
        channel = socket_channel(packet.channel, packet.namespace)
        if packet.kind is SocketPacketKind.CONNECT:
            self._meet(packet, channel)
        if packet.kind is not SocketPacketKind.EVENT or packet.missing:
            return
        key = (packet.server, packet.path, packet.namespace, packet.name)
        recent = self._recent.get(key)
        if not packet.from_client:
            if recent is not None:
                self._find(packet, channel, recent)
            return
        if recent is None:
            recent = self._recent[key] = deque(maxlen=RECENT)
        values, mentions = _said_in(packet)
        recent.append(_Said(packet, values, mentions - {self._own(packet, channel)}))

    def _meet(self, packet: SocketPacket, channel: str) -> None:
        """What was said before a client came is no copy for it: it may be what the server remembers."""
        self._entered_ns.setdefault(channel, packet.at_ns)
        own = connected_as(packet)
        if own is not None:
            self._ids[channel] = own

    def _own(self, packet: SocketPacket, channel: str) -> str | None:
        return self._ids.get(channel) or socket_id(packet)

    def _find(self, packet: SocketPacket, channel: str, recent: deque[_Said]) -> None:
        values, _ = _said_in(packet)
        own = self._own(packet, channel)
        since_ns = max(packet.at_ns - PROMPT_NS, self._entered_ns.get(channel, 0))
        found: _Said | None = None
        best = _UNLIKE
        for said in reversed(recent):
            if said.packet.at_ns < since_ns:
                break
            if packet.channel in said.taken_by:
                continue
            rank = _rank(said.values, values) + 2 * bool(own and said.mentions and own not in said.mentions)
            if rank < best:
                found, best = said, rank
        if found is not None:
            self._take_copy(found, packet)

    def _take_copy(self, said: _Said, packet: SocketPacket) -> None:
        said.taken_by.add(packet.channel)
        if packet.channel == said.packet.channel:
            said.answered = packet
        else:
            said.copies.append(packet)
            self._passed_on[said.packet.number] = said

    def finished(self) -> dict[int, Relay]:
        relays: dict[int, Relay] = {}
        for said in self._passed_on.values():
            own = () if said.answered is None else (said.answered,)
            relay = Relay(said.packet, to_many=len(said.copies) > 1)
            for packet in (said.packet, *said.copies, *own):
                relays[packet.number] = relay
        return relays


_UNLIKE: Final = 4


def _rank(said: Counter[Any], told: Counter[Any]) -> int:
    """Rank how like a copy is: 0 when the one holds all of the other, 1 when they share something telling."""
    if said and said.keys().isdisjoint(told):
        return _UNLIKE  # as nearly all that are none
    dropped, added = said - told, told - said
    if dropped.total() > DROPPED or added.total() > ADDED:
        return _UNLIKE
    if not dropped or (told and not added):
        return 0
    shared = (said & told).keys()
    telling = any(isinstance(value, str | bytes) and len(value) >= TELLING for value in shared)
    return 1 if telling else _UNLIKE


def content_of_copy(packet: SocketPacket, relay: Relay) -> Content:
    """Make the content of an event that was passed on, or of a copy: the number of what it is a copy of pairs them."""
    label = keep_text(packet.name or "")
    text = text_of(relay.said)
    if text is None:
        content = message_content(SignalKind.JSON, payload_of(packet), label=label)
    else:
        content = text_content(text, payload_of(packet), label=label)
    return replace(content, essence=f"socket.io {relay.said.number}")


def is_socket_id(text: str) -> bool:
    """Tell whether a text looks like the id of a client."""
    return _ID.fullmatch(text) is not None


def text_of(packet: SocketPacket) -> str | None:
    """Return what an event says when that is one text, ids aside."""
    values = list(_said_in(packet)[0].elements())
    return values[0] if len(values) == 1 and isinstance(values[0], str) else None


def _said_in(packet: SocketPacket) -> tuple[Counter[Any], frozenset[str]]:
    """Return the values in an event's arguments, binary ones as their digests, and apart from them ids of clients."""
    arguments = arguments_of(packet)
    values: Counter[Any] = Counter()
    mentions: set[str] = set()
    waiting: list[Any] = [arguments if arguments is not None else packet.payload]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += [_attachment(value, packet)] if value.get("_placeholder") is True else value.values()
        elif isinstance(value, str) and is_socket_id(value):
            mentions.add(value)
        elif value is not None:
            values[value] += 1
    if values.total() <= MAX_VALUES:
        return values, frozenset(mentions)
    whole = sha256(repr(sorted(map(repr, values.items()))).encode("utf-8", "surrogatepass"))
    return Counter([whole.digest()]), frozenset(mentions)


def _attachment(placeholder: dict[str, Any], packet: SocketPacket) -> bytes | None:
    number = placeholder.get("num")
    if not isinstance(number, int) or not 0 <= number < len(packet.attachments):
        return None
    return sha256(packet.attachments[number]).digest()
