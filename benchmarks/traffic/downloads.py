"""A capture of large HTTP downloads on kept connections, full segments one way and acknowledgments the other.

The bodies are random. What is said about them (requests, heads, lengths of chunks) is laid over the streams as *words*:
text at a place of the stream, which may go over the border of two segments.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .connection import ACK, PSH, SYN, Connection
from .packets import Flow, Packets, Segments, Stamp, address, tcp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .signaling import TimedFrame

SEGMENT = 1448
CONNECTIONS = 36
DOWNLOADS = 8  # on each
SIZES = (300_000, 6_000_000)  # bytes of a body, evenly spread by their logarithm
TOTAL = 543_000_000  # of all bodies: 600 MB with what is around them
CHUNKED = 5  # every fifth
CHUNK = 32_768
DURATION_NS = 60_000_000_000
SERVED_NS = 800_000  # from a request to its response
PAUSE_NS = 150_000_000  # from a download to the next request, at most
WIRE_NS = 12_300  # a full segment at a gigabit a second
SYN_OPTIONS = "020405b4 0402080a {:08x} {:08x} 01 030307"  # segment size, selective acknowledgments, times, window
REQUEST = (
    "GET /media/{name}.bin HTTP/1.1\r\nHost: files.example.net\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: keep-alive\r\n\r\n"
)
HEAD = (
    "HTTP/1.1 200 OK\r\nServer: nginx/1.24.0\r\nDate: Tue, 14 Nov 2023 22:13:{second:02} GMT\r\n"
    "Content-Type: application/octet-stream\r\n{length}Last-Modified: Mon, 13 Nov 2023 08:00:00 GMT\r\n"
    'Connection: keep-alive\r\nETag: "{tag:08x}"\r\nAccept-Ranges: bytes\r\n\r\n'
)


class Words(NamedTuple):
    """Text at places of a stream."""

    at: int
    text: bytes


class Response(NamedTuple):
    """How a download looks in its stream."""

    length: int  # of all its bytes
    words: list[Words]


def response(body: int, number: int) -> Response:
    """Return the response of a body of some bytes: its head, and around each chunk its length."""
    is_chunked = number % CHUNKED == CHUNKED - 1
    told = "Transfer-Encoding: chunked\r\n" if is_chunked else f"Content-Length: {body}\r\n"
    words = [Words(0, HEAD.format(second=number % 60, length=told, tag=number * 2_654_435_761 % 2**32).encode())]
    at = len(words[0].text)
    if not is_chunked:
        return Response(at + body, words)
    for begin in range(0, body, CHUNK):
        size = min(CHUNK, body - begin)
        line = b"%x\r\n" % size if begin == 0 else b"\r\n%x\r\n" % size
        words.append(Words(at, line))
        at += len(line) + size
    words.append(Words(at, b"\r\n0\r\n\r\n"))
    return Response(at + 7, words)


class Downloads:
    """All packets of such a capture; the whole capture's columns are made at once."""

    def __init__(self, scale: float, random: np.random.Generator) -> None:
        share = math.sqrt(min(scale, 1.0))
        connections = max(round(CONNECTIONS * share), 2)
        count = max(round(DOWNLOADS * scale / share), 1)
        bodies = np.exp(random.uniform(math.log(SIZES[0]), math.log(SIZES[1]), (connections, count)))
        bodies *= TOTAL * scale / bodies.sum()
        self.opening: list[TimedFrame] = []
        parts: list[Packets] = []
        for index, row in enumerate(bodies.astype(int).tolist()):
            parts += _Kept(index, self.opening, random).download(row, round(DURATION_NS * max(scale, 0.02)))
        self.opening.sort()
        self._parts = [_ordered(part) for part in parts]

    def between(self, begin_ns: int, end_ns: int) -> list[Packets]:
        """Return the packets of some time."""
        return [part for part in (_cut(part, begin_ns, end_ns) for part in self._parts) if len(part.at_ns)]

    @property
    def duration_ns(self) -> int:
        """Return when the last packet is sent."""
        return max(int(part.at_ns[-1]) for part in self._parts) + 1


class _Kept:
    """One kept connection, and the downloads on it."""

    def __init__(self, index: int, opening: list[TimedFrame], random: np.random.Generator) -> None:
        self._index, self._random, self._frames = index, random, opening
        self._connection = Connection(bytes((10, 88, 0, index)), 40_000 + index, bytes((10, 89, 0, index % 4)), 80)
        self._flow = Flow(address(89, np.array(index % 4)), 80, address(88, np.array(index)), 40_000 + index)
        self._at_ns = index * 1_700_000
        self._rtt_ns = int(random.integers(3_000_000, 40_000_000))
        self._burst = int(random.integers(8, 40))  # segments that go out together
        self._said = b""
        for flags, by_client in ((SYN, True), (SYN | ACK, False), (ACK, True)):
            self._say(flags, b"", by_client=by_client)

    def _clocks(
        self, at_ns: NDArray[np.int64] | int, *, by_client: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the timestamps of what one side sends: its own clock, and the other's when that last sent."""
        own = np.asarray(at_ns) // 1_000_000
        bases = 5_000_000 + self._index * 1000, 800_000_000
        return own + bases[not by_client], own - self._rtt_ns // 2_000_000 + bases[by_client]

    def _say(self, flags: int, payload: bytes, *, by_client: bool) -> None:
        """Send one whole segment."""
        own, other = (int(clock) for clock in self._clocks(self._at_ns, by_client=by_client))
        options = SYN_OPTIONS if flags & SYN else "0101080a {:08x} {:08x}"
        known = other if flags & ACK else 0
        frame = self._connection.segment(
            flags, payload, by_client=by_client, options=bytes.fromhex(options.format(own, known))
        )
        self._frames.append((self._at_ns, frame))
        self._at_ns += self._rtt_ns // 2

    def download(self, bodies: list[int], duration_ns: int) -> Iterator[Packets]:
        """Yield the packets of one download after another, which take about a given time together."""
        pace = (duration_ns - self._at_ns) * 0.9 / (sum(bodies) / SEGMENT)  # nanoseconds a segment
        for number, body in enumerate(bodies):
            name = f"{self._index:02}-{number:04}"
            self._say(PSH | ACK, REQUEST.format(name=name).encode(), by_client=True)
            self._at_ns += SERVED_NS
            yield from self._answer(response(body, self._index * len(bodies) + number), pace)
            self._at_ns += int(self._random.integers(PAUSE_NS // 10, PAUSE_NS)) * duration_ns // DURATION_NS

    def _answer(self, answer: Response, pace: float) -> Iterator[Packets]:
        """Yield the segments of a response, and their acknowledgments."""
        count = -(-answer.length // SEGMENT)
        index = np.arange(count)
        payload = np.full(count, SEGMENT)
        payload[-1] = answer.length - (count - 1) * SEGMENT
        at_ns = self._at_ns + (index // self._burst * (self._burst * pace)).astype(np.int64)
        at_ns += index % self._burst * WIRE_NS
        client, server = self._connection.sent[True], self._connection.sent[False]
        number = self._connection.packets[False] + 1 + index
        segments = Segments(
            server + index * SEGMENT, np.full(count, client), payload, (index == count - 1) | (index % 16 == 15),
            self._clocks(at_ns, by_client=False),
        )  # fmt: skip
        yield tcp(self._flow, at_ns, number, segments)._replace(stamps=list(_stamps(answer.words)))
        acknowledged = np.append(index[1::2], count - 1) if count % 2 else index[1::2]
        known = server + np.minimum((acknowledged + 1) * SEGMENT, answer.length)
        at_ns = at_ns[acknowledged] + self._rtt_ns
        nothing = np.zeros(len(acknowledged), np.int64)
        segments = Segments(nothing + client, known, nothing, clocks=self._clocks(at_ns, by_client=True))
        yield tcp(_turned(self._flow), at_ns, self._connection.packets[True] + 1 + np.arange(len(known)), segments)
        self._connection.sent[False] += answer.length
        self._connection.packets[False] += count
        self._connection.packets[True] += len(known)
        self._at_ns = int(at_ns[-1])


def _stamps(words: list[Words]) -> Iterator[Stamp]:
    """Yield words as parts of segments."""
    head = 66
    for at, text in words:
        row, offset = divmod(at, SEGMENT)
        first = text[: SEGMENT - offset]
        yield row, head + offset, first
        if len(first) < len(text):
            yield row + 1, head, text[len(first) :]


def _turned(flow: Flow) -> Flow:
    return Flow(flow.destination, flow.destination_port, flow.source, flow.source_port)


def _ordered(part: Packets) -> Packets:
    """Return packets in the order of their times, which bursts that last longer than their turn disturb."""
    at_ns = np.maximum.accumulate(part.at_ns)
    return part._replace(at_ns=at_ns)


def _cut(part: Packets, begin_ns: int, end_ns: int) -> Packets:
    """Return the packets of some time."""
    begin, end = np.searchsorted(part.at_ns, (begin_ns, end_ns)).tolist()
    stamps = [(row - begin, at, text) for row, at, text in part.stamps if begin <= row < end]
    return Packets(part.at_ns[begin:end], part.heads[begin:end], part.length[begin:end], stamps)
