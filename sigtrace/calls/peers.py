"""Peers: who was there, under which number and name, from when to when, and how they left."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.signaling.events import MessageSent, SignedIn, SignedOut, WaitAnswer, Waited
from sigtrace.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigtrace.calls.sessions import SessionEvents
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.events import Listed, MailboxEvent, PeerId


class Departure(Enum):
    """How a peer left."""

    SIGNED_OUT = "signed-out"
    VANISHED = "vanished"  # the server told the others, or its connection ended, and the peer had said nothing
    DROPPED = "dropped"  # the server ended its connection


class Peer(Value, frozen=True, kw_only=True):
    """One peer's stay on a server."""

    session: int  # number of the session
    id: PeerId
    name: str | None  # as the server lists it
    server: Endpoint
    protocol: str
    address: str | None  # of its requests; None when it is only known from what others were told
    room: str | None = None
    joined_ns: int | None = None  # the answer to its sign-in; None when that was before the capture
    left_ns: int | None = None  # when the server let it go; of a vanished peer, when its last wait ended
    left: Departure | None = None
    sign_in: int | None = None  # number of the exchange or message by which it came
    others: int | None = None  # how many others were told to it when it signed in; None when that was not said
    is_server: bool = False  # a resource of the server itself, as a WHIP session is

    @property
    def label(self) -> str:
        """Its name, or its number when the name is not known."""
        return self.name or f"peer {self.id}"


class PeerRegistry:
    """Collects what the events of one session say of its peers.

    A peer is real when the server gave it a number, listed it, delivered for it or took a request of it; a number that
    only ever met refusals is nobody's.
    """

    def __init__(self, number: int, session: SessionEvents) -> None:
        self._number = number
        self._session = session
        self._peers: dict[PeerId, Peer] = {}
        self._told_left: dict[PeerId, int] = {}  # when the others were first told
        self._signed_out: dict[PeerId, SignedOut] = {}
        self._last_wait_ended: dict[PeerId, int] = {}

    def collect(self, closed_ns: Mapping[int, int]) -> dict[PeerId, Peer]:
        """Return the peers by number, in the order they appeared.

        Args: closed_ns: when each flow closed, by its number; what follows a sign-out follows that close.
        """
        for event in self._session.events:
            self._note(event)
        for peer in list(self._peers.values()):
            self._peers[peer.id] = self._departed(peer, closed_ns)
        return self._peers

    def _note(self, event: MailboxEvent) -> None:
        address = event.exchange.client.address
        if isinstance(event, Waited):
            if event.peer is not None and event.answer is not WaitAnswer.REFUSED:
                self._met(event.peer, address)
                self._note_wait_end(event, event.peer)
            if event.sender is not None:
                self._met(event.sender)
            self._note_listed(event.listed, event.answered_ns)
        elif isinstance(event, MessageSent):
            if event.sender is not None and event.accepted is not False:
                self._met(event.sender, address)
            if event.receiver is not None and event.accepted:
                self._met(event.receiver)
        elif isinstance(event, SignedIn):
            self._note_sign_in(event, address)
        elif isinstance(event, SignedOut):
            self._met(event.peer, address)
            self._signed_out.setdefault(event.peer, event)

    def _met(self, peer: PeerId, address: str | None = None, name: str | None = None) -> None:
        known = self._peers.get(peer)
        if known is None:
            self._peers[peer] = Peer(
                session=self._number,
                id=peer,
                name=name,
                server=self._session.server,
                protocol=self._session.protocol,
                address=address,
            )
        elif (known.address is None and address) or (known.name is None and name):
            self._peers[peer] = replace(known, address=known.address or address, name=known.name or name)

    def _note_sign_in(self, event: SignedIn, address: str) -> None:
        if event.peer is None:
            return
        self._met(event.peer, address, event.name)
        self._peers[event.peer] = replace(
            self._peers[event.peer],
            joined_ns=event.at_ns,
            sign_in=event.exchange.number,
            address=address,
            others=sum(other.connected for other in event.others) if event.counted else None,
        )
        for other in event.others:
            if other.connected:
                self._met(other.peer, name=other.name)

    def _note_listed(self, listed: tuple[Listed, ...], told_ns: int | None) -> None:
        for entry in listed:
            self._met(entry.peer, name=entry.name)
            if not entry.connected and told_ns is not None:
                self._told_left.setdefault(entry.peer, told_ns)

    def _note_wait_end(self, event: Waited, peer: PeerId) -> None:
        ended = event.answered_ns or event.exchange.ended_ns
        if ended is not None:
            self._last_wait_ended[peer] = max(ended, self._last_wait_ended.get(peer, 0))

    def _departed(self, peer: Peer, closed_ns: Mapping[int, int]) -> Peer:
        """Date a departure by what made the server act, not by the answer to a sign-out or by a late line."""
        told = self._told_left.get(peer.id)
        signed_out = self._signed_out.get(peer.id)
        if signed_out is not None:
            closed = closed_ns.get(signed_out.exchange.flow, signed_out.at_ns)
            left_ns = min(told, closed) if told is not None else closed
            return replace(peer, left=Departure.SIGNED_OUT, left_ns=max(left_ns, signed_out.at_ns))
        if told is not None:
            ended = self._last_wait_ended.get(peer.id)
            return replace(peer, left=Departure.VANISHED, left_ns=told if ended is None else min(ended, told))
        return peer


def name_unnamed_sign_ins(events: list[MailboxEvent]) -> list[MailboxEvent]:
    """Give a sign-in whose answer is damaged the number that its client's next request goes by.

    A number belongs to such a sign-in when no other sign-in was given it and it first appears, from the same address,
    after the sign-in was asked.
    """
    given = {event.peer for event in events if isinstance(event, SignedIn)}
    if None not in given:
        return events
    uses: dict[str, deque[tuple[int, PeerId]]] = {}  # address → (when, number), in order of time
    for at_ns, address, peer in _first_uses(events, given):
        uses.setdefault(address, deque()).append((at_ns, peer))
    return [
        _named(event, uses.get(event.exchange.client.address))
        if isinstance(event, SignedIn) and event.peer is None
        else event
        for event in events
    ]


def _first_uses(events: list[MailboxEvent], given: set[PeerId | None]) -> Iterator[tuple[int, str, PeerId]]:
    """Yield (when, address, number) of the first request of every number that no sign-in was given."""
    seen = set(given)
    for event in events:
        peer = event.sender if isinstance(event, MessageSent) else getattr(event, "peer", None)
        if peer is None or peer in seen or isinstance(event, SignedIn) or event.exchange.request is None:
            continue
        seen.add(peer)
        yield event.exchange.at_ns, event.exchange.client.address, peer


def _named(sign_in: SignedIn, uses: deque[tuple[int, PeerId]] | None) -> SignedIn:
    while uses and uses[0][0] < sign_in.exchange.at_ns:  # older than this sign-in, so than every later one too
        uses.popleft()
    return replace(sign_in, peer=uses.popleft()[1]) if uses else sign_in
