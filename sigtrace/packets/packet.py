"""The frozen types that packets become: TCP segments for the streams."""

from __future__ import annotations

from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


class Segment(NamedTuple):
    """One TCP segment as captured (RFC 9293 §3.1). Endpoints are packed: address bytes, then 2 port bytes."""

    number: int  # packet number
    at_ns: int
    interface: int
    source: bytes
    destination: bytes
    sequence: int
    acknowledgment: int
    flags: int
    window: int  # as in the header, not scaled
    payload: bytes  # what was captured of it
    length: int  # payload bytes on the wire: more than `payload` holds when a snap length cut the packet
    identity: int  # equal for copies of one packet, different for a retransmission; -1 when nothing tells
