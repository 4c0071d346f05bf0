"""The seed corpus: small inputs that reach far into each decoder, made from shipped captures and by the builders.

`python -m tests.fuzz seeds` writes the folder again. What compressors write may differ between their versions; all else
comes out the same.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import shutil
import zlib
from itertools import chain, islice
from typing import TYPE_CHECKING

import brotli
import lz4.frame
import zstandard

from sigtrace.application.socketio.engine import EnginePacket
from sigtrace.application.socketio.jsonp import wrap_form, wrap_legacy_form, wrap_script
from sigtrace.application.socketio.packet import EnginePacketKind
from sigtrace.application.socketio.payload import encode_binary_payload, join_legacy
from sigtrace.capture.batch import Batch, DecryptionSecrets, NameResolution, Record
from sigtrace.capture.pcapng.blocks import SectionFacts
from sigtrace.capture.writer import (
    encode_interface,
    encode_name_resolution,
    encode_packet,
    encode_pcap,
    encode_secrets,
    encode_section_header,
)
from sigtrace.packets.packet import ACK, FIN, PSH, SYN, Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.pipeline import analyze
from sigtrace.signaling.room_events import (
    Delivered,
    JoinAsked,
    Joined,
    JoinRefused,
    LeaveAsked,
    PeerJoined,
    PeerLeft,
    Sent,
)
from sigtrace.sources.file import read
from sigtrace.streams.flow import Chunk, Delivery
from sigtrace.streams.reassembly import Reassembler
from tests.builders import exchanges as messages
from tests.builders import http, packets, websocket
from tests.builders.captures import (
    ETHERNET,
    RAW_IP,
    START_NS,
    encode_obsolete_packet,
    encode_simple_packet,
    encode_statistics,
    records_of,
)
from tests.builders.descriptions import SAMPLES, sample_text
from tests.builders.socketio import OPEN
from tests.fuzz import shipped
from tests.fuzz.inputs import SEEDS
from tests.fuzz.targets import socketio
from tests.fuzz.targets.fragments import encode_fragment
from tests.fuzz.targets.http import encode_item
from tests.fuzz.targets.packets import encode_record
from tests.fuzz.targets.rooms import encode_event
from tests.fuzz.targets.sdp import BETWEEN
from tests.fuzz.targets.signaling import encode_exchange
from tests.fuzz.targets.socketio import encode_carrier
from tests.fuzz.targets.tcp import encode_segment
from tests.fuzz.targets.websocket import COMPRESSED, JOINED, encode_gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


SMALL = "quit-server"
"""The capture that most seeds are cut from: one peer, and the end of the server."""

_BODIES = "simple-call"
_LOSSY = "lossy-client-side"
_ODD = "odd-requests"


def write_seeds(folder: Path = SEEDS) -> None:
    """Write all seeds, a folder for each target."""
    for target, seeds in make_seeds().items():
        place = folder / target
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for number, seed in enumerate(seeds, 1):
            (place / f"{number:02}").write_bytes(seed)


def make_seeds() -> Mapping[str, Iterable[bytes]]:
    """Return the seeds of each target."""
    return {
        "pcap": _pcaps(),
        "pcapng": _pcapngs(),
        "compression": _compressed(),
        "packets": _packets(),
        "fragments": _fragments(),
        "tcp": (_segments(SMALL), _segments(_LOSSY)),
        "http": (_streams(SMALL), _streams(_ODD), _streams(_BODIES), _made_streams()),
        "websocket": _websockets(),
        "content": _contents(),
        "description": (sample_text(name).encode() for name in SAMPLES),
        "candidate": _candidates(),
        "agreement": _agreements(),
        "exchange": map(_without_time, _exchanges()),
        "json": _bodies(),
        "history": (b"".join(_exchanges()),),
        "rooms": _rooms(),
        "socketio": _talks(),
        "whole": _wholes(),
    }


# ── captures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _records(name: str) -> Iterator[Record]:
    for item in read(shipped.path_of(name)):
        if isinstance(item, Batch):
            yield from records_of(item)


def _pcaps() -> Iterator[bytes]:
    first = list(islice(_records(SMALL), 10))
    for nanosecond, big_endian in ((False, False), (True, False), (False, True)):
        yield encode_pcap(first, link_type=1, nanosecond=nanosecond, big_endian=big_endian)


def _pcapngs() -> Iterator[bytes]:
    first = list(islice(_records(SMALL), 4))
    for big in (False, True):
        section = SectionFacts(hardware="h", operating_system="o", application="a", comments=("c",))
        names = [NameResolution(address=bytes(range(size)), names=("name",)) for size in (4, 16)]
        yield b"".join(
            (
                encode_section_header(section, big_endian=big),
                encode_interface(ETHERNET, big_endian=big),
                encode_interface(RAW_IP, resolution=0x8A, offset_seconds=5, big_endian=big),
                *(encode_packet(one, comments=["said"], big_endian=big) for one in first),
                encode_obsolete_packet(first[0], big_endian=big),
                encode_simple_packet(first[1].data, big_endian=big),
                encode_packet(first[2]._replace(interface=1), resolution=0x8A, offset_seconds=5, big_endian=big),
                encode_name_resolution(names, big_endian=big),
                encode_statistics(0, big_endian=big),
                encode_secrets(DecryptionSecrets(kind=1, data=b"secret"), big_endian=big),
                encode_section_header(SectionFacts(), big_endian=not big),
                encode_interface(ETHERNET, resolution=6, big_endian=not big),
                encode_packet(first[3], resolution=6, big_endian=not big),
            )
        )


def _compressed() -> Iterator[bytes]:
    capture = next(_pcaps())
    packers = (gzip.compress, zstandard.compress, lzma.compress, bz2.compress, lz4.frame.compress)
    for number, pack in enumerate(packers):
        yield bytes((number,)) + pack(capture)
        yield bytes((number,)) + pack(capture[:99]) + pack(b"\0" * 2000)


def _wholes() -> Iterator[bytes]:
    yield shipped.path_of(SMALL).read_bytes()
    yield encode_pcap(_call(), link_type=1)
    yield gzip.compress(encode_pcap(_call(), link_type=1), mtime=0)


def _call() -> list[Record]:
    """Make a whole call in few bytes: two peers, offer, answer, a candidate, the goodbye."""
    talk = _Talk()
    talk.exchange(1, b"/sign_in?alice@a", b"", b"alice@a,1,1\n", 1)
    talk.exchange(2, b"/sign_in?bob@b", b"", b"bob@b,2,1\nalice@a,1,1\n", 2)
    talk.exchange(1, b"/wait?peer_id=1", b"", b"bob@b,2,1\n", 1)
    for sender, body in ((1, messages.OFFER), (2, messages.ANSWER), (1, messages.CANDIDATE), (1, messages.BYE)):
        receiver = 3 - sender
        talk.exchange(sender, b"/message?peer_id=%d&to=%d" % (sender, receiver), body, b"", sender)
        talk.exchange(receiver, b"/wait?peer_id=%d" % receiver, b"", body, sender)
    talk.exchange(1, b"/sign_out?peer_id=1", b"", b"", 1)
    return talk.records


class _Talk:
    """Makes the packets of exchanges, each on a connection of its own, without handshake timings that matter."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._port = 40000

    def exchange(self, peer: int, target: bytes, body: bytes, answer: bytes, pragma: int) -> None:
        """Add one exchange of a peer with the server."""
        self._port += 1
        asked = http.request(target, method=b"POST" if body else b"GET", body=body)
        answered = http.response(answer, b"Pragma: %d" % pragma)
        self._add(peer, SYN, 0, 0)
        self._add(-peer, SYN | ACK, 0, 1)
        self._add(peer, ACK | PSH, 1, 1, asked)
        self._add(-peer, ACK | PSH | FIN, 1, 1 + len(asked), answered)
        self._add(peer, ACK | FIN, 1 + len(asked), 2 + len(answered))

    def _add(self, peer: int, flags: int, sequence: int, acknowledgment: int, payload: bytes = b"") -> None:
        """Add a packet of a peer, or of the server to it where its number is negative."""
        client, ports = f"10.77.0.1{abs(peer)}", (self._port, 8888)
        ends, ports = ((client, "10.77.0.1"), ports) if peer > 0 else (("10.77.0.1", client), ports[::-1])
        segment = packets.tcp(*ports, sequence=sequence, acknowledgment=acknowledgment, flags=flags, payload=payload)
        frame = packets.ethernet(packets.ipv4(*ends, segment))
        number = len(self.records) + 1
        self.records.append(Record(number, START_NS + number * 1_000_000, 0, 1, frame, len(frame)))


# ── packets and streams ──────────────────────────────────────────────────────────────────────────────────────────────


def _packets() -> Iterator[bytes]:
    ports = 40000, 8888
    segment = packets.tcp(*ports, sequence=1, flags=ACK, options=packets.timestamps(7), payload=b"GET / HTTP/1.1\r\n")
    plain = packets.ipv4("10.77.0.1", "10.77.0.11", segment)
    modern = packets.ipv6("fd77::1", "fd77::b", packets.ipv6_options(segment))
    frame = packets.ethernet(plain)

    def carried(inner: bytes) -> bytes:
        return packets.ethernet(packets.ipv4("192.0.2.1", "192.0.2.2", inner))

    yield encode_record(frame, 1, ends_batch=True) + encode_record(frame, 1) + encode_record(carried(plain), 1)
    for made, link_type in (
        (packets.ethernet(modern, tags=(0x88A8, 0x8100)), 1),
        (packets.ethernet_llc(plain), 1),
        (packets.ethernet(packets.mpls(plain, 16, 17), ethertype=0x8847), 1),
        (packets.ethernet(packets.pppoe(plain), ethertype=0x8864), 1),
        (carried(packets.gre(plain, key=7)), 1),
        (carried(packets.vxlan(frame)), 1),
        (carried(packets.geneve(frame, options=b"\0\1\2\1abcd")), 1),
        (carried(packets.authentication_header(segment)), 1),
        (packets.cooked(plain), 113),
        (packets.cooked_v2(modern), 276),
        (packets.loopback(plain), 0),
        (bytes(modern), 101),
        (packets.wifi(plain, qos=True), 105),
        (packets.radiotap(packets.wifi(plain)), 127),
        (packets.ppp(plain), 9),
    ):
        yield encode_record(made, link_type)
    whole = packets.Network.of(0x0800, plain[:6] + bytes(2) + plain[8:])
    yield b"".join(encode_record(packets.ethernet(one), 1) for one in packets.ipv4_fragments(whole, 16))


def _fragments() -> Iterator[bytes]:
    first, middle, last = bytes(range(16)), bytes(8), b"tail"
    yield encode_fragment(0, 0, first, more=True) + encode_fragment(0, 16, last, more=False)
    yield b"".join(
        (
            encode_fragment(1, 24, last, more=False),
            encode_fragment(2, 0, first, more=True),
            encode_fragment(1, 8, first, more=True),
            encode_fragment(1, 0, middle, more=True),
        )
    )


def _segments_of(name: str) -> Iterator[Segment]:
    sieve = Sieve()
    for item in read(shipped.path_of(name)):
        if isinstance(item, Batch):
            yield from (unit for unit in sieve.feed(item) if isinstance(unit, Segment))


def _segments(name: str) -> bytes:
    """Take the first segments of a capture; its clients become two, the first and all others."""
    chosen = list(islice(_segments_of(name), 60))
    client, server = chosen[0].source[:-2], chosen[0].destination
    numbers = ((0 if end[:-2] == client else 2) if end != server else 1 for one in chosen for end in one[3:5])
    pairs = zip(numbers, numbers, strict=True)
    return b"".join(encode_segment(*ends, one) for ends, one in zip(pairs, chosen, strict=True))


def _deliveries(name: str) -> Iterator[Delivery]:
    reassembler = Reassembler()
    found = chain.from_iterable(map(reassembler.feed, _segments_of(name)))
    yield from (one for one in found if isinstance(one, Delivery))


def _streams(name: str) -> bytes:
    """Take the first chunks that a capture's connections carried, as if one had carried them all."""
    chunks = ((one.from_originator, one.item) for one in _deliveries(name) if isinstance(one.item, Chunk))
    return b"\0" + b"".join(encode_item(item.data, from_client=client) for client, item in islice(chunks, 12))


def _made_streams() -> bytes:
    asked = http.request(b"/a", b"Transfer-Encoding: chunked", method=b"POST") + http.chunked(b"one", b"two")
    answered = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + http.chunked(
        b"x"
    )
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01a"
    parts = ((asked, True), (answered, False), (http.request(b"/ws", b"Upgrade: websocket"), True), (switch, False))
    return b"\0" + b"".join(encode_item(data, from_client=from_client) for data, from_client in parts)


def _websockets() -> Iterator[bytes]:
    """Frames of every kind; compressed ones; with gaps; joined in the middle; what a real connection carried."""
    pieces = websocket.in_fragments(1, [b"one ", b"two ", b"three"])
    pings = (websocket.encode_frame(9, b"1"), websocket.encode_frame(8, b"\x03\xe8done"))
    answered = b"".join((pieces[0], pings[0], *pieces[1:], websocket.encode_frame(2, bytes(300)), pings[1]))
    parts = [(websocket.asked(1, b"masked"), True), (answered, False), (websocket.asked(10, b"1"), True)]
    plain = b"".join(encode_item(data, from_client=from_client) for data, from_client in parts)
    yield b"\0" + plain
    yield bytes((JOINED,)) + plain * 2
    # What RFC 7692 §7.2.3 gives, not what a compressor writes: that differs between versions.
    hello = [
        bytes.fromhex(data) for data in ("f248cdc9c90700", "f200110000", "f348cdc9c9070000", "000500faff48656c6c6f00")
    ]
    frames = [websocket.encode_frame(1, data, rsv=4) for data in hello]
    yield bytes((COMPRESSED,)) + b"".join(encode_item(frame, from_client=False) for frame in frames)
    text = websocket.text("a message that is long enough to be found again")
    lossy = (encode_item(text[:20], from_client=False), encode_gap(20, from_client=False))
    yield b"\0" + b"".join((*lossy, *(encode_item(text, from_client=False) for _ in range(3))))
    chunks = [
        (one.from_originator, one.item) for one in _deliveries("websocket-deflate") if isinstance(one.item, Chunk)
    ]
    carried = [(who, item.data) for who, item in chunks if not item.data.startswith((b"GET", b"HTTP"))]
    yield bytes((COMPRESSED,)) + b"".join(encode_item(data, from_client=who) for who, data in carried[:12])


# ── content and meaning ──────────────────────────────────────────────────────────────────────────────────────────────


def _contents() -> Iterator[bytes]:
    for number, pack in enumerate((gzip.compress, zlib.compress, brotli.compress, zstandard.compress)):
        yield bytes((number,)) + pack(messages.OFFER)
    yield b"\4" + brotli.compress(gzip.compress(messages.OFFER, mtime=0))


def _bodies() -> Iterator[bytes]:
    """Take the bodies of a call, one of each kind, and a few that are none."""
    trace = analyze(read(io.BytesIO(shipped.path_of(_BODIES).read_bytes())))
    kinds = {signal.content.kind: (signal.content.text or "").encode() for signal in trace.signals}
    yield from kinds.values()
    yield messages.OFFER
    yield json.dumps({"messageType": "OFFER", "sdp": sample_text("planb-sdes-offer"), "tieBreaker": 7}).encode()
    yield b'{"type": "offer-loopback"}'
    yield b'{"candidate": "candidate:1 1 udp 1 ::1 9 typ host", "sdpMLineIndex": true, "sdpMid": "\\ud800"}'


def _candidates() -> Iterator[bytes]:
    yield b"candidate:1 1 udp 2122260223 192.0.2.7 54321 typ host generation 0 ufrag EsAw network-id 1"
    yield b"a=candidate:2 2 tcp 1 a.local 9 typ srflx raddr 10.0.0.1 rport 5000 tcptype active\r\n"


def _agreements() -> Iterator[bytes]:
    pairs = (("chromium-offer", "chromium-answer"), ("aiortc-offer", "aiortc-answer"), ("firefox-offer",) * 2)
    for offer, answer in pairs:
        yield sample_text(offer).removeprefix("v=0\r\n").encode() + BETWEEN + sample_text(answer)[5:].encode()


def _exchanges() -> list[bytes]:
    sign_in, wait, message, sign_out, quit_server, other = range(6)
    return [
        encode_exchange(0, sign_in, peers=(97, 0), answer=b"alice,1,1\n"),
        encode_exchange(0, wait, peers=(1, 0), hung=50, answer=b"bob,2,1\n"),
        encode_exchange(1, sign_in, peers=(98, 0), pragma=2, answer=b"bob,2,1\nalice,1,1\n"),
        encode_exchange(1, message, peers=(2, 1), body=messages.OFFER),
        encode_exchange(0, wait, peers=(1, 0), hung=9, pragma=2, answer=messages.OFFER),
        encode_exchange(0, message, peers=(1, 2), body=messages.ANSWER),
        encode_exchange(1, wait, peers=(2, 0), hung=9, answer=messages.ANSWER),
        encode_exchange(0, message, peers=(1, 2), body=messages.CANDIDATE),
        encode_exchange(1, wait, peers=(2, 0), hung=9, answer=messages.CANDIDATE),
        encode_exchange(0, message, peers=(1, 2), body=messages.BYE),
        encode_exchange(0, sign_out, peers=(1, 0)),
        encode_exchange(2, quit_server),
        encode_exchange(2, other),
    ]


def _without_time(exchange: bytes) -> bytes:
    """An exchange alone has no time before it."""
    return exchange[1:]


# ── rooms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rooms() -> Iterator[bytes]:
    """Two who meet, call and part; one who is in two rooms over two channels, and refused a third."""
    ann, ben, carol, red, blue = 1, 2, 3, 1, 2
    yield b"\xe4" + b"".join(
        [
            encode_event(JoinAsked, 0, ann, red),
            encode_event(Joined, 0, ann, red),
            encode_event(JoinAsked, 1, ben, red),
            encode_event(Joined, 1, ben, red | 0x80),
            encode_event(PeerJoined, 0, ben, red),
            encode_event(Sent, 0, ben, 0),
            encode_event(Delivered, 1, ann, 0),
            encode_event(Sent, 1, ann, 4),
            encode_event(Delivered, 0, ben, 4),
            encode_event(LeaveAsked, 1, 0, 0),
            encode_event(PeerLeft, 0, ben, red),
        ]
    )
    yield b"\x00" + b"".join(
        [
            encode_event(JoinAsked, 0, carol, red),
            encode_event(JoinAsked, 1, carol, blue),
            encode_event(Joined, 1, carol, blue),
            encode_event(JoinAsked, 0, carol, blue),
            encode_event(JoinRefused, 0, 0, 0),
            encode_event(PeerLeft, 1, carol, blue),
        ]
    )


# ── Socket.IO ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _talks() -> Iterator[bytes]:
    """A session of each protocol: polling, WebSocket, attachments, JSONP, answers without requests, damage."""
    event = b'51-/ns,7["n",{"_placeholder":true,"num":0}]'
    binary = encode_binary_payload(
        [EnginePacket(EnginePacketKind.MESSAGE, event), EnginePacket(EnginePacketKind.MESSAGE, b"x", binary=True)]
    )
    yield b"".join(
        (
            encode_carrier(socketio.GET, 0, OPEN),
            encode_carrier(socketio.POST, 1, b"4" + event + b"\x1ebAQ==\x1e3"),
            encode_carrier(socketio.GET, 1, b'2\x1e43/ns,7["\xc3\xa9"]'),
            encode_carrier(socketio.UNANSWERED, 1, b""),
            encode_carrier(socketio.CLIENT | 64, 8, b"2probe"),
            encode_carrier(socketio.SERVER | 64, 8, OPEN),
            encode_carrier(socketio.CLIENT | 64, 8, b"4" + event),
            encode_carrier(socketio.CLIENT_BYTES | 64, 8, b"x"),
            encode_carrier(socketio.SERVER | 64, 8, b"41/ns,"),
        )
    )
    yield b"".join(
        (
            encode_carrier(socketio.GET, 2, '6:42["é"1:3'.encode()),
            encode_carrier(socketio.POST, 2, binary),
            encode_carrier(socketio.GET, 3, wrap_script(b'9:42["a\\n"]1:6', 0)),
            encode_carrier(socketio.POST, 3, wrap_form(b'9:42["a\\n"]')),
            encode_carrier(socketio.UNASKED, 2, b'7:42["a"]'),
            encode_carrier(socketio.GET, 2, b'7:42["a"]7:42["b', damage=1),
            encode_carrier(socketio.CLIENT, 11, b'42["a"]'),
            encode_carrier(socketio.SERVER, 11, b'42["b"]'),
            encode_carrier(socketio.SERVER_BYTES, 11, b"\x04b"),
        )
    )
    yield b"".join(
        (
            encode_carrier(socketio.GET, 4, b"S1:60:60:websocket,xhr-polling"),
            encode_carrier(socketio.GET, 5, join_legacy([b"1::", b'5:1+:/n:{"name":"a","args":[1]}', b"8::"])),
            encode_carrier(socketio.POST, 5, b'6:::1+["a"]'),
            encode_carrier(socketio.POST, 6, wrap_legacy_form(b"3:::text")),
            encode_carrier(socketio.GET, 7, b'<script>_("4:::[1]");</script>'),
            encode_carrier(socketio.SERVER | 64, 10, b"2::"),
            encode_carrier(socketio.CLIENT | 64, 10, b"2::"),
            encode_carrier(socketio.CLIENT | 64, 10, b"0::"),
        )
    )
