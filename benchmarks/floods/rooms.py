"""Rooms of SkyRTC: peers that come and go, are told of again and again, crowd one room, or sit in one each."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import ACK, PSH, digits, joined, parts, tcp
from benchmarks.floods.sockets import ROOMS, SWITCHED, socket, sockets, text, upgrade, varied, written
from benchmarks.floods.talk import client, in_turn, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows

ID = "6f1c0a2e-4b1d-4e0f-9d53-0000@@@@@@@@"
_SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"


def _peer(number: int) -> str:
    return ID.replace("@" * 8, f"{number:08}")


def _join(room: str) -> bytes:
    return written({"eventName": "__join", "data": {"room": room}})


def _peers(own: str, *others: str) -> bytes:
    return written({"eventName": "_peers", "data": {"connections": others, "you": own}})


def _told(event: str, peer: str) -> bytes:
    return text(written({"eventName": event, "data": {"socketId": peer}}), by_client=False)


def _member(clock: Clock, number: int) -> Iterator[Rows]:
    """Open a WebSocket and join the room; its talk is the first thing that comes out of it."""
    one, opening = socket(clock, number)
    yield from opening
    yield from one.ask(text(_join("hall"), by_client=True))
    yield from one.answer(text(_peers(_peer(number)), by_client=False))
    return one


def come_and_go(size: int, clock: Clock) -> Iterator[Rows]:
    """One id that joins and leaves without end, as one who stays is told."""
    one = yield from _member(clock, 1)
    for _, count in parts(size, 500):
        turns = [(one, False, _told(event, _peer(2))) for event in ("_new_peer", "_remove_peer")]
        yield in_turn(clock, count, *turns)


def told_again(size: int, clock: Clock) -> Iterator[Rows]:
    """One who stays is told without end that the same id is new."""
    one = yield from _member(clock, 1)
    for _, count in parts(size, 300):
        yield in_turn(clock, count, (one, False, _told("_new_peer", _peer(2))))


def move_on(size: int, clock: Clock) -> Iterator[Rows]:
    """One peer that joins one room after the other, is told of another in each, and is told by another to have left."""
    one = yield from _member(clock, 1)
    other = yield from _member(clock, 2)
    for first, count in parts(size, 900):
        number = digits(np.arange(first, first + count), 8)
        asked = varied({"eventName": "__join", "data": {"room": "room-@@"}}, "@@", number)
        yield in_turn(
            clock,
            count,
            (one, True, text(asked, by_client=True)),
            (one, False, text(_peers(_peer(1)), by_client=False)),
            (one, False, _told("_new_peer", _peer(3))),
            (other, False, _told("_remove_peer", _peer(1))),
        )


def join_again(size: int, clock: Clock) -> Iterator[Rows]:
    """One peer that joins the same room again and again, and is told of others there."""
    one = yield from _member(clock, 1)
    for _, count in parts(size, 700):
        yield in_turn(
            clock,
            count,
            (one, True, text(_join("hall"), by_client=True)),
            (one, False, text(_peers(_peer(1)), by_client=False)),
            (one, False, _told("_new_peer", _peer(3))),
        )


def call_again(size: int, clock: Clock) -> Iterator[Rows]:
    """One peer that comes, offers, and leaves, without end, always on a WebSocket of its own."""
    one = yield from _member(clock, 1)
    asked = written({"eventName": "__offer", "data": {"sdp": {"type": "offer", "sdp": _SDP}, "socketId": _peer(1)}})
    told = written({"eventName": "_offer", "data": {"sdp": {"type": "offer", "sdp": _SDP}, "socketId": _peer(2)}})
    said = text(_join("hall"), by_client=True) + text(asked, by_client=True)
    answer = text(_peers(_peer(2), _peer(1)), by_client=False)
    for first in range(size):
        yield sockets(clock, first, 1, said, answer)
        gone = _told("_remove_peer", _peer(2))
        yield in_turn(clock, 1, (one, False, text(told, by_client=False)), (one, False, gone))


def servers(size: int, clock: Clock) -> Iterator[Rows]:
    """Servers with one room and one peer each."""
    said, told = text(_join("hall"), by_client=True), text(_peers(_peer(1)), by_client=False)
    for first, count in parts(size, 900):
        asked, answer = joined(count, upgrade(b"/"), said), joined(count, SWITCHED, told)
        where = (0xC6120000 + np.arange(first, first + count), 3000)
        yield opened(clock, first, count, asked, answer, where)


def crowd(size: int, clock: Clock) -> Iterator[Rows]:
    """Peers in one room, each told of each: `size` is what they are told."""
    peers = isqrt(2 * size)
    address, port = client(0, peers)
    asked = upgrade(b"/") + text(_join("hall"), by_client=True)
    sent = np.full(peers, 9001 + len(SWITCHED))
    for number in range(peers):
        yield opened(clock, number, 1, asked, SWITCHED, ROOMS)
        own = text(_peers(_peer(number), *map(_peer, range(number))), by_client=False)
        for at in range(0, len(own), 1400):
            piece = own[at : at + 1400]
            ends = (address[number : number + 1], port[number : number + 1])
            yield _said(clock, ends, sent[number : number + 1], len(asked), piece)
            sent[number] += len(piece)
        if number:
            told = _told("_new_peer", _peer(number))
            yield _said(clock, (address[:number], port[:number]), sent[:number], len(asked), told)
            sent[:number] += len(told)


def _said(clock: Clock, ends: tuple[Rows, Rows], sent: Rows, asked: int, payload: bytes) -> Rows:
    (times,) = clock.take(len(sent))
    return tcp(times, ROOMS, ends, PSH | ACK, sequence=sent, acknowledgment=1001 + asked, payload=payload)


def alone(size: int, clock: Clock) -> Iterator[Rows]:
    """Rooms with one peer each."""
    for first, count in parts(size, 900):
        number = digits(np.arange(first, first + count), 8)
        asked = varied({"eventName": "__join", "data": {"room": "room-@@"}}, "@@", number)
        told = varied({"eventName": "_peers", "data": {"connections": [], "you": ID}}, "@" * 8, number)
        yield sockets(clock, first, count, text(asked, by_client=True), text(told, by_client=False))


def offers_alike(size: int, clock: Clock) -> Iterator[Rows]:
    """One offer, the same each time, that is passed on each time."""
    yield from _repeated(size, clock, passed_on=True)


def offers_unheard(size: int, clock: Clock) -> Iterator[Rows]:
    """The same, and nobody ever gets it."""
    yield from _repeated(size, clock, passed_on=False)


def _repeated(size: int, clock: Clock, *, passed_on: bool) -> Iterator[Rows]:
    caller = yield from _member(clock, 1)
    callee = yield from _member(clock, 2)
    carried = {"sdp": {"type": "offer", "sdp": _SDP}}
    asked = written({"eventName": "__offer", "data": {**carried, "socketId": _peer(2)}})
    told = written({"eventName": "_offer", "data": {**carried, "socketId": _peer(1)}})
    turns = [(caller, True, text(asked, by_client=True)), (callee, False, text(told, by_client=False))]
    for _, count in parts(size, 900):
        yield in_turn(clock, count, *turns[: 1 + passed_on])


def candidates_crossing(size: int, clock: Clock) -> Iterator[Rows]:
    """The same candidates of two peers, a thousand on their way before the first comes out."""
    ones = []
    for number in (1, 2):
        one = yield from _member(clock, number)
        ones.append(one)
    carried = {"candidate": "candidate:1 1 udp 1 192.0.2.7 5000 typ host", "label": 0}
    for _ in range(max(size // 2000, 1)):
        for sender, receiver in ((1, 2), (2, 1)):
            asked = written({"eventName": "__ice_candidate", "data": {**carried, "socketId": _peer(receiver)}})
            yield in_turn(clock, 1000, (ones[sender - 1], True, text(asked, by_client=True)))
        for sender, receiver in ((1, 2), (2, 1)):
            told = written({"eventName": "_ice_candidate", "data": {**carried, "socketId": _peer(sender)}})
            yield in_turn(clock, 1000, (ones[receiver - 1], False, text(told, by_client=False)))


FLOODS: dict[str, Flood] = {
    "rooms-come-and-go": Flood(come_and_go, 20_000, "stays"),
    "rooms-told-again": Flood(told_again, 40_000, "messages"),
    "rooms-move-on": Flood(move_on, 20_000, "rooms"),
    "rooms-join-again": Flood(join_again, 20_000, "joinings"),
    "rooms-call-again": Flood(call_again, 5_000, "calls"),
    "rooms-servers": Flood(servers, 5_000, "servers"),
    "rooms-crowd": Flood(crowd, 40_000, "messages"),
    "rooms-alone": Flood(alone, 10_000, "rooms"),
    "rooms-offers-alike": Flood(offers_alike, 10_000, "offers"),
    "rooms-offers-unheard": Flood(offers_unheard, 20_000, "offers"),
    "rooms-crossing": Flood(candidates_crossing, 20_000, "candidates"),
}
