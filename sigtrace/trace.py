"""`Trace`: all that a capture says, immutable, in order of time; views and exports read nothing else."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from sigtrace.value import Struct, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.socketio.packet import EngineSession, SocketPacket
    from sigtrace.application.websocket.message import ControlFrame, Message
    from sigtrace.calls.acts import Act
    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.sessions import Session
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.verdict import Verdict
    from sigtrace.calls.waits import Wait
    from sigtrace.capture.facts import Capture
    from sigtrace.notices import Notice
    from sigtrace.packets.sieve import Tally
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.protocol import SignalingProtocol
    from sigtrace.signaling.recognition import ExchangeRole
    from sigtrace.streams.flow import Flow

    _OfSession = TypeVar("_OfSession", Peer, Wait, Act, Signal)


class DecodedFlow(Value, frozen=True, kw_only=True):
    """A TCP connection and what it spoke."""

    flow: Flow
    protocol: str  # "http", "websocket", "other"
    client_is_originator: bool


class Trace(Struct, frozen=True, kw_only=True, dict=True):
    """The result: every tuple is in order of time; numbers count from 1 over the whole trace."""

    captures: tuple[Capture, ...]
    tally: Tally
    flows: tuple[DecodedFlow, ...]
    exchanges: tuple[Exchange, ...]
    roles: tuple[ExchangeRole, ...]  # one an exchange, in the same order
    messages: tuple[Message, ...]  # of WebSockets; exchanges and messages are numbered together
    message_protocols: tuple[str, ...]  # one a message; "websocket" where no signaling protocol claims it
    controls: tuple[ControlFrame, ...]  # pings, pongs and closes of WebSockets
    socket_packets: tuple[SocketPacket, ...]  # of Socket.IO; they have numbers of their own, and name what bore them
    packet_protocols: tuple[str, ...]  # one a packet; "socket.io" where no signaling protocol claims it
    engine_sessions: tuple[EngineSession, ...]  # of Engine.IO, which is below Socket.IO
    sessions: tuple[Session, ...]
    peers: tuple[Peer, ...]
    waits: tuple[Wait, ...]
    acts: tuple[Act, ...]  # joining, leaving and all else that is neither a wait nor a signal, where channels are peers
    signals: tuple[Signal, ...]
    calls: tuple[Call, ...]
    verdicts: Mapping[int, Verdict]  # number of the call → its verdict
    protocols: tuple[SignalingProtocol, ...]  # that were looked for
    notices: tuple[Notice, ...]
    comments: Mapping[int, tuple[str, ...]]  # packet number → comments that the capture holds

    @property
    def first_ns(self) -> int:
        """Time of the first packet; 0 in a trace without packets."""
        return min((one.first_ns for one in self.captures if one.first_ns is not None), default=0)

    @property
    def last_ns(self) -> int:
        """Time of the last packet; 0 in a trace without packets."""
        return max((one.last_ns for one in self.captures if one.last_ns is not None), default=0)

    @property
    def packets(self) -> int:
        """Packets in all captures."""
        return sum(one.packets for one in self.captures)

    def exchange(self, number: int) -> Exchange | None:
        """Return an exchange by its number, also in a trace that holds a selection."""
        return self._exchange_by_number.get(number)

    def message(self, number: int) -> Message | None:
        """Return a WebSocket message by its number."""
        return self._message_by_number.get(number)

    def role(self, number: int) -> ExchangeRole | None:
        """Return the role of an exchange by its number."""
        return self._role_by_number.get(number)

    def protocol_of(self, number: int) -> str | None:
        """Return the protocol of an exchange or message by its number."""
        role = self.role(number)
        return role.protocol if role is not None else self._protocol_by_message.get(number)

    def signal(self, number: int) -> Signal | None:
        """Return a signal by its number."""
        return self._signal_by_number.get(number)

    def call(self, number: int) -> Call | None:
        """Return a call by its number."""
        return self._call_by_number.get(number)

    def peer(self, session: int, peer: PeerId | None) -> Peer | None:
        """Return a peer by its session and id."""
        return self._peer_by_id.get((session, peer)) if peer is not None else None

    def session(self, number: int) -> Session | None:
        """Return a session by its number."""
        return self._session_by_number.get(number)

    def peers_in(self, session: int) -> Sequence[Peer]:
        """Return the peers of a session, in order of time as all that follows."""
        return self._peers_by_session.get(session, ())

    def waits_in(self, session: int) -> Sequence[Wait]:
        """Return the waits of a session."""
        return self._waits_by_session.get(session, ())

    def acts_in(self, session: int) -> Sequence[Act]:
        """Return the acts of a session."""
        return self._acts_by_session.get(session, ())

    def signals_in(self, session: int) -> Sequence[Signal]:
        """Return the signals of a session."""
        return self._signals_by_session.get(session, ())

    @cached_property
    def _session_by_number(self) -> dict[int, Session]:
        return {session.number: session for session in self.sessions}

    @cached_property
    def _peers_by_session(self) -> dict[int, list[Peer]]:
        return _by_session(self.peers)

    @cached_property
    def _waits_by_session(self) -> dict[int, list[Wait]]:
        return _by_session(self.waits)

    @cached_property
    def _acts_by_session(self) -> dict[int, list[Act]]:
        return _by_session(self.acts)

    @cached_property
    def _signals_by_session(self) -> dict[int, list[Signal]]:
        return _by_session(self.signals)

    @cached_property
    def _exchange_by_number(self) -> dict[int, Exchange]:
        return {exchange.number: exchange for exchange in self.exchanges}

    @cached_property
    def _message_by_number(self) -> dict[int, Message]:
        return {message.number: message for message in self.messages}

    @cached_property
    def _role_by_number(self) -> dict[int, ExchangeRole]:
        return {exchange.number: role for exchange, role in zip(self.exchanges, self.roles, strict=True)}

    @cached_property
    def _protocol_by_message(self) -> dict[int, str]:
        return {one.number: name for one, name in zip(self.messages, self.message_protocols, strict=True)}

    @cached_property
    def _signal_by_number(self) -> dict[int, Signal]:
        return {signal.number: signal for signal in self.signals}

    @cached_property
    def _call_by_number(self) -> dict[int, Call]:
        return {call.number: call for call in self.calls}

    @cached_property
    def _peer_by_id(self) -> dict[tuple[int, PeerId], Peer]:
        return {(peer.session, peer.id): peer for peer in self.peers}


def _by_session(some: Iterable[_OfSession]) -> dict[int, list[_OfSession]]:
    grouped: dict[int, list[_OfSession]] = {}
    for one in some:
        grouped.setdefault(one.session, []).append(one)
    return grouped
