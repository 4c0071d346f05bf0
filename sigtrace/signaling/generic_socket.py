"""Home-made signaling over Socket.IO: who clients are, arguments that mean something by their place, and copies.

Tutorials write `emit("join-room", room, name)` and `emit("user-connected", socket.id)`: no key says what is what. A
client's own id is known from its connecting; whether the program calls its clients by it shows in the other events.
What carries no description is for others when others got it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.signaling import generic_words as words
from sigtrace.signaling.bearer import bearer_of, socket_channel
from sigtrace.signaling.generic_message import hear
from sigtrace.signaling.generic_speaker import Speaker
from sigtrace.signaling.generic_words import Meaning, meaning_of
from sigtrace.signaling.payload_search import open_payload
from sigtrace.signaling.relayed_content import payload_of
from sigtrace.signaling.room_events import (
    Delivered,
    Identified,
    JoinAsked,
    Joined,
    LeaveAsked,
    PeerJoined,
    PeerLeft,
    Sent,
)
from sigtrace.signaling.socket_arguments import arguments_of
from sigtrace.signaling.socket_lifecycle import connected_as, decode_lifecycle
from sigtrace.signaling.socket_relays import content_of_copy, find_relays, is_socket_id
from sigtrace.text import keep_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sigtrace.application.socketio.packet import SocketPacket
    from sigtrace.notices import Notice
    from sigtrace.signaling.events import SignalingEvent
    from sigtrace.signaling.generic_message import Heard

_NAMESPACE: Final = "/#"
"""What servers of 1.4 put before their clients' ids, and their programs hand on."""

_QUOTED = re.compile(r'"([^"\\]{15,128})"')
_SOMEBODY: Final = frozenset({"user", "peer", "client", "member", "participant", "new", "other", "guest"})
_NAMING: Final = frozenset({"login", "logon", "register", "sign", "signin"})
_WORD = re.compile(r"[A-Za-z][a-z]*")


class HomeMadeSockets:
    """Decodes the packets of home-made signaling, each with what all of them tell.

    Args: packets: all of them, in order of time.
    """

    def __init__(self, packets: Sequence[SocketPacket]) -> None:
        self._relays = find_relays(packets)
        self._own = _own_ids(packets)

    def decode(self, packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
        """Yield what a packet says."""
        if packet.kind in (SocketPacketKind.EVENT, SocketPacketKind.ACK):
            yield from self._decode_said(packet)
            return
        for event in decode_lifecycle(packet):
            if not isinstance(event, Identified):
                yield event
            elif (own := self._own_of(packet)) is not None:
                yield Identified(bearer=event.bearer, at_ns=event.at_ns, peer=own)

    def _own_of(self, packet: SocketPacket) -> str | None:
        return self._own.get(socket_channel(packet.channel, packet.namespace))

    def _decode_said(self, packet: SocketPacket) -> Iterator[SignalingEvent | Notice]:
        opened = open_payload(packet.payload or "[]")
        relay = self._relays.get(packet.number)
        if relay is not None and not opened.found and _is_other(relay.said):
            bearer, content = bearer_of(packet), content_of_copy(packet, relay)
            if packet is relay.said:
                yield Sent(bearer=bearer, at_ns=packet.at_ns, content=content, to_all=relay.to_many)
            else:
                yield Delivered(bearer=bearer, at_ns=packet.at_ns, content=content)
            return
        own = self._own_of(packet)
        by_place = None if opened.found else _said_by_place(packet, own)
        if by_place is not None:
            yield by_place
            return
        speaker = Speaker(bearer_of(packet), payload_of(packet), {}, own)
        for heard in hear(opened, event=packet.name or packet.kind.value):
            joined = _let_in(packet, heard) if packet.name is None else None
            if joined is not None:
                yield joined
            else:
                yield from speaker.say(heard)


def _own_ids(packets: Iterable[SocketPacket]) -> dict[str, str]:
    """Return by channel of a namespace its client's id, where programs use those ids; else nothing."""
    own: dict[str, str] = {}
    used: set[str] = set()
    for packet in packets:
        if packet.kind is SocketPacketKind.CONNECT:
            given = connected_as(packet)
            if given is not None:
                own[socket_channel(packet.channel, packet.namespace)] = given
        else:
            used.update(_QUOTED.findall(packet.payload))
    if used.isdisjoint(own.values()):
        own = {channel: f"{_NAMESPACE}{given}" for channel, given in own.items()}
    return {} if used.isdisjoint(own.values()) else own


def _is_other(said: SocketPacket) -> bool:
    return meaning_of(said.name or "", from_client=True) in (Meaning.OTHER, Meaning.CHAT)


def _let_in(packet: SocketPacket, heard: Heard) -> SignalingEvent | None:
    """Return what an acknowledgement says that tells who else is there: it answers a joining."""
    others = heard.others
    if packet.from_client or others is None:
        return None
    own = heard.get((*words.OWN, *words.TO, *words.SOMEBODY))
    others = tuple(one for one in others if one.peer != own)
    return Joined(bearer=bearer_of(packet), at_ns=packet.at_ns, peer=own, others=others)


def _said_by_place(packet: SocketPacket, own: str | None) -> SignalingEvent | None:
    """Return what an event says whose arguments are plain texts: of a room, an id and a name in some order."""
    arguments = arguments_of(packet) or []
    if packet.name is None or any(isinstance(one, list | dict) for one in arguments):
        return None
    texts = [keep_text(one) for one in arguments if isinstance(one, str) and 0 < len(one) <= words.LONGEST_ID]
    if not texts:
        return None
    meaning = meaning_of(packet.name, from_client=packet.from_client)
    place: dict[str, Any] = {"bearer": bearer_of(packet), "at_ns": packet.at_ns}
    if packet.from_client:
        return _asked_by_place(meaning, packet.name, texts, place)
    if meaning is Meaning.LEFT:
        return PeerLeft(**place, peer=next(filter(is_socket_id, texts), texts[0]))
    return _joined_by_place(packet.name, texts, own, place) if meaning is Meaning.JOINED else None


def _asked_by_place(meaning: Meaning, verb: str, texts: list[str], place: dict[str, Any]) -> SignalingEvent | None:
    if meaning is Meaning.LEAVE:
        return LeaveAsked(**place, room=texts[0])
    if meaning is not Meaning.JOIN:
        return None
    if _words_of(verb) & _NAMING:
        return JoinAsked(**place, room=None, name=texts[0])
    return JoinAsked(**place, room=texts[0], name=texts[1] if len(texts) > 1 else None)


def _joined_by_place(verb: str, texts: list[str], own: str | None, place: dict[str, Any]) -> SignalingEvent:
    """Tell a newcomer that others are told of, by id or by name, from being let in oneself."""
    ids = [text for text in texts if is_socket_id(text)]
    others = [text for text in texts if not is_socket_id(text)]
    if ids and ids[0] != own:
        return PeerJoined(**place, peer=ids[0], name=others[0] if others else None)
    if not ids and _words_of(verb) & _SOMEBODY:
        return PeerJoined(**place, peer=texts[0])
    return Joined(**place, room=others[0] if others else None, counted=False)


def _words_of(verb: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(verb)}
