"""The wiring of Socket.IO: what a capture of two polling clients becomes, and what a selection keeps of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from benchmarks.floods.clock import Clock
from benchmarks.floods.frames import FILE_HEADER
from benchmarks.floods.talk import SERVER, Talk
from sigtrace import analyze, read
from sigtrace.calls.signals import Fate
from sigtrace.calls.waits import Release
from sigtrace.signaling.events import ExchangeKind
from sigtrace.views.selection import Selection, select

if TYPE_CHECKING:
    from benchmarks.floods.frames import Rows
    from sigtrace.trace import Trace

PATH = b"/socket.io/?EIO=3&transport=polling&b64=1"
TEXT = b"text/plain; charset=UTF-8"


class Client:
    """One client of socket.io 1.7 that polls, each request on a connection of its own."""

    def __init__(self, clock: Clock, rows: list[Rows], address: int, sid: bytes) -> None:
        self._clock, self._rows, self._address, self.sid = clock, rows, address, sid
        self._port = 40_000

    def _connection(self) -> Talk:
        self._port += 1
        talk = Talk((self._address, self._port), SERVER, self._clock)
        self._rows += talk.open()
        return talk

    def get(self, target: bytes, answer: bytes) -> None:
        """Ask, and get this at once."""
        talk = self._connection()
        self._rows += talk.ask(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % target)
        self.answered(talk, answer)

    def opens(self) -> None:
        """Open a session; the first poll brings that it is let in."""
        self.get(PATH, _counted(b'0{"sid":"%s","upgrades":[],"pingInterval":25000,"pingTimeout":60000}' % self.sid))
        self.get(self._own, _counted(b"40"))

    @property
    def _own(self) -> bytes:
        return PATH + b"&sid=" + self.sid

    def hangs(self) -> Talk:
        """Ask for what there is, and wait."""
        talk = self._connection()
        self._rows += talk.ask(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % self._own)
        return talk

    def answered(self, talk: Talk, answer: bytes) -> None:
        """Get the answer to a request."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (TEXT, len(answer))
        self._rows += talk.answer(head + answer)
        self._rows += talk.close()

    def posts(self, packet: bytes) -> None:
        """Send a packet."""
        body = _counted(packet)
        talk = self._connection()
        head = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        self._rows += talk.ask(head % (self._own, TEXT, len(body)) + body)
        self.answered(talk, b"ok")


def _counted(packet: bytes) -> bytes:
    return b"%d:%s" % (len(packet), packet)


@pytest.fixture(scope="module")
def trace() -> Trace:
    """Two clients, of which one says something to the other, whose poll hangs."""
    clock = Clock()
    rows: list[Rows] = []
    ann, ben = Client(clock, rows, 0x0A00000B, b"Ann"), Client(clock, rows, 0x0A00000C, b"Ben")
    ann.opens()
    ben.opens()
    poll = ben.hangs()
    ann.posts(b'42["say","hello"]')
    ben.answered(poll, _counted(b'42["say","hello"]'))
    ben.hangs()
    return analyze(read(io.BytesIO(b"".join([FILE_HEADER, *(row.tobytes() for row in rows)]))))


def test_exchanges_are_kept_whole_and_known(trace: Trace) -> None:
    """Exchanges of Engine.IO have their bodies, and are told by what they are for."""
    assert [role.kind for role in trace.roles] == [
        *(ExchangeKind.OPEN, ExchangeKind.WAIT) * 2,
        *(ExchangeKind.WAIT, ExchangeKind.MESSAGE, ExchangeKind.WAIT),
    ]
    assert {(role.protocol, role.is_carrier) for role in trace.roles} == {("socket.io", True)}
    assert all(one.response is None or one.response.body.data for one in trace.exchanges)


def test_packets_and_sessions(trace: Trace) -> None:
    """The trace has the packets with the protocol that they speak, and the sessions that they are of."""
    assert [(one.kind.value, one.name, one.from_client) for one in trace.socket_packets] == [
        ("connect", None, False),
        ("connect", None, False),
        ("event", "say", True),
        ("event", "say", False),
    ]
    assert trace.packet_protocols == ("socket.io",) * 4
    assert [session.sid for session in trace.engine_sessions] == ["Ann", "Ben"]


def test_waits_and_signals(trace: Trace) -> None:
    """A hanging poll is a wait that the message of the other released; the last is still open."""
    (signal,) = trace.signals
    assert (signal.sender, signal.receiver, signal.fate) == ("Ann", "Ben", Fate.DELIVERED)
    assert [(wait.peer, wait.released_by, wait.by_peer) for wait in trace.waits] == [
        ("Ann", Release.MESSAGE, None),
        ("Ben", Release.MESSAGE, None),
        ("Ben", Release.MESSAGE, "Ann"),
        ("Ben", Release.CAPTURE_ENDED, None),
    ]
    assert trace.waits[2].signal == signal.number


def test_a_selection_keeps_what_its_carriers_bore(trace: Trace) -> None:
    """Of a peer's exchanges the packets in them stay, and their sessions, and no others."""
    own = select(trace, Selection(peer="Ann"))
    assert len(own.socket_packets) == len(own.packet_protocols)
    numbers = {exchange.number for exchange in own.exchanges}
    assert {packet.exchange for packet in own.socket_packets} <= numbers
    assert {session.channel for session in own.engine_sessions} == {packet.channel for packet in own.socket_packets}
    assert len(own.socket_packets) < len(trace.socket_packets)
