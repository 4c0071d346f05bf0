"""TCP: one header → a `Segment`, and the identity that tells a copy of a packet from a retransmission.

    source port 16 | destination port 16
    sequence number 32
    acknowledgment number 32
    data offset 4 | reserved 4 | flags 8 | window 16
    checksum 16 | urgent pointer 16
    options

Identity. A packet captured twice (both sides of a bridge, two interfaces) is equal in the IPv4 identification and in
the TCP timestamp value; a retransmission is a new packet with a new identification and, nearly always, a later
timestamp. IPv6 has no identification, and hosts set IPv4's to 0 where a packet may not be fragmented (RFC 6864 §4.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.layer import HeaderError, Layer
from sigtrace.packets.packet import Segment

if TYPE_CHECKING:
    from sigtrace.capture.batch import Record

TCP_MALFORMED = "tcp.malformed"  # a data offset below 5 words or beyond the segment, or less than a header

HEADER = 20
_END_OF_OPTIONS, _NO_OPERATION, _TIMESTAMPS = 0, 1, 8  # option kinds
_TIMESTAMPS_LENGTH = 10
HAS_TIMESTAMP, HAS_IDENTIFICATION = 1 << 48, 1 << 49  # in an identity: above identification and timestamp


def decode_segment(layer: Layer, record: Record) -> Segment:
    """Take a TCP header off (RFC 9293 §3.1); options that the snap length cut are left out. Raises HeaderError."""
    if layer.length < HEADER:
        raise HeaderError(TCP_MALFORMED, f"{layer.length} bytes of TCP")
    layer.need(HEADER, TCP_MALFORMED)
    data = layer.data
    header = (data[12] >> 4) * 4
    if not HEADER <= header <= layer.length:
        raise HeaderError(TCP_MALFORMED, f"data offset {header // 4} in a segment of {layer.length} bytes")
    return Segment(
        number=record.number,
        at_ns=record.at_ns,
        interface=record.interface,
        source=layer.carrier.source + data[:2],
        destination=layer.carrier.destination + data[2:4],
        sequence=int.from_bytes(data[4:8], "big"),
        acknowledgment=int.from_bytes(data[8:12], "big"),
        flags=data[13],
        window=int.from_bytes(data[14:16], "big"),
        payload=data[header:],
        length=layer.length - header,
        identity=identity(layer.carrier.identification, timestamp_value(data[HEADER:header])),
    )


def timestamp_value(options: bytes) -> int:
    """Return the timestamp value among TCP options (RFC 7323 §3.2), -1 when there is none."""
    at = 0
    while at + 1 < len(options):
        kind, length = options[at], options[at + 1]
        if kind == _END_OF_OPTIONS:
            return -1
        if kind == _NO_OPERATION:
            at += 1
            continue
        if kind == _TIMESTAMPS and length == _TIMESTAMPS_LENGTH and at + 6 <= len(options):
            return int.from_bytes(options[at + 2 : at + 6], "big")
        at += max(length, 2)
    return -1


def identity(identification: int, timestamp: int) -> int:
    """Join both halves, either of which may be -1 for "nothing tells"; -1 when both are."""
    joined = -1
    if identification >= 0:
        joined = HAS_IDENTIFICATION | identification << 32
    if timestamp >= 0:
        joined = max(joined, 0) | HAS_TIMESTAMP | timestamp
    return joined
