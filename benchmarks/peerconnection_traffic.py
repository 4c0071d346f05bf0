"""Calls of peerconnection clients as link frames: sign-in, hanging waits, relayed SDP and candidates, sign-out.

Each exchange has a TCP connection of its own, from SYN to FIN, as the sample client's has. A call comes as *bursts*:
what happens within about a millisecond, such as one message's way from one peer through the server to the other.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
SERVER_PORT = 8888
SEGMENT_LENGTH = 1448
CANDIDATES = 5  # each way
EXCHANGES_PER_CALL = 34

Frame = tuple[int, bytes]  # microseconds into its burst, link frame
Burst = list[Frame]

ANSWER = (
    "HTTP/1.1 200 {reason}\r\nServer: PeerConnectionTestServer/0.1\r\nCache-Control: no-cache\r\nConnection: close\r\n"
    "{kind}Content-Length: {length}\r\n{pragma}Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Methods: POST, GET, OPTIONS\r\n"
    "Access-Control-Allow-Headers: Content-Type, Content-Length, Connection, Cache-Control\r\n"
    "Access-Control-Expose-Headers: Content-Length\r\n\r\n{body}"
)


def ipv4_header(source: bytes, destination: bytes, protocol: int, length: int) -> bytes:
    """Return an IPv4 header for `length` bytes behind it."""
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + length, 0, 0x4000, 64, protocol, 0, source, destination)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:]


def checksum(data: bytes) -> int:
    """Return the internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ethernet_header(source: bytes, destination: bytes) -> bytes:
    """Return an Ethernet header whose addresses are made of the IPv4 ones."""
    return b"\x02\x00" + destination + b"\x02\x00" + source + b"\x08\x00"


@dataclass
class Connection:
    """One TCP connection, and the frames of both directions."""

    client: bytes
    port: int
    server: bytes
    sent: dict[bool, int] = field(default_factory=lambda: {True: 1_000_000, False: 9_000_000})  # by the client; not

    def segment(self, flags: int, payload: bytes = b"", *, by_client: bool) -> bytes:
        """Return the link frame of the next segment of one side."""
        ends = ((self.client, self.port), (self.server, SERVER_PORT))
        (source, source_port), (destination, destination_port) = ends if by_client else ends[::-1]
        acknowledged = self.sent[not by_client] if flags & ACK else 0
        ports = (source_port, destination_port, self.sent[by_client], acknowledged)
        self.sent[by_client] += len(payload) + bool(flags & (SYN | FIN))
        header = struct.pack(">HHIIBBHHH", *ports, 0x50, flags, 64240, 0, 0)
        pseudo = source + destination + struct.pack(">HH", 6, 20 + len(payload))
        total = checksum(pseudo + header + payload)
        header = header[:16] + struct.pack(">H", total) + header[18:]
        ip = ipv4_header(source, destination, 6, 20 + len(payload))
        return ethernet_header(source, destination) + ip + header + payload

    def open(self) -> list[bytes]:
        """Return the handshake."""
        syn = self.segment(SYN, by_client=True)
        return [syn, self.segment(SYN | ACK, by_client=False), self.segment(ACK, by_client=True)]

    def send(self, data: bytes, *, by_client: bool) -> list[bytes]:
        """Return the segments that carry `data`, and the other side's acknowledgment."""
        pieces = [data[at : at + SEGMENT_LENGTH] for at in range(0, len(data), SEGMENT_LENGTH)]
        segments = [self.segment(PSH | ACK, piece, by_client=by_client) for piece in pieces]
        return [*segments, self.segment(ACK, by_client=not by_client)]

    def close(self) -> list[bytes]:
        """Return the end: the client closes first."""
        fin = self.segment(FIN | ACK, by_client=True)
        return [fin, self.segment(FIN | ACK, by_client=False), self.segment(ACK, by_client=True)]


def timed(frames: list[bytes], step: int = 15) -> Burst:
    """Let frames follow each other by some microseconds."""
    return [(at * step, frame) for at, frame in enumerate(frames)]


class Peer:
    """One client: its number, and the wait it has open."""

    def __init__(self, address: bytes, number: int, name: str, server: bytes) -> None:
        self.number = number
        self.name = name
        self._address = address
        self._server = server
        self._port = 20_000 + number * 37 % 40_000
        self._waiting: Connection | None = None

    def connect(self) -> Connection:
        """Return a connection from the next port."""
        self._port = 20_000 + (self._port - 19_999) % 45_000
        return Connection(self._address, self._port, self._server)

    def ask(self, request: str, reason: str, body: str = "", *, pragma: bool = False) -> list[bytes]:
        """Return a whole exchange on a connection of its own."""
        connection = self.connect()
        frames = connection.open() + connection.send(request.encode(), by_client=True)
        answer = self.answer(reason, body, self.number if pragma else None)
        return frames + connection.send(answer, by_client=False) + connection.close()

    def wait(self) -> list[bytes]:
        """Return the beginning of a hanging wait."""
        self._waiting = self.connect()
        request = f"GET /wait?peer_id={self.number} HTTP/1.0\r\n\r\n"
        return self._waiting.open() + self._waiting.send(request.encode(), by_client=True)

    def released(self, body: str, by: int) -> list[bytes]:
        """Return the answer to the open wait, and the next wait."""
        connection = self._waiting or self.connect()
        frames = connection.send(self.answer("OK", body, by), by_client=False) + connection.close()
        return frames + self.wait()

    def gone(self) -> list[bytes]:
        """Return the end of a wait that nobody answered."""
        return self._waiting.close() if self._waiting else []

    def missed(self, body: str, by: int) -> list[bytes]:
        """Return the answer to the open wait of a client that is not there any more."""
        return self._waiting.send(self.answer("OK", body, by), by_client=False)[:-1] if self._waiting else []

    @staticmethod
    def answer(reason: str, body: str, pragma: int | None) -> bytes:
        """Return the server's answer."""
        kind = "Content-Type: text/plain\r\n" if body else ""
        line = "" if pragma is None else f"Pragma: {pragma}\r\n"
        return ANSWER.format(reason=reason, kind=kind, length=len(body), pragma=line, body=body).encode()

    def post(self, to: Peer, body: str) -> list[bytes]:
        """Return a message on its way to the server and on to the other peer."""
        head = f"POST /message?peer_id={self.number}&to={to.number} HTTP/1.0\r\n"
        head += f"Content-Length: {len(body)}\r\nContent-Type: text/plain\r\n\r\n"
        return self.ask(head + body, "OK") + to.released(body, self.number)


def call(index: int, peers: list[Peer] | None = None) -> Iterator[Burst]:
    """Yield the bursts of one call between two new peers: `EXCHANGES_PER_CALL` exchanges.

    Args:
        index: of the call.
        peers: where to put the two, for who has more to do with them.
    """
    server = bytes((10, 77, 0, 1))
    caller, callee = (
        Peer(
            bytes((10, 78 + side, index >> 8 & 0xFF, index & 0xFF)),
            2 * index + side + 1,
            f"user{side}@host{index}",
            server,
        )
        for side in (0, 1)
    )
    if peers is not None:
        peers += [caller, callee]
    entries = [f"{peer.name},{peer.number},1\n" for peer in (caller, callee)]
    yield timed(caller.ask(f"GET /sign_in?{caller.name} HTTP/1.0\r\n\r\n", "Added", entries[0], pragma=True))
    yield timed(caller.wait())
    signed_in = callee.ask(
        f"GET /sign_in?{callee.name} HTTP/1.0\r\n\r\n", "Added", entries[1] + entries[0], pragma=True
    )
    yield timed(signed_in + caller.released(entries[1], caller.number))
    yield timed(callee.wait())
    yield timed(caller.post(callee, json.dumps({"sdp": description(index, "actpass"), "type": "offer"})))
    yield timed(callee.post(caller, json.dumps({"sdp": description(index + 1, "active"), "type": "answer"})))
    for number in range(CANDIDATES):
        yield timed(caller.post(callee, candidate(index, number)))
        yield timed(callee.post(caller, candidate(index + 1, number)))
    yield timed(caller.post(callee, "BYE"))
    left = callee.ask(f"GET /sign_out?peer_id={callee.number} HTTP/1.0\r\n\r\n", "OK")
    yield timed(left + callee.gone() + caller.released(f"{callee.name},{callee.number},0\n", caller.number))
    yield timed(caller.ask(f"GET /sign_out?peer_id={caller.number} HTTP/1.0\r\n\r\n", "OK") + caller.gone())


def candidate(seed: int, number: int) -> str:
    """Return a candidate message as the sample client writes it."""
    text = f"candidate:{seed % 9000 + number} 1 udp {2122260223 - number} 10.78.0.{seed % 250 + 1} {40000 + number}"
    text += f" typ host generation 0 ufrag u{seed:03x} network-id 1"
    return json.dumps({"candidate": text, "sdpMLineIndex": 0, "sdpMid": "0"})


def description(seed: int, setup: str) -> str:
    """Return a session description of about 3 kB: audio and video with the usual codecs."""
    fingerprint = ":".join(f"{(seed * 7 + at * 13) & 0xFF:02X}" for at in range(32))
    session = [
        "v=0", f"o=- {4_000_000_000_000_000_000 + seed} 2 IN IP4 127.0.0.1", "s=-", "t=0 0",
        "a=group:BUNDLE 0 1", "a=extmap-allow-mixed", f"a=msid-semantic: WMS stream{seed}",
    ]  # fmt: skip
    audio = media(
        seed, setup, fingerprint, ("audio", 0, {111: "opus/48000/2", 63: "red/48000/2", 9: "G722/8000", 0: "PCMU/8000"})
    )
    codecs = {
        payload: codec
        for at, name in enumerate(("VP8", "VP9", "VP9", "H264", "H264", "H264", "AV1"))
        for payload, codec in ((96 + 2 * at, f"{name}/90000"), (97 + 2 * at, "rtx/90000"))
    }
    return "\r\n".join(session + audio + media(seed, setup, fingerprint, ("video", 1, codecs))) + "\r\n"


def media(seed: int, setup: str, fingerprint: str, section: tuple[str, int, dict[int, str]]) -> list[str]:
    """Return one media section."""
    kind, mid, codecs = section
    lines = [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, codecs))}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:u{seed:03x}", f"a=ice-pwd:{seed:024x}", "a=ice-options:trickle renomination",
        f"a=fingerprint:sha-256 {fingerprint}", f"a=setup:{setup}", f"a=mid:{mid}",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:toffset",
        "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "a=sendrecv", f"a=msid:stream{seed} {kind}_label",
        "a=rtcp-mux", "a=rtcp-rsize",
    ]  # fmt: skip
    for payload, codec in codecs.items():
        lines.append(f"a=rtpmap:{payload} {codec}")
        if codec.startswith("rtx"):
            lines.append(f"a=fmtp:{payload} apt={payload - 1}")
        elif kind == "video":
            lines += [
                f"a=rtcp-fb:{payload} {feedback}"
                for feedback in ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
            ]
    ssrc = 100_000 + seed * 10 + mid
    return [*lines, f"a=ssrc:{ssrc} cname:cname{seed}", f"a=ssrc:{ssrc} msid:stream{seed} {kind}_label"]
