"""Polls of Engine.IO as waits: what released each, and how long its peer was blind after it."""

from __future__ import annotations

import pytest

from sigtrace.application.http.message import ExchangeEnd
from sigtrace.application.socketio.packet import EnginePacketKind, EngineSession
from sigtrace.calls.rooms.polls import HangingPolls
from sigtrace.calls.waits import Release, Wait
from sigtrace.value import replace
from tests.builders.exchanges import ns
from tests.builders.socket_packets import Client, SocketTalk

NOOP, PING, PONG, MESSAGE, CLOSE = (
    EnginePacketKind.NOOP,
    EnginePacketKind.PING,
    EnginePacketKind.PONG,
    EnginePacketKind.MESSAGE,
    EnginePacketKind.CLOSE,
)


def polled() -> tuple[SocketTalk, Client]:
    """Return a talk and a client in it."""
    talk = SocketTalk()
    return talk, talk.connect("x")


def waits_of(talk: SocketTalk, engine: EngineSession | None = None) -> list[Wait]:
    """Return the waits of all polls, of one peer."""
    engines = {one.channel: one for one in talk.engines} if engine is None else {engine.channel: engine}
    exchanges = {one.number: one for one in talk.wire.exchanges}
    return HangingPolls(exchanges, engines, ns(100.0)).waits(1, {"x": talk.polls}, [], [])


@pytest.mark.parametrize(
    ("kinds", "release"),
    [
        ((PING,), Release.HEARTBEAT),
        ((PONG,), Release.HEARTBEAT),
        ((MESSAGE,), Release.MESSAGE),
        ((PING, MESSAGE), Release.MESSAGE),
        ((CLOSE,), Release.SERVER_CLOSED),
        ((), None),
    ],
)
def test_released_by_what_it_brought(kinds: tuple[EnginePacketKind, ...], release: Release | None) -> None:
    """Of several packets a message tells most; an answer that says nothing we can read releases by nothing known."""
    talk, client = polled()
    talk.poll(client, 2.0, 3.0, *kinds)
    (wait,) = waits_of(talk)
    assert (wait.released_by, wait.hang_ns) == (release, ns(1.0))


@pytest.mark.parametrize(
    ("upgraded", "closed", "by_client", "release"),
    [
        (None, None, None, Release.NOTHING),  # 0.9 answers so every 20 s
        (3.5, None, None, Release.UPGRADED),
        (3.5, 9.0, True, Release.UPGRADED),
        (None, 2.5, True, Release.CLIENT_CLOSED),
        (None, 2.5, False, Release.SERVER_CLOSED),
        (None, 9.0, True, Release.NOTHING),
    ],
)
def test_released_by_nothing(
    upgraded: float | None,
    closed: float | None,
    by_client: bool | None,  # noqa: FBT001 - a column
    release: Release,
) -> None:
    """A no-op makes room for a WebSocket, or answers a client that closed, or only lets the poll end."""
    talk, client = polled()
    talk.poll(client, 2.0, 3.0, NOOP)
    engine = replace(
        talk.engines[0],
        upgraded_ns=None if upgraded is None else ns(upgraded),
        closed_ns=None if closed is None else ns(closed),
        closed_by_client=by_client,
    )
    (wait,) = waits_of(talk, engine)
    assert wait.released_by is release


def test_refused_poll() -> None:
    """A poll of a session that the server does not know is refused."""
    talk, client = polled()
    talk.poll(client, 2.0, 3.0, refused=True)
    assert waits_of(talk)[0].released_by is Release.REFUSED


def test_open_poll() -> None:
    """A poll without an answer hangs until its connection closes, or else the capture ends."""
    talk, client = polled()
    talk.poll(client, 2.0, None)
    (wait,) = waits_of(talk)
    assert (wait.released_by, wait.ended_ns) == (Release.CAPTURE_ENDED, ns(100.0))
    talk.wire.exchanges[0] = replace(talk.wire.exchanges[0], end=ExchangeEnd.CLIENT_CLOSED, ended_ns=ns(7.0))
    (wait,) = waits_of(talk)
    assert (wait.released_by, wait.ended_ns) == (Release.CLIENT_CLOSED, ns(7.0))


def test_blind_until_the_next_poll_of_the_same_session() -> None:
    """Another session's poll does not end being blind; after the last one nothing does."""
    talk, client = polled()
    other = talk.connect("y")
    talk.poll(client, 2.0, 3.0, MESSAGE)
    talk.poll(other, 3.1, 3.2, MESSAGE)
    talk.poll(client, 4.0, 5.0, MESSAGE)
    assert [wait.blind_ns for wait in waits_of(talk)] == [ns(1.0), None, None]


def test_two_polls_at_once() -> None:
    """A poll inside another, which servers refuse, does not end being blind after the outer one."""
    talk, client = polled()
    talk.poll(client, 2.0, 10.0, MESSAGE)
    talk.poll(client, 3.0, 3.1, refused=True)
    talk.poll(client, 12.0, 13.0, MESSAGE)
    outer, inner, last = waits_of(talk)
    assert (outer.blind_ns, inner.blind_ns, last.blind_ns) == (ns(2.0), 0, None)


def test_a_poll_that_another_replaced() -> None:
    """A poll that was never answered ends when the same client asks again."""
    talk, client = polled()
    talk.poll(client, 2.0, None)
    talk.poll(client, 5.0, 6.0, MESSAGE)
    wait = waits_of(talk)[0]
    assert (wait.released_by, wait.ended_ns, wait.blind_ns) == (Release.REPLACED, ns(5.0), None)
