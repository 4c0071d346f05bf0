"""One TCP connection after another as whole link frames, segment by segment: for what is said in words."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
SERVER_PORT = 8888
SEGMENT_LENGTH = 1448

Frame = tuple[int, bytes]  # microseconds into its burst, link frame
Burst = list[Frame]


def ipv4_header(source: bytes, destination: bytes, protocol: int, length: int, number: int = 0) -> bytes:
    """Return an IPv4 header for `length` bytes behind it."""
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + length, number, 0x4000, 64, protocol, 0, source, destination)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:]


def checksum(data: bytes) -> int:
    """Return the internet checksum (RFC 1071): the one's complement sum is the number the bytes make, modulo 65535."""
    return 0xFFFF - (int.from_bytes(data + bytes(len(data) % 2), "big") % 0xFFFF or 0xFFFF)


def ethernet_header(source: bytes, destination: bytes) -> bytes:
    """Return an Ethernet header whose addresses are made of the IPv4 ones."""
    return b"\x02\x00" + destination + b"\x02\x00" + source + b"\x08\x00"


@dataclass
class Connection:
    """One TCP connection, and the frames of both directions."""

    client: bytes
    port: int
    server: bytes
    server_port: int = SERVER_PORT
    sent: dict[bool, int] = field(default_factory=lambda: {True: 1_000_000, False: 9_000_000})  # by the client; not
    packets: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})  # the same: they number IP headers

    def segment(self, flags: int, payload: bytes = b"", *, by_client: bool, options: bytes = b"") -> bytes:
        """Return the link frame of the next segment of one side."""
        ends = ((self.client, self.port), (self.server, self.server_port))
        (source, source_port), (destination, destination_port) = ends if by_client else ends[::-1]
        acknowledged = self.sent[not by_client] if flags & ACK else 0
        ports = (source_port, destination_port, self.sent[by_client], acknowledged)
        self.sent[by_client] += len(payload) + bool(flags & (SYN | FIN))
        self.packets[by_client] += 1
        length = 20 + len(options)
        header = struct.pack(">HHIIBBHHH", *ports, length << 2, flags, 64240, 0, 0) + options
        pseudo = source + destination + struct.pack(">HH", 6, length + len(payload))
        total = checksum(pseudo + header + payload)
        header = header[:16] + struct.pack(">H", total) + header[18:]
        number = (self.port + self.packets[by_client]) & 0xFFFF
        ip = ipv4_header(source, destination, 6, length + len(payload), number)
        return ethernet_header(source, destination) + ip + header + payload

    def open(self) -> list[bytes]:
        """Return the handshake."""
        syn = self.segment(SYN, by_client=True)
        return [syn, self.segment(SYN | ACK, by_client=False), self.segment(ACK, by_client=True)]

    def send(self, data: bytes, *, by_client: bool, is_acknowledged: bool = True) -> list[bytes]:
        """Return the segments that carry `data`, and the other side's acknowledgment."""
        pieces = [data[at : at + SEGMENT_LENGTH] for at in range(0, len(data), SEGMENT_LENGTH)]
        segments = [self.segment(PSH | ACK, piece, by_client=by_client) for piece in pieces]
        return [*segments, self.segment(ACK, by_client=not by_client)] if is_acknowledged else segments

    def close(self) -> list[bytes]:
        """Return the end: the client closes first."""
        fin = self.segment(FIN | ACK, by_client=True)
        return [fin, self.segment(FIN | ACK, by_client=False), self.segment(ACK, by_client=True)]


def timed(frames: list[bytes], step: int = 15) -> Burst:
    """Let frames follow each other by some microseconds."""
    return [(at * step, frame) for at, frame in enumerate(frames)]
