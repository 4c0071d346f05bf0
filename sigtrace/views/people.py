"""Who is who: the names of peers for people, and which peer made an exchange or got a message."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sigtrace.application.http.message import Exchange
from sigtrace.signaling.events import PeerId
from sigtrace.views.abridged import abridged
from sigtrace.views.engine_authors import find_engine_authors

if TYPE_CHECKING:
    from sigtrace.application.websocket.message import Message
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.sessions import Session
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.trace import Trace

LONG_ID: Final = 12
"""Characters of an id from which on its first ones do: people tell `6f1c0a2e` from `b07d4411`, and not all 36."""

BRIEF_ID: Final = 8


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
        """Name a peer in running text: `alice@host-a`; without a name, by its id, or `peer 7` by its number."""
        if peer is None:
            return "someone"
        known = self._trace.peer(session, peer)
        return abridged(known.name) if known and known.name else _id_as_name(peer)

    def address(self, session: int, peer: PeerId) -> str | None:
        """Say where a peer sits, if that is known."""
        known = self._trace.peer(session, peer)
        return known.address if known else None

    def numbered(self, session: int, peer: PeerId | None) -> str:
        """Name a peer with its number: `alice@host-a (1)`."""
        return self._with_id(session, peer, self.name(session, peer))

    def short(self, session: int, peer: PeerId | None) -> str:
        """Name a peer without its host, or by the first letters of a long id, unless two would then be called alike."""
        name = self.name(session, peer)
        brief = _brief(name)
        return brief if brief and self._shared.get((session, brief)) == 1 else name

    def short_numbered(self, session: int, peer: PeerId | None) -> str:
        """Name a peer briefly, and with its number, for tables."""
        return self._with_id(session, peer, self.short(session, peer))

    def tag(self, session: int, peer: PeerId) -> str | None:
        """Return the id that stands beside a peer's name; None where the name is the id."""
        return None if self.name(session, peer) == _id_as_name(peer) else _brief_id(peer)

    def party(self, session: int, peer: PeerId) -> Party:
        """Return whose place in a chart a peer has: what the server is itself has the server's."""
        known = self._trace.peer(session, peer)
        return SERVER if known is not None and known.is_server else peer

    def author(self, carrier: Exchange | Message, session: int) -> PeerId | Stranger:
        """Say who made an exchange, or whose message it is: the peer it is about, else whoever sits at its address."""
        peer = self._authors.get(carrier.number)
        if peer is None:
            role = self._trace.role(carrier.number)
            known = self._trace.peer(session, role.peer) if role is not None else None
            peer = known.id if known is not None else None
        return Stranger(carrier.client.address) if peer is None else peer

    def session_of(self, carrier: Exchange | Message) -> int | None:
        """Say to which session an exchange or message belongs; None when its server is no signaling server."""
        number = self._sessions.get(carrier.number)
        if number is not None:
            return number
        protocol = self._trace.protocol_of(carrier.number)
        same = self._run_at(carrier, protocol)
        return self._run_at(carrier, None) if same is None and isinstance(carrier, Exchange) else same

    def _run_at(self, carrier: Exchange | Message, protocol: str | None) -> int | None:
        """Return the last session before an exchange or message on its server: of a protocol, or of any."""
        runs = self._runs.get((carrier.server, protocol), [])
        before = bisect_right(runs, carrier.at_ns, key=attrgetter("started_ns"))
        return runs[before - 1].number if before else None

    def _with_id(self, session: int, peer: PeerId | None, name: str) -> str:
        tag = None if peer is None else self.tag(session, peer)
        return name if tag is None else f"{name} ({tag})"

    @cached_property
    def _authors(self) -> dict[int, PeerId]:
        authors = {act.number: act.peer for act in self._trace.acts if act.number is not None}
        authors.update({peer.sign_in: peer.id for peer in self._trace.peers if peer.sign_in is not None})
        for signal in self._trace.signals:
            own, others = signal.sent_by, signal.delivered_message
            sender = signal.sender
            if sender is not None and self._is_server(signal.session, sender):
                sender = signal.receiver
            if own is not None and sender is not None:
                authors[own] = sender
            if others is not None and signal.receiver is not None:
                authors[others] = signal.receiver
        authors.update({wait.exchange: wait.peer for wait in self._trace.waits if wait.peer is not None})
        return {**dict(find_engine_authors(self._trace, authors)), **authors}

    def _is_server(self, session: int, peer: PeerId) -> bool:
        known: Peer | None = self._trace.peer(session, peer)
        return known is not None and known.is_server

    @cached_property
    def _sessions(self) -> dict[int, int]:
        sessions = {act.number: act.session for act in self._trace.acts if act.number is not None}
        sessions.update({peer.sign_in: peer.session for peer in self._trace.peers if peer.sign_in is not None})
        for signal in self._trace.signals:
            for number in (signal.sent_by, signal.delivered_by):
                if number is not None:
                    sessions[number] = signal.session
        sessions.update({wait.exchange: wait.session for wait in self._trace.waits})
        return sessions

    @cached_property
    def _runs(self) -> dict[tuple[Endpoint, str | None], list[Session]]:
        runs: dict[tuple[Endpoint, str | None], list[Session]] = {}
        for session in sorted(self._trace.sessions, key=attrgetter("started_ns")):
            for protocol in (session.protocol, None):
                runs.setdefault((session.server, protocol), []).append(session)
        return runs

    @cached_property
    def _shared(self) -> dict[tuple[int, str], int]:
        shared: dict[tuple[int, str], int] = {}
        for session, peer in {(one.session, one.id) for one in self._trace.peers}:
            key = (session, _brief(self.name(session, peer)))
            shared[key] = shared.get(key, 0) + 1
        return shared


def name_room(room: str) -> str:
    """Name a room: one that a program made up by the beginning of its name."""
    return f"{room[:BRIEF_ID]}…" if is_long_id(room) else abridged(room) or "without a name"


def _id_as_name(peer: PeerId) -> str:
    return f"peer {peer}" if isinstance(peer, int) else abridged(peer)


def _brief(name: str) -> str:
    """Return what is left of a name without its host, of an address with its port, of an id without most of it."""
    before, at, _ = name.partition("@")
    if at:
        return before
    return _beginning(name) if is_long_id(name) else name


def _brief_id(peer: PeerId) -> str:
    text = str(peer)
    return _beginning(text) if is_long_id(text) else abridged(text)


def _beginning(long_id: str) -> str:
    """Return what tells a long id apart: of `/chat#7RrAsGsFWQBO`, behind its namespace, as much as of others."""
    namespace, sign, own = long_id.partition("#")
    named = 1 < len(namespace) <= LONG_ID and namespace.startswith("/")
    return f"{namespace}{sign}{own[:BRIEF_ID]}" if named else long_id[:BRIEF_ID]


_RANDOM = re.compile(r"[0-9A-Za-z_#/-]*")


def is_long_id(text: str) -> bool:
    """Tell whether a text is an id of the kind that machines make: long, with digits, without a blank or a dot.

    A path is none, though such an id may be in it: its beginning is that of its neighbours. `/chat#Xk2…` is no path.
    """
    if text.startswith("/") and "#" not in text:
        return False
    return len(text) > LONG_ID and bool(_RANDOM.fullmatch(text)) and any(one.isdecimal() for one in text)
