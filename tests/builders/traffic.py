"""Makes captures of several connections at a time, with much HTTP in them, and damages them as captures are damaged.

    records = make_traffic(random.Random(7))  # in order of capture
    batches = cut(records, random.Random(8))

The same seed gives the same records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.capture.batch import Record
from sigtrace.packets.packet import ACK, FIN, PSH
from sigtrace.streams.sequence import HALF
from tests.builders.conversations import MASK, MILLISECOND, SECOND, START_NS, Conversation, Side
from tests.builders.frames import encode_frame
from tests.builders.packets import batch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from sigtrace.capture.batch import Batch
    from sigtrace.packets.packet import Segment

_URG: Final = 0x20
_ODD_WINDOW: Final = 77  # of segments that come in a rare shape
_PLACES: Final = 6  # of clients: few, so that ports are used again


def make_traffic(chance: Random) -> list[Record]:
    """Return the packets of some connections that go on side by side, damaged or not."""
    segments: list[Segment] = []
    for _ in range(chance.randint(1, 6)):
        segments += _connection(chance)
    segments.sort(key=lambda segment: segment.at_ns)
    for damage in chance.sample(_DAMAGES, chance.choice((0, 0, 1, 1, 2, 3))):
        segments = damage(chance, segments)
    if chance.randrange(4):
        segments.sort(key=lambda segment: segment.at_ns)
    return [_record(segment, number) for number, segment in enumerate(segments, 1)]


def make_exchanges(chance: Random) -> list[Record]:
    """Return the packets of many connections of one exchange each, few of them damaged or odd."""
    segments: list[Segment] = []
    spread_ns = chance.choice((MILLISECOND, 20 * MILLISECOND, SECOND))
    ports = chance.choice((5, 20, 1000))
    for _ in range(chance.randint(4, 40)):
        one = _short_connection(chance, START_NS + chance.randrange(spread_ns), ports)
        if chance.randrange(4) == 0:
            one = chance.choice(_DAMAGES)(chance, one)
        if chance.randrange(12) == 0:
            later_ns = chance.choice((0, 30_000, 100 * MILLISECOND))
            one += [segment._replace(at_ns=segment.at_ns + later_ns) for segment in one]
        segments += one
    segments.sort(key=lambda segment: segment.at_ns)
    if chance.randrange(5) == 0:
        segments = chance.choice(_DAMAGES)(chance, segments)
    if chance.randrange(8):
        segments.sort(key=lambda segment: segment.at_ns)
    return [_record(segment, number) for number, segment in enumerate(segments, 1)]


def cut(records: list[Record], chance: Random) -> Iterator[Batch]:
    """Put records into batches of any size."""
    first = 0
    while first < len(records):
        size = chance.choice((1, 5, 20, 60, 200, 1000))
        yield batch_of(records[first : first + size], first_number=first + 1)
        first += size


def _record(segment: Segment, number: int) -> Record:
    frame, length = encode_frame(segment, odd=segment.window == _ODD_WINDOW)
    return Record(number, segment.at_ns, segment.interface, 1, frame, length)


# ── one connection ───────────────────────────────────────────────────────────────────────────────────────────────────


def _connection(chance: Random) -> list[Segment]:
    place = chance.randrange(_PLACES)
    client, server = f"10.77.0.1{place}:4000{place}", "10.77.0.1:8888"
    if place == _PLACES - 1:
        client, server = "[fd77::1]:40000", "[fd77::2]:80"
    talk = Conversation(
        client,
        server,
        client_isn=chance.choice((1000, MASK - chance.randrange(600))),
        server_isn=chance.choice((5000, MASK - chance.randrange(600))),
        step_ns=chance.choice((10_000, 200_000, MILLISECOND, 40 * MILLISECOND)),
        start_ns=START_NS + chance.randrange(4) * chance.choice((MILLISECOND, 50 * MILLISECOND, SECOND)),
    )
    if chance.randrange(6):
        talk.handshake()
    else:
        talk.established()
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 5))):
        _go_on(chance, talk)
    end = chance.randrange(8)
    if end < 5:
        talk.close()
    elif end == 5:
        talk.server.fin()
        talk.client.acknowledge()
        talk.client.fin()
    elif end == 6:
        chance.choice((talk.client, talk.server)).reset()
    if chance.randrange(3) == 0:
        talk.segments = [segment._replace(identity=-1) for segment in talk.segments]
    if chance.randrange(6) == 0:
        apart = chance.randrange(3)
        sent = talk.client.endpoint
        talk.segments = [one._replace(interface=apart if one.source == sent else 0) for one in talk.segments]
    return talk.segments


def _short_connection(chance: Random, start_ns: int, ports: int) -> list[Segment]:
    """Open a connection, let the client ask and the server answer, and close it, mostly in the simplest way."""
    port = 40000 + chance.randrange(ports)
    client, server = f"10.77.0.11:{port}", "10.77.0.1:8888"
    if chance.randrange(12) == 0:
        client, server = "[fd77::1]:40000", "[fd77::2]:80"
    isns = [chance.choice((1000, 2000, MASK - chance.randrange(600), chance.randrange(MASK))) for _ in range(2)]
    step_ns = chance.choice((1000, 10_000, MILLISECOND))
    talk = Conversation(client, server, client_isn=isns[0], server_isn=isns[1], step_ns=step_ns, start_ns=start_ns)
    talk.handshake()
    if chance.randrange(8) == 0:
        _exchange(chance, talk)
    else:
        for side, said in (talk.client, _simple_request(chance)), (talk.server, _simple_answer(chance)):
            side.send(said, mss=chance.choice((36, 400, 1448, 1448)))
            for _ in range(chance.choice((0, 1, 1, 1, 2))):
                side.other.acknowledge()
            if chance.randrange(8) == 0:
                _interrupt(chance, side, side.sequence)
    _close(chance, talk)
    if chance.randrange(3) == 0:
        return [segment._replace(identity=-1) for segment in talk.segments]
    return talk.segments


def _close(chance: Random, talk: Conversation) -> None:
    """Close a connection in one of the ways that are common, or not at all."""
    end = chance.randrange(12)
    if end < 7:
        talk.close()
    elif end < 9:
        talk.server.fin(chance.choice((b"", b"more")))
        talk.client.acknowledge()
        talk.client.fin()
        talk.server.acknowledge()
    elif end == 9:
        talk.client.fin()
        talk.server.acknowledge()
        talk.server.fin(b"late")
    elif end == 10:
        talk.client.fin()
        talk.server.fin()
        talk.client.reset()


def _simple_request(chance: Random) -> bytes:
    if chance.randrange(10) == 0:
        return _request(chance, _body(chance))
    body = _body(chance) if chance.randrange(2) else b""
    length = b"Content-Length: %d\r\n" % len(body) if body or chance.randrange(4) == 0 else b""
    methods = (b"GET /wait?peer_id=1", b"POST /message?peer_id=1&to=2", b"HEAD /x", b"CONNECT a:1")
    (head,) = chance.choices(methods, (8, 8, 1, 1))
    return head + b" HTTP/1.1\r\nHost: a\r\n" + length + b"\r\n" + body


def _simple_answer(chance: Random) -> bytes:
    if chance.randrange(10) == 0:
        return _answer(chance)
    body = _body(chance)
    statuses = (b"200 OK", b"404 Not Found", b"304 Not Modified", b"100 Continue", b"101 Switching Protocols")
    (status,) = chance.choices(statuses, (20, 4, 2, 1, 1))
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _go_on(chance: Random, talk: Conversation) -> None:
    if chance.randrange(5):
        _exchange(chance, talk)
    else:
        _listen(chance, chance.choice((talk.client, talk.server)))
    if chance.randrange(5) == 0:
        talk.wait(chance.choice((MILLISECOND, SECOND, 40 * SECOND)))


def _exchange(chance: Random, talk: Conversation) -> None:
    """Let both sides say something."""
    mss = chance.choice((7, 20, 36, 300))
    kind = chance.randrange(10)
    upload = _body(chance) if chance.randrange(4) == 0 else b""
    if kind == 0:
        _say(chance, talk.client, chance.randbytes(chance.randrange(400)), mss)
        _say(chance, talk.server, b"\x16\x03\x01" + chance.randbytes(chance.randrange(400)), mss)
        return
    _say(chance, talk.client, _request(chance, upload), mss)
    if kind == 1:
        return
    answer = _answer(chance)
    if chance.randrange(8) == 0:
        _say(chance, talk.client, _request(chance, b""), mss)
        answer += _answer(chance)
    _say(chance, talk.server, answer, mss)


def _say(chance: Random, side: Side, data: bytes, mss: int) -> None:
    """Send data, acknowledged now and then."""
    odd = chance.randrange(4) == 0
    flags = ACK | chance.choice((0, PSH, PSH, _URG))
    every = chance.choice((1, 2, 2, 3, 50))
    head = chance.choice((0, 1, 60))  # bytes that go alone
    pieces = [data[:head]] if head else []
    pieces += [data[at : at + mss] for at in range(head, len(data), mss)]
    acknowledged = side.sequence
    for at, piece in enumerate(pieces):
        if odd and chance.randrange(6) == 0:
            _interrupt(chance, side, acknowledged)
        side.send(piece, mss=1500, flags=flags)
        if at % every == every - 1:
            acknowledged = side.sequence
            side.other.acknowledge()
            if odd and chance.randrange(4) == 0:
                side.other.window += 1
                side.other.acknowledge()
    if chance.randrange(3):
        side.other.acknowledge()


def _listen(chance: Random, side: Side) -> None:
    """Let one side acknowledge what the other sent, of which little was captured or nothing."""
    other = side.other
    steps = chance.choice(((1,), (0, 1), (7, 20), (1448, 2896), (3 << 20,), (1 << 28, 1), (1, HALF - 1)))
    odd = chance.choice((0, 0, 10, 50))  # of a thousand
    number = other.sequence - chance.choice((0, 0, 1, 100, HALF - 10))
    for _ in range(chance.choice((5, 40, 60, 150, 300))):
        number += chance.choice(steps)
        side.acknowledge(number)
        if chance.randrange(1000) < odd:
            _interrupt_listening(chance, side, number)
    if chance.randrange(2):
        other.sequence = number & MASK


def _interrupt_listening(chance: Random, side: Side, number: int) -> None:
    """Do something else in the midst of acknowledgments that come alone."""
    kind, other = chance.randrange(9), side.other
    if kind == 0:
        side.acknowledge(number - chance.choice((0, 0, 1, 3000)))
    elif kind == 1:
        side.send(b"PING")
    elif kind == 2:
        other.segment(b"some bytes", sequence=chance.choice((other.sequence, other.sequence + 5, number)))
    elif kind == 3:
        other.segment(b"", sequence=number)
    elif kind == 4:
        side.segment(b"", sequence=side.sequence - 1, acknowledgment=number)
    elif kind == 5:
        chance.choice((side, other)).reset()
    elif kind == 6:
        other.segment(b"", flags=ACK | FIN, sequence=chance.choice((other.sequence, number)))
    elif kind == 7:
        side.sequence += 9
    else:
        side.conversation.wait(chance.choice((MILLISECOND, 3 * SECOND, 150 * SECOND)))


def _interrupt(chance: Random, side: Side, acknowledged: int) -> None:
    """Do something else in the midst of data."""
    kind = chance.randrange(9)
    if kind == 0:
        side.other.acknowledge(acknowledged)  # again
    elif kind == 1:
        side.acknowledge()
    elif kind == 2:
        side.segment(b"XYZ", sequence=side.sequence - 3)
    elif kind == 3:
        side.segment(b"", sequence=side.sequence - 1)
    elif kind == 4:
        side.other.segment(b"", acknowledgment=side.sequence + 500)
    elif kind == 5:
        side.segment(b"stray", sequence=side.sequence + 2**30)
    elif kind == 6:
        side.other.sequence += 9  # bytes that are not captured, while this side goes on
    elif kind == 7:
        chance.choice((side, side.other)).reset()
    else:
        side.conversation.wait(chance.choice((MILLISECOND, 3 * SECOND, 150 * SECOND)))


def _body(chance: Random) -> bytes:
    return bytes(chance.choices(b"\r\n\0abcHTTP/1. 0123456789", k=chance.choice((0, 1, 40, 300, 900, 2000))))


def _request(chance: Random, body: bytes) -> bytes:
    head = chance.choice((b"GET /wait?peer_id=1", b"POST /message?peer_id=1&to=2", b"HEAD /x", b"PUT /file"))
    head += chance.choice((b" HTTP/1.1\r\nHost: a\r\n", b" HTTP/1.0\r\n"))
    if chance.randrange(12) == 0:
        head += b"Expect: 100-continue\r\n"
    if chance.randrange(12) == 0:
        head += b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    return _framed(chance, head, body) if body else head + b"\r\n"


def _answer(chance: Random) -> bytes:
    status = chance.choice((b"200 OK", b"200 OK", b"200 OK", b"204 No Content", b"404 Not Found", b"101 Switching"))
    head = b"HTTP/1.1 " + status + b"\r\n"
    if status[0:3] == b"101":
        head += b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    elif chance.randrange(5) == 0:
        return head + b"Server: until close\r\n\r\n" + _body(chance)
    return _framed(chance, head, _body(chance))


def _framed(chance: Random, head: bytes, body: bytes) -> bytes:
    if chance.randrange(2):
        length = len(body) + chance.choice((0,) * 8 + (-1, 5))
        return head + b"Content-Length: %d\r\n\r\n" % max(length, 0) + body
    chunks = []
    while body:
        size = chance.choice((1, 30, 200, 700))
        piece, body = body[:size], body[size:]
        line = chance.choice((b"%x\r\n", b"%x\r\n", b"%x\n", b"%x;name=value\r\n")) % len(piece)
        chunks.append(line + piece + chance.choice((b"\r\n", b"\r\n", b"\r\n", b"\n")))
    if chance.randrange(12) == 0:
        chunks.insert(len(chunks) // 2, b"nonsense\r\n")
    last = chance.choice((b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nTrailer: yes\r\n\r\n", b""))
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks) + last


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lose(chance: Random, segments: list[Segment]) -> list[Segment]:
    share = chance.choice((0.005, 0.03, 0.3))
    return [segment for segment in segments if chance.random() >= share]


def _repeat(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Capture some packets twice."""
    share, interface = chance.choice((0.01, 0.1, 1)), chance.randrange(2)
    late_ns = chance.choice((0, 10_000, 60 * MILLISECOND))
    out = []
    for segment in segments:
        out.append(segment)
        if chance.random() < share:
            out.append(segment._replace(interface=segment.interface + interface, at_ns=segment.at_ns + late_ns))
    return out


def _repeat_acknowledgments(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Capture some packets without data twice."""
    share = chance.choice((0.1, 0.5))
    return [copy for one in segments for copy in [one] * (1 + (not one.length and chance.random() < share))]


def _wander(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Capture some packets on another interface."""
    return [one._replace(interface=2) if chance.randrange(25) == 0 else one for one in segments]


def _send_again(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Let some segments be sent again, some of them with other bytes."""
    out = []
    for segment in segments:
        out.append(segment)
        if chance.randrange(30) == 0:
            identity = segment.identity if segment.identity < 0 else (segment.identity + 7) & 0xFFFF
            later = segment.at_ns + chance.choice((1000, 5 * MILLISECOND, 250 * MILLISECOND))
            payload = segment.payload if chance.randrange(3) else segment.payload.swapcase()
            out.append(segment._replace(identity=identity, at_ns=later, payload=payload))
    return out


def _reorder(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Write some packets late, their times as they were or new."""
    reach = chance.choice((2, 5, 40))
    keyed = sorted(enumerate(segments), key=lambda item: item[0] + chance.random() * reach)
    if chance.randrange(2):
        times = [segment.at_ns for segment in segments]
        return [segments[at]._replace(at_ns=at_ns) for (at, _), at_ns in zip(keyed, times, strict=True)]
    return [segment for _, segment in keyed]


def _mistime(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Give a few packets a wrong time."""
    out = list(segments)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(out))
        out[at] = out[at]._replace(at_ns=out[at].at_ns + chance.choice((-SECOND, -MILLISECOND, SECOND, 500 * SECOND)))
    return out


def _shorten(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Cut some packets, or all, by a snap length."""
    most, share = chance.choice((0, 10, 25)), chance.choice((0.02, 1))
    return [one._replace(payload=one.payload[:most]) if chance.random() < share else one for one in segments]


def _reshape(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Let some packets come in a shape that is decoded one by one."""
    return [one._replace(window=_ODD_WINDOW) if chance.randrange(40) == 0 else one for one in segments]


_DAMAGES: Final[list[Callable[[Random, list[Segment]], list[Segment]]]] = [
    _lose, _repeat, _repeat_acknowledgments, _wander, _send_again, _reorder, _mistime, _shorten, _reshape,
]  # fmt: skip
