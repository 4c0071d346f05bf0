"""Engine.IO and Socket.IO: sessions that poll without end, polls full of packets, sessions of one packet, `mute`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import digits, joined, parts
from benchmarks.floods.sockets import ROOMS, SWITCHED, text, upgrade, written
from benchmarks.floods.talk import Talk, in_turn, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows

_PATH = b"/socket.io/?EIO=4&transport="
_OPENING = b'0{"sid":"%b","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"


def _get(sid: bytes = b"") -> bytes:
    return b"GET " + _PATH + b"polling" + (b"&sid=" + sid if sid else b"") + b" HTTP/1.1\r\nHost: a\r\n\r\n"


def _ok(body: bytes) -> bytes:
    return _OK % (len(body), body)


def _session(clock: Clock, number: int) -> Iterator[Rows]:
    """Open a session that polls; its talk is what comes of it."""
    one = Talk((0x0A040000 + number, 40_000), ROOMS, clock)
    sid = b"sid%017d" % number
    yield from one.open()
    for asked, told in ((_get(), _OPENING % sid), (_get(sid), b'40{"sid":"own%017d"}' % number)):
        yield from one.ask(asked)
        yield from one.answer(_ok(told))
    return one, sid


def polls(size: int, clock: Clock) -> Iterator[Rows]:
    """Polls of one session that bring an event each."""
    one, sid = yield from _session(clock, 1)
    for _, count in parts(size, 500):
        yield in_turn(clock, count, (one, True, _get(sid)), (one, False, _ok(b'42["tick",1]')))


def packets(size: int, clock: Clock) -> Iterator[Rows]:
    """Packets, ten thousand in an answer to a poll."""
    one, sid = yield from _session(clock, 1)
    for first in range(0, size, 10_000):
        body = b"\x1e".join(b'42["tick",%d]' % number for number in range(first, min(first + 10_000, size)))
        yield from one.ask(_get(sid))
        yield from one.stream(_ok(body), by_client=False)


def sessions(size: int, clock: Clock) -> Iterator[Rows]:
    """Sessions over WebSocket with one event each."""
    for first, count in parts(size, 900):
        number = digits(np.arange(first, first + count), 8)
        opening = joined(count, b'0{"sid":"sid000000000', number, b'","pingInterval":25000,"pingTimeout":20000}')
        own = joined(count, b'40{"sid":"own000000000', number, b'"}')
        told = joined(count, SWITCHED, text(opening, by_client=False), text(own, by_client=False))
        said = upgrade(_PATH + b"websocket") + text(b"40", by_client=True)
        said += text(b'42["join","hall"]', by_client=True)
        yield opened(clock, first, count, said, told, ROOMS)


def mutes(size: int, clock: Clock) -> Iterator[Rows]:
    """What SimpleWebRTC says when somebody mutes the microphone, from one to the other without end."""
    ones = []
    for number in (1, 2):
        one = Talk((0x0A050000 + number, 40_000), ROOMS, clock)
        yield from one.open()
        yield from one.ask(upgrade(_PATH + b"websocket"))
        told = (_OPENING % (b"sid%017d" % number), b'40{"sid":"%b"}' % _sid(number))
        yield from one.answer(SWITCHED + b"".join(text(packet, by_client=False) for packet in told))
        said = (b"40", b'420["join","hall"]')
        yield from one.ask(b"".join(text(packet, by_client=True) for packet in said))
        clients = {"clients": {} if number == 1 else {_sid(1).decode(): dict.fromkeys(("screen", "video", "audio"))}}
        yield from one.answer(text(b"430" + written([None, clients]), by_client=False))
        ones.append(one)
    about = {"sid": "1", "roomType": "video", "type": "mute", "payload": {"name": "audio"}}
    asked = b"42" + written(["message", {"to": _sid(2).decode(), **about}])
    told_it = b"42" + written(["message", {"to": _sid(2).decode(), **about, "from": _sid(1).decode()}])
    turns = (ones[0], True, text(asked, by_client=True)), (ones[1], False, text(told_it, by_client=False))
    for _, count in parts(size, 700):
        yield in_turn(clock, count, *turns)


def _sid(number: int) -> bytes:
    return b"own%017d" % number


def events(size: int, clock: Clock) -> Iterator[Rows]:
    """An event of no known protocol, the same without end, that goes from one to the other."""
    ones = []
    for number in (1, 2):
        one, _ = yield from _over_websocket(clock, number)
        ones.append(one)
    packet = b'42["move",{"x":1,"y":2}]'
    turns = (ones[0], True, text(packet, by_client=True)), (ones[1], False, text(packet, by_client=False))
    for _, count in parts(size, 400):
        yield in_turn(clock, count, *turns)


def _over_websocket(clock: Clock, number: int) -> Iterator[Rows]:
    one = Talk((0x0A060000 + number, 40_000), ROOMS, clock)
    yield from one.open()
    yield from one.ask(upgrade(_PATH + b"websocket"))
    told = (_OPENING % (b"sid%017d" % number), b'40{"sid":"%b"}' % _sid(number))
    yield from one.answer(SWITCHED + b"".join(text(packet, by_client=False) for packet in told))
    yield from one.ask(text(b"40", by_client=True))
    return one, number


FLOODS: dict[str, Flood] = {
    "engine-polls": Flood(polls, 10_000, "polls"),
    "engine-packets": Flood(packets, 25_000, "packets"),
    "socketio-sessions": Flood(sessions, 5_000, "sessions"),
    "socketio-mutes": Flood(mutes, 10_000, "messages"),
    "socketio-events": Flood(events, 10_000, "events"),
}
