"""WHIP: many sessions, each a connection of its own or all on one endpoint, and fragments full of candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import digits, joined, parts
from benchmarks.floods.sockets import ROOMS
from benchmarks.floods.talk import Talk, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Rows

_SDP = (
    b"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    b"a=mid:0\r\na=%b\r\na=rtpmap:111 opus/48000/2\r\n"
)
_OFFER, _ANSWER = _SDP % b"sendonly", _SDP % b"recvonly"
_POST = b"POST /whip HTTP/1.1\r\nHost: media\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n"
_CREATED = b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\nLocation: /resource/"


def sessions(size: int, clock: Clock) -> Iterator[Rows]:
    """Clients that publish, each once."""
    for first, count in parts(size, 1500):
        asked = _POST % len(_OFFER) + _OFFER
        number = digits(np.arange(first, first + count), 8)
        answer = joined(count, _CREATED % len(_ANSWER), number, b"\r\n\r\n", _ANSWER)
        yield opened(clock, first, count, asked, answer, ROOMS)


def unanswered(size: int, clock: Clock) -> Iterator[Rows]:
    """Clients that try to publish, each once, and are refused."""
    for first, count in parts(size, 1500):
        asked = _POST % len(_OFFER) + _OFFER
        answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
        yield opened(clock, first, count, asked, answer, ROOMS)


def trickled(size: int, clock: Clock) -> Iterator[Rows]:
    """Candidates, as many in a fragment as are read of one."""
    one = Talk((0x0A020001, 40_000), ROOMS, clock)
    yield from one.open()
    yield from one.ask(_POST % len(_OFFER) + _OFFER)
    yield from one.answer(_CREATED % len(_ANSWER) + b"1\r\n\r\n" + _ANSWER)
    head = b"PATCH /resource/1 HTTP/1.1\r\nHost: media\r\nContent-Type: application/trickle-ice-sdpfrag\r\n"
    for first in range(0, size, 9_000):
        lines = (
            b"a=candidate:%d 1 udp 2122260223 192.0.2.7 50000 typ host\r\n" % number
            for number in range(first, min(first + 9_000, size))
        )
        body = b"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
        body += b"".join(lines)
        yield from one.stream(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        yield from one.answer(b"HTTP/1.1 204 No Content\r\n\r\n")


FLOODS: dict[str, Flood] = {
    "whip-sessions": Flood(sessions, 2_000, "sessions"),
    "whip-refused": Flood(unanswered, 4_000, "sessions"),
    "whip-trickled": Flood(trickled, 9_000, "candidates"),
}
