"""Where the parts of a capture stand in its bytes, and which flow each of its packets belongs to.

Written apart from `sigtrace.capture`, so that what a mutation touches is known without the reader that is tried. It
reads what the shipped captures are: pcap, and pcapng with enhanced packet blocks.
"""

from __future__ import annotations

import struct
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sigtrace.capture.batch import Record
from sigtrace.packets.dissector import Dissector
from sigtrace.packets.endpoint import decode_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.packets.endpoint import Endpoint

FlowKey: TypeAlias = "frozenset[Endpoint]"
"""The two ends of a TCP connection: all connections that used the same ports after one another are one key."""

_PCAP_HEADER, _PCAP_RECORD = 24, 16
_NANOSECOND_MAGIC = 0xA1B23C4D
_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_PACKET_BLOCK = 28  # bytes before the packet's own in an enhanced packet block


class Role(Enum):
    """What the rest of a capture owes to a part."""

    FRAME = "frame"  # a file header, a section, an interface: every packet's meaning hangs on it
    PACKET = "packet"
    BESIDE = "beside"  # names, statistics: no packet needs them


class Part(NamedTuple):
    """A record or block; the parts of a capture cover its bytes without holes."""

    role: Role
    start: int
    end: int
    head: int = 0  # bytes of a packet's record before the packet's own
    link_type: int = 0
    flow: FlowKey | None = None  # None for what is no TCP


class Anatomy(NamedTuple):
    """A capture's bytes and what they are."""

    data: bytes
    parts: tuple[Part, ...]
    order: str  # of bytes, as `struct` names it
    nanosecond: bool
    pcapng: bool

    @property
    def packets(self) -> list[int]:
        """The places of the packets among the parts."""
        return [place for place, part in enumerate(self.parts) if part.role is Role.PACKET]


def dissect(data: bytes, whole: bytes | None = None) -> Anatomy:
    """Take a capture apart.

    Args:
        data: the capture.
        whole: the same before a length in it was spoiled: the parts stand where they stand in this.
    """
    anatomy = _dissect(data if whole is None else whole)
    return anatomy._replace(data=data)


def _dissect(data: bytes) -> Anatomy:
    pcapng = struct.unpack_from("<I", data)[0] == _SECTION
    order = _order(data, at=8 if pcapng else 0, magics=(0x1A2B3C4D,) if pcapng else (0xA1B2C3D4, _NANOSECOND_MAGIC))
    nanosecond = not pcapng and struct.unpack_from(f"{order}I", data)[0] == _NANOSECOND_MAGIC
    parts = _blocks(data, order) if pcapng else _records(data, order)
    return Anatomy(data, tuple(_with_flow(data, part) for part in parts), order, nanosecond, pcapng)


def flow_of(packet: bytes, link_type: int) -> FlowKey | None:
    """Return the flow that a packet belongs to, None for what is no TCP; a fragment does not name its flow."""
    for segment in Dissector().feed(Record(1, 0, 0, link_type, packet, len(packet))).segments:
        return frozenset((decode_endpoint(segment.source), decode_endpoint(segment.destination)))
    return None


def _order(data: bytes, at: int, magics: tuple[int, ...]) -> str:
    return "<" if struct.unpack_from("<I", data, at)[0] in magics else ">"


def _records(data: bytes, order: str) -> Iterator[Part]:
    link_type = struct.unpack_from(f"{order}I", data, 20)[0] & 0xFFFF
    yield Part(Role.FRAME, 0, _PCAP_HEADER)
    at = _PCAP_HEADER
    while at < len(data):
        whole = at + _PCAP_RECORD <= len(data)
        length = struct.unpack_from(f"{order}I", data, at + 8)[0] if whole else 0
        end = min(at + _PCAP_RECORD + length, len(data))
        yield Part(Role.PACKET, at, end, _PCAP_RECORD, link_type)
        at = end


def _blocks(data: bytes, order: str) -> Iterator[Part]:
    link_types: list[int] = []
    at = 0
    while at < len(data):
        whole = at + 12 <= len(data)
        kind, length = struct.unpack_from(f"{order}II", data, at) if whole else (0, len(data))
        end = min(at + length, len(data))
        if kind == _PACKET and at + 12 <= end:
            interface = struct.unpack_from(f"{order}I", data, at + 8)[0]
            yield Part(Role.PACKET, at, end, _PACKET_BLOCK, link_types[interface])
        else:
            if kind == _INTERFACE:
                link_types.append(struct.unpack_from(f"{order}H", data, at + 8)[0])
            yield Part(Role.FRAME if kind in (_SECTION, _INTERFACE) else Role.BESIDE, at, end)
        at = end


def _with_flow(data: bytes, part: Part) -> Part:
    if part.role is not Role.PACKET:
        return part
    return part._replace(flow=flow_of(data[part.start + part.head : part.end], part.link_type))
