"""The floods: captures that try to fill every buffer that sigtrace has, made while they are read.

Each flood is framed by three *witnesses* on flows of their own: an exchange before it, one after it, and a request
asked before it that is answered after it. What a flood does to them is what it does to anyone.
"""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.flood_frames import (
    ACK,
    FILE_HEADER,
    FIN,
    IP_FRAGMENT,
    IP_ICMP,
    IP_TCP,
    PSH,
    RST,
    SYN,
    digits,
    ethernet,
    ipv4,
    ipv6,
    joined,
    put,
    tcp,
    udp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from benchmarks.flood_frames import End, Payload, Rows

SERVER = (0xC0000201, 8888)  # 192.0.2.1
AT_ONCE = 20_000  # rows
BYTES_AT_ONCE = 8_000_000
OK = b"HTTP/1.1 200 OK\r\nServer: PeerConnectionTestServer/0.1\r\n"


class Flood(NamedTuple):
    """One flood."""

    make: Callable[[int, Clock], Iterator[Rows]]
    size: int  # of what `unit` names, at scale 1 and times 1
    unit: str
    shows: str | None = None  # the notice of the bound it reaches, at scale 1


class Clock:
    """Gives every packet its time, a microsecond after the one before."""

    def __init__(self) -> None:
        self.now_ns = 0

    def take(self, count: int, each: int = 1) -> list[NDArray[np.int64]]:
        """Return the times of `count` groups of `each` packets: one array for each place in the group."""
        first = self.now_ns
        self.now_ns += count * each * 1000
        return [first + 1000 * (np.arange(count) * each + place) for place in range(each)]

    def pause(self, duration_ns: int = 1_000_000_000) -> None:
        """Let time pass."""
        self.now_ns += duration_ns


def make(flood: Flood, size: int) -> Iterator[bytes]:
    """Yield the capture of a flood piece by piece, witnesses and all."""
    clock = Clock()
    yield FILE_HEADER
    before, waiting, after = (Talk((0xC6336401, 50_001 + place), SERVER, clock) for place in range(3))
    for rows in (*before.open(), *before.ask(SIGN_IN % b"before"), *before.answer(signed_in(1, b"before"))):
        yield rows.tobytes()
    for rows in (*before.close(), *waiting.open(), *waiting.ask(WAIT % 1)):
        yield rows.tobytes()
    clock.pause()
    for rows in flood.make(size, clock):
        yield rows.tobytes()
    clock.pause()
    for rows in (*waiting.answer(listed(1, b"after,2,1\n")), *waiting.close()):
        yield rows.tobytes()
    for rows in (*after.open(), *after.ask(SIGN_IN % b"after"), *after.answer(signed_in(2, b"after")), *after.close()):
        yield rows.tobytes()


# What is said

SIGN_IN = b"GET /sign_in?%b HTTP/1.0\r\n\r\n"
WAIT = b"GET /wait?peer_id=%d HTTP/1.0\r\n\r\n"


def signed_in(peer: int, name: bytes) -> bytes:
    """Return the answer to a sign-in."""
    return listed(peer, b"%b,%d,1\n" % (name, peer))


def listed(peer: int, lines: bytes) -> bytes:
    """Return an answer with a list of peers."""
    return OK + b"Pragma: %d\r\nContent-Length: %d\r\n\r\n" % (peer, len(lines)) + lines


class Talk:
    """One connection, packet by packet."""

    def __init__(self, client: End, server: End, clock: Clock) -> None:
        self._ends = {True: client, False: server}
        self._clock = clock
        self._sent = {True: 1000, False: 9000}

    def segment(self, flags: int, payload: bytes = b"", *, by_client: bool = True) -> Rows:
        """Return the next segment of one side."""
        row = tcp(
            self._clock.take(1)[0],
            self._ends[by_client],
            self._ends[not by_client],
            flags,
            sequence=self._sent[by_client],
            acknowledgment=self._sent[not by_client] if flags & ACK else 0,
            payload=payload,
        )
        self._sent[by_client] = (self._sent[by_client] + len(payload) + bool(flags & (SYN | FIN))) % 2**32
        return row

    def open(self) -> list[Rows]:
        """Return the handshake."""
        return [self.segment(SYN), self.segment(SYN | ACK, by_client=False), self.segment(ACK)]

    def ask(self, data: bytes) -> list[Rows]:
        """Return what the client sends."""
        return [self.segment(PSH | ACK, data[at : at + 1400]) for at in range(0, len(data), 1400)]

    def answer(self, data: bytes) -> list[Rows]:
        """Return what the server sends."""
        pieces = range(0, len(data), 1400)
        return [self.segment(PSH | ACK, data[at : at + 1400], by_client=False) for at in pieces]

    def close(self) -> list[Rows]:
        """Return the end of the connection."""
        ends = [self.segment(FIN | ACK, by_client=by_client) for by_client in (True, False)]
        return [*ends, self.segment(ACK)]

    def stream(self, data: bytes, *, by_client: bool = True, length: int = 1400) -> Iterator[Rows]:
        """Yield much that one side sends, many segments at a time."""
        whole = len(data) // length * length
        payloads = np.frombuffer(data[:whole], np.uint8).reshape(-1, length)
        step = max(1, min(AT_ONCE, BYTES_AT_ONCE // length))
        for first in range(0, len(payloads), step):
            part = payloads[first : first + step]
            at = self._clock.take(len(part))[0]
            sequence = (self._sent[by_client] + length * np.arange(len(part))) % 2**32
            ends = self._ends[by_client], self._ends[not by_client]
            yield tcp(at, *ends, ACK, sequence=sequence, acknowledgment=self._sent[not by_client], payload=part)
            self._sent[by_client] = (self._sent[by_client] + part.size) % 2**32
        if whole < len(data):
            yield self.segment(PSH | ACK, data[whole:], by_client=by_client)


def parts(size: int, bytes_each: int = 1) -> Iterator[tuple[int, int]]:
    """Yield first and count of pieces of `size` that are not too much at once."""
    step = max(1, min(AT_ONCE, BYTES_AT_ONCE // bytes_each))
    for first in range(0, size, step):
        yield first, min(step, size - first)


def talk(clock: Clock) -> Talk:
    """Return the one connection of a flood that needs one."""
    return Talk((0xC6336402, 40_000), SERVER, clock)


def client(first: int, count: int) -> End:
    """Return ends of which none comes twice in sixteen million."""
    index = np.arange(first, first + count)
    return 0x0A000000 + index, 1024 + index % 60_000


# SYNs and what follows them


def syns(size: int, clock: Clock) -> Iterator[Rows]:
    """SYNs of random addresses and ports to random ports."""
    chance = np.random.default_rng(1)
    for _, count in parts(size):
        source = chance.integers(0x01000000, 0xDF000000, count), chance.integers(1024, 65536, count)
        sequence = chance.integers(0, 2**32, count)
        yield tcp(clock.take(count)[0], source, (SERVER[0], chance.integers(1, 65536, count)), SYN, sequence=sequence)


def syns_answered(size: int, clock: Clock) -> Iterator[Rows]:
    """SYNs that the server answers."""
    for first, count in parts(size):
        one, two = clock.take(count, 2)
        ends = client(first, count), SERVER
        yield np.hstack([tcp(one, *ends, SYN), tcp(two, *ends[::-1], SYN | ACK, sequence=9000, acknowledgment=1001)])


def syn_acks(size: int, clock: Clock) -> Iterator[Rows]:
    """Answers to SYNs that nobody saw."""
    for first, count in parts(size):
        yield tcp(clock.take(count)[0], SERVER, client(first, count), SYN | ACK, acknowledgment=1)


def resets(size: int, clock: Clock) -> Iterator[Rows]:
    """Resets of connections that nobody saw."""
    for first, count in parts(size):
        yield tcp(clock.take(count)[0], client(first, count), SERVER, RST)


def opened(clock: Clock, first: int, count: int, data: Payload, answer: bytes = b"") -> Rows:
    """Return connections that open, say something and stay: all packets of one side by side."""
    times = clock.take(count, 5)
    ends = client(first, count), SERVER
    asked = data.shape[1] if isinstance(data, np.ndarray) else len(data)
    rows = [
        tcp(times[0], *ends, SYN),
        tcp(times[1], *ends[::-1], SYN | ACK, sequence=9000, acknowledgment=1001),
        tcp(times[2], *ends, ACK, sequence=1001, acknowledgment=9001),
        tcp(times[3], *ends, PSH | ACK, sequence=1001, acknowledgment=9001, payload=data),
    ]
    if answer:
        rows.append(tcp(times[4], *ends[::-1], PSH | ACK, sequence=9001, acknowledgment=1001 + asked, payload=answer))
    return np.hstack(rows)


def syns_and_data(size: int, clock: Clock) -> Iterator[Rows]:
    """A SYN and a request behind it, from everywhere."""
    for first, count in parts(size):
        one, two = clock.take(count, 2)
        ends = client(first, count), SERVER
        request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        yield np.hstack([tcp(one, *ends, SYN), tcp(two, *ends, PSH | ACK, sequence=1001, payload=request)])


def syns_and_other_data(size: int, clock: Clock) -> Iterator[Rows]:
    """A SYN and the first bytes of something else behind it: flows that are dropped."""
    for first, count in parts(size):
        one, two = clock.take(count, 2)
        ends = client(first, count), SERVER
        yield np.hstack([tcp(one, *ends, SYN), tcp(two, *ends, PSH | ACK, sequence=1001, payload=b"\x16\x03\x01\x02")])


def kept_alive(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that had an exchange and stay open."""
    for first, count in parts(size, 800):
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        yield opened(clock, first, count, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", answer)


# Segments of one byte, and segments on top of each other


def bytes_in_order(size: int, clock: Clock) -> Iterator[Rows]:
    """A long body in segments of one byte."""
    yield from _single_bytes(size, clock, np.arange(size))


def bytes_reversed(size: int, clock: Clock) -> Iterator[Rows]:
    """The same, the last byte first."""
    yield from _single_bytes(size, clock, np.arange(size)[::-1])


def bytes_shuffled(size: int, clock: Clock) -> Iterator[Rows]:
    """The same in any order."""
    yield from _single_bytes(size, clock, np.random.default_rng(2).permutation(size))


def bytes_with_holes(size: int, clock: Clock) -> Iterator[Rows]:
    """Every second byte never comes."""
    yield from _single_bytes(size, clock, 1 + 2 * np.arange(size))


def _single_bytes(size: int, clock: Clock, order: NDArray[np.int64]) -> Iterator[Rows]:
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
    start = 1001 + 55
    for first, count in parts(size):
        sequence = start + order[first : first + count]
        at = clock.take(count)[0]
        yield tcp(at, (0xC6336402, 40_000), SERVER, ACK, sequence=sequence, acknowledgment=9001, payload=b"x")


def overlapping(size: int, clock: Clock) -> Iterator[Rows]:
    """Each byte in fourteen segments."""
    yield from _overlapping(size, clock, differing=False)


def overlapping_differing(size: int, clock: Clock) -> Iterator[Rows]:
    """Each byte in fourteen segments that contradict each other, the first of them lost."""
    yield from _overlapping(size, clock, differing=True)


def _overlapping(size: int, clock: Clock, *, differing: bool) -> Iterator[Rows]:
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
    for first, count in parts(size // 1400, 1400):
        index = np.arange(first, first + count)
        sequence = 1001 + 55 + differing + 100 * index
        payload = np.full((count, 1400), ord("x"), np.uint8)
        if differing:
            payload[:] = (index % 26 + ord("a"))[:, None]
        at = clock.take(count)[0]
        yield tcp(at, (0xC6336402, 40_000), SERVER, ACK, sequence=sequence, acknowledgment=9001, payload=payload)


# Fragments


def fragments_ipv4(size: int, clock: Clock) -> Iterator[Rows]:
    """First fragments whose others never come."""
    yield from _fragments_ipv4(size, clock, length=1480)


def fragments_tiny(size: int, clock: Clock) -> Iterator[Rows]:
    """First fragments of eight bytes."""
    yield from _fragments_ipv4(size, clock, length=8)


def fragments_overlapping(size: int, clock: Clock) -> Iterator[Rows]:
    """Sixty-four fragments of each packet that lie on top of each other, and the last one never."""
    yield from _fragments_ipv4(size, clock, length=1480, each=64)


def fragments_far(size: int, clock: Clock) -> Iterator[Rows]:
    """One fragment of each packet, at its far end."""
    yield from _fragments_ipv4(size, clock, length=8, place=0x2000 | 8000)


def fragments_of_one(size: int, clock: Clock) -> Iterator[Rows]:
    """Fragments that all have the same identification."""
    yield from _fragments_ipv4(size, clock, length=1480, each=size)


def _fragments_ipv4(size: int, clock: Clock, *, length: int, each: int = 1, place: int = 0x2000) -> Iterator[Rows]:
    for first, count in parts(size, length):
        index = np.arange(first, first + count)
        packet = index // each
        source = 0x0A000000 + packet // 65536
        places = place + index % each % 64
        at = clock.take(count)[0]
        yield ipv4(at, source, SERVER[0], IP_TCP, length, identification=packet % 65536, place=places)


def fragments_ipv6(size: int, clock: Clock) -> Iterator[Rows]:
    """First fragments of IPv6 whose others never come."""
    for first, count in parts(size, 1500):
        rows = ipv6(clock.take(count)[0], 1, 2, IP_FRAGMENT, 8 + 1232)
        put(rows, 70, 4, IP_TCP << 24 | 1)
        put(rows, 74, 4, np.arange(first, first + count))
        yield rows


# Heads and bodies


def head_endless(size: int, clock: Clock) -> Iterator[Rows]:
    """One head that never ends."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"GET / HTTP/1.1\r\n")
    line = b"X-Field: %s\r\n" % (b"x" * 87)
    for _, count in parts(size // len(line), len(line)):
        yield from one.stream(line * count)


def line_endless(size: int, clock: Clock) -> Iterator[Rows]:
    """One header line that never ends."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"GET / HTTP/1.1\r\nX-Field: ")
    for _, count in parts(size):
        yield from one.stream(b"x" * count)


def heads_open(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each begin a head and leave it so."""
    head = b"GET / HTTP/1.1\r\n" + b"X-Field: yes\r\n" * 20
    for first, count in parts(size, 900):
        yield opened(clock, first, count, head)


def heads_open_long(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each begin a head of 40 kB and leave it so."""
    head = b"GET / HTTP/1.1\r\n" + b"X-Field: yes\r\n" * 2857
    for first, count in parts(size, len(head)):
        yield opened(clock, first, count, head)


def heads_pipelined(size: int, clock: Clock) -> Iterator[Rows]:
    """Requests with heads of 30 kB, one behind the other."""
    one = talk(clock)
    yield from one.open()
    head = b"GET / HTTP/1.1\r\n" + b"".join(b"X-Field-%04d: %s\r\n" % (n, b"y" * 44) for n in range(500)) + b"\r\n"
    for _, count in parts(size // len(head), len(head)):
        yield from one.stream(head * count)


def chunks_tiny(size: int, clock: Clock) -> Iterator[Rows]:
    """A body in chunks of one byte."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _, count in parts(size, 6):
        yield from one.stream(b"1\r\nx\r\n" * count)


def body_long(size: int, clock: Clock) -> Iterator[Rows]:
    """One body far above what is kept."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size)
    for _, count in parts(size // 1400, 1400):
        yield from one.stream(b"x" * (1400 * count))


def bodies_open(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each send 60 kB of a body and stop."""
    data = b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 60_000
    for first, count in parts(size, len(data)):
        yield opened(clock, first, count, data)


def bodies_unanswered(size: int, clock: Clock) -> Iterator[Rows]:
    """Whole requests with bodies of 60 kB, on one connection, that nobody answers."""
    one = talk(clock)
    yield from one.open()
    request = b"POST /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000
    for _, count in parts(size, len(request)):
        yield from one.stream(request * count)


def interim(size: int, clock: Clock) -> Iterator[Rows]:
    """1xx responses without a final one."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"GET / HTTP/1.1\r\n\r\n")
    for _, count in parts(size, 32):
        yield from one.stream(b"HTTP/1.1 103 Early Hints\r\n\r\n" * count, by_client=False)


def pipelined(size: int, clock: Clock) -> Iterator[Rows]:
    """Requests on one connection that are not answered."""
    one = talk(clock)
    yield from one.open()
    for _, count in parts(size, 32):
        yield from one.stream(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * count)


def pipelined_answered(size: int, clock: Clock) -> Iterator[Rows]:
    """Requests on one connection that are answered."""
    one = talk(clock)
    yield from one.open()
    for _ in range(size // 500):
        yield from one.stream(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 500)
        yield from one.stream(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 500, by_client=False)


def bombs(name: bytes, compress: Callable[[bytes], bytes]) -> Callable[[int, Clock], Iterator[Rows]]:
    """Return a flood of bodies that grow when they are decoded."""

    def flood(size: int, clock: Clock) -> Iterator[Rows]:
        one = talk(clock)
        yield from one.open()
        body = compress(bytes(16 << 20))
        head = b"POST /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
        request = head % (name, len(body)) + body
        for _ in range(size):
            yield from one.stream(request)
            yield from one.answer(OK + b"Content-Length: 0\r\n\r\n")

    return flood


def _brotli(data: bytes) -> bytes:
    import brotli  # noqa: PLC0415 - only this flood needs it

    packed: bytes = brotli.compress(data, quality=4)
    return packed


def _zstd(data: bytes) -> bytes:
    import zstandard  # noqa: PLC0415 - only this flood needs it

    return zstandard.compress(data)


# Signaling


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


def _posts(bodies: Iterator[bytes], clock: Clock, coding: bytes = b"identity") -> Iterator[Rows]:
    one = talk(clock)
    yield from one.open()
    for body in bodies:
        head = b"POST /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
        yield from one.stream(head % (coding, len(body)) + body)
        yield from one.answer(OK + b"Content-Length: 0\r\n\r\n")


def sdp_lines(size: int, clock: Clock) -> Iterator[Rows]:
    """Descriptions of a hundred thousand lines."""
    sdp = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n" + "a=x\r\n" * 100_000
    body = gzip.compress(json.dumps({"type": "offer", "sdp": sdp}).encode(), 1)
    yield from _posts((body for _ in range(size)), clock, b"gzip")


def json_deep(size: int, clock: Clock) -> Iterator[Rows]:
    """JSON with a hundred thousand levels."""
    yield from _posts((b'{"sdp":%d,"type":' % n + b"[" * 100_000 + b"]" * 100_000 + b"}" for n in range(size)), clock)


def json_digits(size: int, clock: Clock) -> Iterator[Rows]:
    """JSON with a number of a million digits."""
    yield from _posts((b'{"n":%d,"sdpMLineIndex":' % n + b"7" * 1_000_000 + b"}" for n in range(size)), clock)


def json_objects(size: int, clock: Clock) -> Iterator[Rows]:
    """JSON of 4 MB, once undone, that is all small objects."""
    inner = b"[" + b",".join([b"{}"] * 1_300_000) + b"]"
    yield from _posts((gzip.compress(b'{"n":%d,"x":' % n + inner + b"}", 1) for n in range(size)), clock, b"gzip")


def json_long(size: int, clock: Clock) -> Iterator[Rows]:
    """One message that is JSON without an end."""
    one = talk(clock)
    yield from one.open()
    yield from one.ask(b"POST /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (size + 12))
    yield from one.ask(b'{"x": [1')
    for _, count in parts(size // 2):
        yield from one.stream(b",1" * count)
    yield from one.ask(b"]}  ")


# Damage, and what is no TCP


def damaged(size: int, clock: Clock) -> Iterator[Rows]:
    """TCP headers that cannot be."""
    for first, count in parts(size):
        rows = tcp(clock.take(count)[0], client(first, count), SERVER, ACK, payload=b"x")
        put(rows, 16 + 14 + 20 + 12, 1, 0x10)
        yield rows


def contradicting(size: int, clock: Clock) -> Iterator[Rows]:
    """Connections that each contradict themselves: one notice each."""
    for first, count in parts(size, 300):
        one, two, three = clock.take(count, 3)
        ends = client(first, count), SERVER
        yield np.hstack(
            [
                tcp(one, *ends, SYN),
                tcp(two, *ends, PSH | ACK, sequence=1001, payload=b"GET / HTTP/1.1\r\n"),
                tcp(three, *ends, PSH | ACK, sequence=1001, payload=b"PUT / HTTP/1.1\r\n\r\n"),
            ]
        )


def datagrams(size: int, clock: Clock) -> Iterator[Rows]:
    """UDP between random addresses."""
    chance = np.random.default_rng(3)
    for _, count in parts(size):
        source = chance.integers(0x01000000, 0xDF000000, count), chance.integers(1024, 65536, count)
        yield udp(clock.take(count)[0], source, (SERVER[0], chance.integers(1, 65536, count)), b"x" * 64)


def ethertypes(size: int, clock: Clock) -> Iterator[Rows]:
    """Frames of every EtherType."""
    for first, count in parts(size):
        yield ethernet(clock.take(count)[0], 0x0600 + np.arange(first, first + count) % 0xF000, 64)


def pings(size: int, clock: Clock) -> Iterator[Rows]:
    """ICMP from everywhere."""
    for first, count in parts(size):
        yield ipv4(clock.take(count)[0], client(first, count)[0], SERVER[0], IP_ICMP, 64)


_M = 1_000_000
FLOODS: dict[str, Flood] = {
    "syns": Flood(syns, 1_250_000, "SYNs", "tcp.too-many-flows"),
    "syns-answered": Flood(syns_answered, 500_000, "SYNs", "tcp.too-many-flows"),
    "syn-acks": Flood(syn_acks, 500_000, "SYN-ACKs", "tcp.too-many-flows"),
    "resets": Flood(resets, 500_000, "resets", "tcp.too-many-flows"),
    "syns-and-data": Flood(syns_and_data, 1_250_000, "flows", "tcp.too-many-flows"),
    "syns-and-other-data": Flood(syns_and_other_data, 500_000, "flows"),
    "kept-alive": Flood(kept_alive, 50_000, "flows", "tcp.too-many-flows"),
    "bytes-in-order": Flood(bytes_in_order, 250_000, "segments"),
    "bytes-reversed": Flood(bytes_reversed, 250_000, "segments", "tcp.bound-waiting"),
    "bytes-shuffled": Flood(bytes_shuffled, 250_000, "segments", "tcp.bound-waiting"),
    "bytes-with-holes": Flood(bytes_with_holes, 250_000, "segments", "tcp.bound-waiting"),
    "overlapping": Flood(overlapping, 50 * _M, "bytes"),
    "overlapping-differing": Flood(overlapping_differing, 50 * _M, "bytes", "tcp.overlap"),
    "fragments-ipv4": Flood(fragments_ipv4, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-ipv6": Flood(fragments_ipv6, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-tiny": Flood(fragments_tiny, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-far": Flood(fragments_far, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-overlapping": Flood(fragments_overlapping, 250_000, "fragments", "ip.fragments-bound"),
    "fragments-of-one": Flood(fragments_of_one, 250_000, "fragments", "ip.fragments-incomplete"),
    "head-endless": Flood(head_endless, 50 * _M, "bytes", "http.head-too-large"),
    "line-endless": Flood(line_endless, 50 * _M, "bytes", "http.head-too-large"),
    "heads-open": Flood(heads_open, 50_000, "flows", "tcp.too-many-flows"),
    "heads-open-long": Flood(heads_open_long, 2_500, "flows"),
    "heads-pipelined": Flood(heads_pipelined, 50 * _M, "bytes"),
    "chunks-tiny": Flood(chunks_tiny, 2 * _M, "chunks", "http.body-too-large"),
    "body-long": Flood(body_long, 125 * _M, "bytes", "http.body-too-large"),
    "bodies-open": Flood(bodies_open, 2_500, "flows"),
    "bodies-unanswered": Flood(bodies_unanswered, 2_500, "requests"),
    "interim": Flood(interim, 250_000, "responses", "http.too-many-interim"),
    "pipelined": Flood(pipelined, 250_000, "requests", "http.too-many-unanswered"),
    "pipelined-answered": Flood(pipelined_answered, 250_000, "exchanges", "trace.exchanges-dropped"),
    "sign-ins": Flood(sign_ins, 250_000, "sign-ins"),
    "waits": Flood(waits, 250_000, "waits"),
    "messages": Flood(messages, 250_000, "messages"),
    "mailbox": Flood(mailbox, 250_000, "messages"),
    "fetched": Flood(fetched, 125_000, "messages"),
    "offers": Flood(offers, 100_000, "offers"),
    "names-long": Flood(names_long, 1_000, "sign-ins"),
    "sdp-lines": Flood(sdp_lines, 25, "descriptions", "sdp.omitted-lines"),
    "json-deep": Flood(json_deep, 25, "messages"),
    "json-digits": Flood(json_digits, 25, "messages"),
    "json-objects": Flood(json_objects, 25, "messages"),
    "json-long": Flood(json_long, 50 * _M, "bytes", "http.body-too-large"),
    "bombs-gzip": Flood(bombs(b"gzip", gzip.compress), 50, "bodies", "http.inflated-too-large"),
    "bombs-deflate": Flood(bombs(b"deflate", zlib.compress), 50, "bodies", "http.inflated-too-large"),
    "bombs-br": Flood(bombs(b"br", _brotli), 50, "bodies", "http.inflated-too-large"),
    "bombs-zstd": Flood(bombs(b"zstd", _zstd), 50, "bodies", "http.inflated-too-large"),
    "damaged": Flood(damaged, 250_000, "packets", "tcp.malformed"),
    "contradicting": Flood(contradicting, 250_000, "flows", "notices.more"),
    "datagrams": Flood(datagrams, 1_250_000, "packets"),
    "ethertypes": Flood(ethertypes, 1_250_000, "packets"),
    "pings": Flood(pings, 1_250_000, "packets"),
}
