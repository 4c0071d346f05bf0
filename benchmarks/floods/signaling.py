"""What peers say to the server of the peerconnection example: sign-ins, waits, messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import ACK, FIN, PSH, SYN, digits, joined, parts, tcp
from benchmarks.floods.talk import OK, SERVER, client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Payload, Rows


def _answered(request: Payload, answer: Payload, clock: Clock, first: int, count: int) -> Rows:
    """Return one whole connection a row: handshake, request, answer, and both ends."""
    times = clock.take(count, 7)
    ends = client(first, count), SERVER
    asked = request.shape[1] if isinstance(request, np.ndarray) else len(request)
    said = answer.shape[1] if isinstance(answer, np.ndarray) else len(answer)
    back = ends[::-1]
    one, two = 1001, 9001
    return np.hstack(
        [
            tcp(times[0], *ends, SYN),
            tcp(times[1], *back, SYN | ACK, sequence=9000, acknowledgment=one),
            tcp(times[2], *ends, PSH | ACK, sequence=one, acknowledgment=two, payload=request),
            tcp(times[3], *back, PSH | ACK, sequence=two, acknowledgment=one + asked, payload=answer),
            tcp(times[4], *back, FIN | ACK, sequence=two + said, acknowledgment=one + asked),
            tcp(times[5], *ends, FIN | ACK, sequence=one + asked, acknowledgment=two + said + 1),
            tcp(times[6], *back, ACK, sequence=two + said + 1, acknowledgment=one + asked + 1),
        ]
    )


def sign_ins(size: int, clock: Clock) -> Iterator[Rows]:
    """Peers that sign in and are never heard of again."""
    for first, count in parts(size, 900):
        number = digits(np.arange(first, first + count) + 10, 8)
        request = joined(count, b"GET /sign_in?peer", number, b" HTTP/1.0\r\n\r\n")
        line = joined(count, b"peer", number, b",", number, b",1\n")
        answer = joined(count, OK, b"Pragma: ", number, b"\r\nContent-Length: %d\r\n\r\n" % line.shape[1], line)
        yield _answered(request, answer, clock, first, count)


def restarts(size: int, clock: Clock) -> Iterator[Rows]:
    """Sign-ins that are all given the first number, as if the server had started anew each time."""
    for first, count in parts(size, 900):
        number = digits(np.arange(first, first + count) + 10, 8)
        request = joined(count, b"GET /sign_in?peer", number, b" HTTP/1.0\r\n\r\n")
        line = joined(count, b"peer", number, b",1,1\n")
        answer = joined(count, OK, b"Pragma: 1\r\nContent-Length: %d\r\n\r\n" % line.shape[1], line)
        yield _answered(request, answer, clock, first, count)


def waits(size: int, clock: Clock) -> Iterator[Rows]:
    """Waits that are told of somebody who joined."""
    for first, count in parts(size, 900):
        number = digits(np.arange(first, first + count) + 10, 8)
        request = joined(
            count, b"GET /wait?peer_id=", digits(np.arange(first, first + count) % 1000 + 10, 8), b" HTTP/1.0\r\n\r\n"
        )
        line = joined(count, b"peer", number, b",", number, b",1\n")
        own = digits(np.arange(first, first + count) % 1000 + 10, 8)
        answer = joined(count, OK, b"Pragma: ", own, b"\r\nContent-Length: %d\r\n\r\n" % line.shape[1], line)
        yield _answered(request, answer, clock, first, count)


def messages(size: int, clock: Clock) -> Iterator[Rows]:
    """Messages into the mailboxes of a thousand peers that nobody fetches."""
    yield from _messages(size, clock, receivers=1000)


def mailbox(size: int, clock: Clock) -> Iterator[Rows]:
    """Messages into one mailbox that nobody fetches."""
    yield from _messages(size, clock, receivers=1)


def _messages(size: int, clock: Clock, *, receivers: int) -> Iterator[Rows]:
    for first, count in parts(size, 900):
        index = np.arange(first, first + count)
        body = joined(count, b"text", digits(index, 8))
        head = b"&to=", digits(index % receivers + 2_000_000, 8), b" HTTP/1.0\r\nContent-Length: 12\r\n\r\n"
        request = joined(count, b"POST /message?peer_id=", digits(index % 1000 + 10, 8), *head, body)
        yield _answered(request, OK + b"Content-Length: 0\r\n\r\n", clock, first, count)


def fetched(size: int, clock: Clock) -> Iterator[Rows]:
    """A long mailbox that is filled and then fetched, message by message."""
    yield from _messages(size, clock, receivers=1)
    clock.pause()
    for first, count in parts(size, 900):
        index = np.arange(first, first + count)
        sender = digits(index % 1000 + 10, 8)
        answer = joined(count, OK, b"Pragma: ", sender, b"\r\nContent-Length: 12\r\n\r\ntext", digits(index, 8))
        yield _answered(b"GET /wait?peer_id=02000000 HTTP/1.0\r\n\r\n", answer, clock, size + first, count)


def offers(size: int, clock: Clock) -> Iterator[Rows]:
    """Offers, one after the other, of one peer to one other."""
    sdp = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    sdp += "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n"
    body = json.dumps({"type": "offer", "sdp": sdp}).encode()
    request = b"POST /message?peer_id=10&to=11 HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    for first, count in parts(size, 900):
        yield _answered(request, OK + b"Content-Length: 0\r\n\r\n", clock, first, count)


def names_long(size: int, clock: Clock) -> Iterator[Rows]:
    """Sign-ins with names of 40 kB."""
    for first, count in parts(size, 80_000):
        number = digits(np.arange(first, first + count) + 10, 8)
        request = joined(count, b"GET /sign_in?", number, b"n" * 7_000, b" HTTP/1.0\r\n\r\n")
        line = joined(count, number, b"n" * 40_000, b",", number, b",1\n")
        answer = joined(count, OK, b"Pragma: ", number, b"\r\nContent-Length: %d\r\n\r\n" % line.shape[1], line)
        yield _answered(request, answer, clock, first, count)


FLOODS: dict[str, Flood] = {
    "sign-ins": Flood(sign_ins, 250_000, "sign-ins"),
    "restarts": Flood(restarts, 5_000, "sign-ins"),
    "waits": Flood(waits, 250_000, "waits"),
    "messages": Flood(messages, 250_000, "messages"),
    "mailbox": Flood(mailbox, 250_000, "messages"),
    "fetched": Flood(fetched, 125_000, "messages"),
    "offers": Flood(offers, 100_000, "offers"),
    "names-long": Flood(names_long, 1_000, "sign-ins"),
}
