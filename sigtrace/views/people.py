"""Who is who: the names of peers for people, and which peer made an exchange."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sigtrace.signaling.events import PeerId
from sigtrace.views.abridged import abridged

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.sessions import Session
    from sigtrace.trace import Trace

_PEER_ID = re.compile(rb"peer_id=\s*(-?\d{1,10})")


class Stranger(NamedTuple):
    """Someone known by address only: the server gave it no number, or we did not see it do so."""

    address: str


class TheServer(NamedTuple):
    """The server's own place among those who talk."""


Party: TypeAlias = PeerId | Stranger | TheServer
SERVER = TheServer()


class People:
    """Answers of a trace to the question who someone is."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def name(self, session: int, peer: PeerId | None) -> str:
        """Name a peer in running text: `alice@host-a`, or `peer 7` when only its number is known."""
        if peer is None:
            return "someone"
        known = self._trace.peer(session, peer)
        return abridged(known.label) if known else f"peer {peer}"

    def address(self, session: int, peer: PeerId) -> str | None:
        """Say where a peer sits, if that is known."""
        known = self._trace.peer(session, peer)
        return known.address if known else None

    def numbered(self, session: int, peer: PeerId | None) -> str:
        """Name a peer with its number: `alice@host-a (1)`."""
        name = self.name(session, peer)
        return name if peer is None or name == f"peer {peer}" else f"{name} ({peer})"

    def short(self, session: int, peer: PeerId | None) -> str:
        """Name a peer without its host, unless two would then be called the same."""
        name = self.name(session, peer)
        brief = name.partition("@")[0]
        return brief if brief and self._shared.get((session, brief)) == 1 else name

    def short_numbered(self, session: int, peer: PeerId | None) -> str:
        """Name a peer briefly, and with its number, for tables."""
        name = self.short(session, peer)
        return name if peer is None or name == f"peer {peer}" else f"{name} ({peer})"

    def author(self, exchange: Exchange, session: int) -> PeerId | Stranger:
        """Say who made an exchange: the peer it is about, else whoever sits at its address."""
        peer = self._authors.get(exchange.number)
        if peer is None and exchange.request is not None:
            found = _PEER_ID.search(exchange.request.target)
            if found and self._trace.peer(session, int(found[1])):
                peer = int(found[1])
        return Stranger(exchange.client.address) if peer is None else peer

    def session_of(self, exchange: Exchange) -> int | None:
        """Say to which session an exchange belongs; None when its server is no signaling server."""
        number = self._sessions.get(exchange.number)
        if number is not None:
            return number
        runs = [one for one in self._runs.get(exchange.server, ()) if one.started_ns <= exchange.at_ns]
        return runs[-1].number if runs else None

    @cached_property
    def _authors(self) -> dict[int, PeerId]:
        authors = {peer.sign_in: peer.id for peer in self._trace.peers if peer.sign_in is not None}
        for signal in self._trace.signals:
            if signal.sent_exchange is not None and signal.sender is not None:
                authors[signal.sent_exchange] = signal.sender
        authors.update({wait.exchange: wait.peer for wait in self._trace.waits if wait.peer is not None})
        return authors

    @cached_property
    def _sessions(self) -> dict[int, int]:
        sessions = {peer.sign_in: peer.session for peer in self._trace.peers if peer.sign_in is not None}
        for signal in self._trace.signals:
            for exchange in (signal.sent_exchange, signal.delivered_exchange):
                if exchange is not None:
                    sessions[exchange] = signal.session
        sessions.update({wait.exchange: wait.session for wait in self._trace.waits})
        return sessions

    @cached_property
    def _runs(self) -> dict[object, list[Session]]:
        runs: dict[object, list[Session]] = {}
        for session in self._trace.sessions:
            runs.setdefault(session.server, []).append(session)
        return runs

    @cached_property
    def _shared(self) -> dict[tuple[int, str], int]:
        shared: dict[tuple[int, str], int] = {}
        for peer in self._trace.peers:
            key = (peer.session, abridged(peer.label).partition("@")[0])
            shared[key] = shared.get(key, 0) + 1
        return shared
