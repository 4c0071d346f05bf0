"""All Socket.IO of a trace: exchanges and WebSocket messages → sessions, packets, polls. The one entrance to it.

A session spreads over many TCP connections: its handshake, its polls and its posts may each have one, and a WebSocket
takes over later. What joins them is the session's id, at one server.

Nearly every exchange shows by its target that it is none of this; the rest of the package is imported for the others.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from sigtrace.notices import Notice, NoticeLog, Severity
from sigtrace.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.socketio.packet import EnginePurpose, EngineSession, Poll, SocketPacket
    from sigtrace.application.websocket.message import Message

KEPT_PACKETS: Final = 500_000
"""Socket.IO packets kept of one trace, half a KiB each beside what is in them: twice the exchanges of signaling."""

PACKETS_DROPPED: Final = "socketio.packets-dropped"


class SocketTraffic(Value, frozen=True):
    """What was found."""

    sessions: tuple[EngineSession, ...]  # in order of their first carriers
    packets: tuple[SocketPacket, ...]  # in order of time, numbered from 1
    polls: tuple[Poll, ...]  # in order of time
    notices: tuple[Notice, ...]
    purposes: Mapping[int, EnginePurpose]  # of every exchange that is Engine.IO, by its number
    messages: frozenset[int]  # numbers of the WebSocket messages that are Engine.IO


NO_TRAFFIC: Final = SocketTraffic((), (), (), (), {}, frozenset())


def may_be_engineio(exchange: Exchange) -> bool:
    """Tell quickly whether an exchange can be Engine.IO; True is no promise. `request.py` knows why."""
    request, response = exchange.request, exchange.response
    if request is None:
        return response is not None and response.body.data is not None
    return b"transport=" in request.target or b"/1/" in request.target


def bears_socketio(exchange: Exchange) -> bool:
    """Tell whether an exchange is Engine.IO."""
    if not may_be_engineio(exchange):
        return False
    from sigtrace.application.socketio.request import is_engineio

    return is_engineio(exchange)


def decode_socketio(
    exchanges: Sequence[Exchange], messages: Sequence[Message], *, closed_ns: Mapping[int, int] | None = None
) -> SocketTraffic:
    """Find and decode all Socket.IO.

    Args:
        exchanges: all of a trace, numbered, in any order.
        messages: the same of WebSocket messages.
        closed_ns: by flow, when it was closed.
    """
    if not messages and not any(map(may_be_engineio, exchanges)):
        return NO_TRAFFIC
    from sigtrace.application.socketio.assembly import Assembly
    from sigtrace.application.socketio.gathering import Gathering
    from sigtrace.application.socketio.session import tell_session

    log = NoticeLog()
    gathering = Gathering(log.add)
    for exchange in sorted(exchanges, key=attrgetter("number")):
        gathering.add_exchange(exchange)
    gathering.add_messages(sorted(messages, key=attrgetter("number")))
    gathering.place_unasked()
    found: list[SocketPacket] = []
    sessions: list[EngineSession] = []
    for session in gathering.sessions():
        carried = session.carried()
        sessions.append(tell_session(session, carried, closed_ns or {}))
        found += Assembly(session, log.add).read(carried)
    found.sort(key=lambda packet: (packet.span.start_ns, packet.span.first_packet))
    if len(found) > KEPT_PACKETS:
        text = f"{len(found) - KEPT_PACKETS} packets beyond the first {KEPT_PACKETS} were left out"
        log.add(Notice(code=PACKETS_DROPPED, severity=Severity.WARNING, text=text))
    return SocketTraffic(
        sessions=tuple(sessions),
        packets=tuple(replace(packet, number=number) for number, packet in enumerate(found[:KEPT_PACKETS], 1)),
        polls=tuple(gathering.polls()),
        notices=log.finished(),
        purposes=gathering.purposes,
        messages=frozenset(gathering.messages),
    )
