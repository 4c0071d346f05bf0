"""Pongs and the pings they answer."""

from __future__ import annotations

from sigtrace.application.websocket.message import Opcode
from sigtrace.application.websocket.pings import MAX_PINGS, Pings
from tests.builders.websocket import asked, encode_frame, opened


def test_a_pong_answers_the_oldest_ping_of_its_payload() -> None:
    """Equal payloads are answered in order; a pong for a later ping settles the ones before."""
    pings = Pings()
    for at_ns, data in enumerate((b"", b"", b"a", b"b")):
        pings.add(data, at_ns)
    assert pings.answer(b"", 10) == 10
    assert pings.answer(b"a", 12) == 10
    assert pings.answer(b"", 13) is None
    assert pings.answer(b"b", 14) == 11
    assert pings.answer(b"b", 15) is None


def test_a_pong_before_its_ping_answers_nothing() -> None:
    """A capture out of order makes no negative time."""
    pings = Pings()
    pings.add(b"", 10)
    assert pings.answer(b"", 9) is None


def test_pings_without_pongs_are_bounded() -> None:
    """The oldest are let go."""
    pings = Pings()
    for number in range(MAX_PINGS + 1):
        pings.add(b"%d" % number, number)
    assert pings.answer(b"0", 1000) is None
    assert pings.answer(b"1", 1000) == 999


def test_both_sides_ping() -> None:
    """A pong of each side has the time since the other side's ping; one that nobody asked for has none."""
    wire = opened().server(encode_frame(Opcode.PING, b"1")).client(asked(Opcode.PING, b"1"))
    wire.client(asked(Opcode.PONG, b"1")).server(encode_frame(Opcode.PONG, b"1"), encode_frame(Opcode.PONG, b""))
    assert [one.rtt_ns for one in wire.controls] == [None, None, 2000, 2000, None]
    assert [one.from_client for one in wire.controls] == [False, True, True, False, False]


def test_lost_pongs_leave_no_wrong_times() -> None:
    """After a gap among the pongs, a pong is not matched with a ping that a lost one may have answered."""
    wire = opened().server(encode_frame(Opcode.PING, b"")).client_gap(6)
    wire.client(asked(Opcode.TEXT, b"something to go on with")).server(encode_frame(Opcode.PING, b""))
    wire.client(asked(Opcode.PONG, b""))
    assert wire.controls[-1].rtt_ns == 1000
