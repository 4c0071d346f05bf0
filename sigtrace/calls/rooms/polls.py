"""The hanging GETs of Engine.IO sessions and of home-made mailboxes → waits, as `/wait` is one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from sigtrace.application.socketio.packet import EnginePacketKind, Poll
from sigtrace.calls.waits import Release, Wait, release_without_answer
from sigtrace.signaling.room_events import PeerJoined, PeerLeft, Polled
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.socketio.packet import EngineSession
    from sigtrace.calls.signals import Signal
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent


def poll_of(event: Polled) -> Poll:
    """Return a poll of a home-made mailbox as Engine.IO's are; no packets are in its answer."""
    exchange = event.exchange
    return Poll(
        exchange=exchange.number,
        channel=event.bearer.channel,
        asked_ns=exchange.request.span.end_ns if exchange.request else None,
        answered_ns=exchange.response.span.start_ns if exchange.response else None,
        refused=exchange.response is not None and exchange.response.status >= HTTPStatus.BAD_REQUEST,
        packets=(),
    )


class HangingPolls:
    """What is to be known of the polls of one session.

    Args:
        exchanges: by number.
        engines: the Engine.IO sessions, by channel.
        last_ns: the time of the capture's last packet, where open polls end.
    """

    def __init__(self, exchanges: Mapping[int, Exchange], engines: Mapping[str, EngineSession], last_ns: int) -> None:
        self._exchanges = exchanges
        self._engines = engines
        self._last_ns = last_ns

    def waits(
        self,
        session: int,
        polls: Mapping[PeerId, Sequence[Poll]],
        signals: Iterable[Signal],
        events: Iterable[RoomEvent],
    ) -> list[Wait]:
        """Make waits of polls.

        Args:
            session: number of it.
            polls: of each peer, in order of time.
            signals: of the session; a poll is released by the first that it delivered.
            events: of the session, for what else an answer said.
        """
        delivered: dict[int, Signal] = {}
        for signal in signals:
            if signal.delivered_exchange is not None:
                delivered.setdefault(signal.delivered_exchange, signal)
        presence: dict[int, PeerJoined | PeerLeft | Polled] = {}
        for event in events:
            if isinstance(event, PeerJoined | PeerLeft) and event.bearer.is_exchange:
                presence.setdefault(event.bearer.number, event)
            elif isinstance(event, Polled) and event.nothing:
                presence.setdefault(event.exchange.number, event)
        waits: list[Wait] = []
        for peer, own in polls.items():
            for of_engine in _by_channel(own):
                ended = [
                    self._wait(session, peer, *pair) for pair in zip(of_engine, _next_asked(of_engine), strict=True)
                ]
                for wait, poll in zip(_with_blind_times(ended), of_engine, strict=True):
                    explained = _explained(wait, poll, delivered.get(poll.exchange), presence.get(poll.exchange))
                    waits.append(self._tell_nothing(explained, poll))
        return sorted(waits, key=lambda wait: (wait.asked_ns or wait.ended_ns, wait.exchange))

    def _wait(self, session: int, peer: PeerId, poll: Poll, next_ns: int | None) -> Wait:
        release: Release | None = None
        if poll.answered_ns is not None:
            ended_ns = poll.answered_ns
        else:
            exchange = self._exchanges[poll.exchange]
            ended_ns = exchange.ended_ns if exchange.ended_ns is not None else self._last_ns
            release, ended_ns = release_without_answer(exchange, ended_ns, next_ns)
        return Wait(
            exchange=poll.exchange,
            session=session,
            peer=peer,
            asked_ns=poll.asked_ns,
            answered_ns=poll.answered_ns,
            ended_ns=ended_ns,
            released_by=release,
            from_queue=None,
        )

    def _tell_nothing(self, wait: Wait, poll: Poll) -> Wait:
        """Say what a no-op is for: a WebSocket takes over, the client has closed, or the poll shall not hang for ever.

        Source: engine.io `lib/socket.js` (`maybeUpgrade`) and `lib/transports/polling.js` (`onClose`), versions 1 to 6;
        socket.io 0.9 `lib/transports/http-polling.js`, which answers every 20 s.
        """
        engine = self._engines.get(poll.channel)
        if wait.released_by is not Release.UPGRADED or (engine is not None and engine.upgraded_ns is not None):
            return wait
        if engine is None or engine.closed_ns is None or engine.closed_ns > wait.ended_ns:
            return replace(wait, released_by=Release.NOTHING)
        release = Release.SERVER_CLOSED if engine.closed_by_client is False else Release.CLIENT_CLOSED
        return replace(wait, released_by=release)


def _explained(wait: Wait, poll: Poll, signal: Signal | None, presence: PeerJoined | PeerLeft | Polled | None) -> Wait:
    """Say what answered a poll: a message of a peer before the coming and going of one, before all else."""
    if poll.answered_ns is None:
        return wait
    if poll.refused:
        return replace(wait, released_by=Release.REFUSED, from_queue=False)
    if signal is not None:
        return replace(
            wait,
            released_by=Release.MESSAGE,
            by_peer=signal.sender,
            signal=signal.number,
            from_queue=signal.queued,
        )
    if isinstance(presence, Polled):
        return replace(wait, released_by=Release.NOTHING)
    if presence is not None:
        release = Release.PEER_JOINED if isinstance(presence, PeerJoined) else Release.PEER_LEFT
        return replace(wait, released_by=release, by_peer=presence.peer)
    return replace(wait, released_by=next((_RELEASES[kind] for kind in _ORDER if kind in poll.packets), None))


def _by_channel(polls: Iterable[Poll]) -> Iterable[list[Poll]]:
    """Keep the sessions of one peer apart, each in order of time: only the next poll of the same ends being blind."""
    channels: dict[str, list[Poll]] = {}
    for poll in polls:
        channels.setdefault(poll.channel, []).append(poll)
    return channels.values()


def _next_asked(polls: Sequence[Poll]) -> list[int | None]:
    return [poll.asked_ns for poll in polls[1:]] + [None]


def _with_blind_times(waits: Sequence[Wait]) -> list[Wait]:
    """Add to each wait how long its peer had none open after it.

    Two at once are rare, since servers refuse the second; one that ended while another was open left nobody blind.
    """
    timed = list(waits)
    last = 0  # the one that ended last
    for place, wait in enumerate(waits[1:], 1):
        before = waits[last]
        if wait.ended_ns < before.ended_ns:
            timed[place] = replace(wait, blind_ns=0)
            continue
        if wait.asked_ns is not None and before.released_by is not Release.REPLACED:
            timed[last] = replace(before, blind_ns=max(wait.asked_ns - before.ended_ns, 0))
        last = place
    return timed


_RELEASES = {
    EnginePacketKind.MESSAGE: Release.MESSAGE,
    EnginePacketKind.CLOSE: Release.SERVER_CLOSED,
    EnginePacketKind.NOOP: Release.UPGRADED,
    EnginePacketKind.PING: Release.HEARTBEAT,
    EnginePacketKind.PONG: Release.HEARTBEAT,
    EnginePacketKind.OPEN: Release.MESSAGE,
}
_ORDER = tuple(_RELEASES)
