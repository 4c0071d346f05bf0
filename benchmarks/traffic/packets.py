"""Columns of packets: the heads of many frames at once, Ethernet to UDP, RTP or TCP, with sound checksums.

What a packet carries behind its head is filled in later. A TCP segment with data has the checksum of a host that leaves
it to its network card: the sum of the pseudo-header. UDP datagrams are sent without, which is allowed (RFC 768).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from .connection import ACK, PSH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Column: TypeAlias = "NDArray[Any]"
Heads: TypeAlias = "NDArray[np.uint8]"
Stamp: TypeAlias = "tuple[int, int, bytes]"  # row, offset in its frame, bytes

ETHERNET, IPV4, UDP, RTP, TCP = 14, 20, 8, 12, 20
TIMESTAMPS = 12  # two empty options before it
SHORTEST = 60  # an Ethernet frame, without its check sequence: short packets are filled up with zeros


class Packets(NamedTuple):
    """Packets of one kind, a row each."""

    at_ns: NDArray[np.int64]  # from the start of the capture
    heads: Heads  # the frame's beginning
    length: NDArray[np.int64]  # of the whole frame
    stamps: Sequence[Stamp] = ()  # what else is not random


class Flow(NamedTuple):
    """Between whom packets go: numbers, or columns of numbers."""

    source: Column | int
    source_port: Column | int
    destination: Column | int
    destination_port: Column | int


def put(rows: Heads, at: int, size: int, column: Column | int) -> None:
    """Write a number of some bytes, network order, into each row."""
    for index in range(size):
        rows[:, at + index] = np.asarray(column) >> 8 * (size - 1 - index) & 0xFF


def address(network: int, index: Column) -> Column:
    """Return addresses 10.`network`.x.y."""
    return 10 << 24 | network << 16 | index


def words(part: Heads) -> Column:
    """Add up the 16-bit words of each row."""
    total: Column = part[:, 0::2].sum(1, np.int64) * 256 + part[:, 1::2].sum(1, np.int64)
    return total


def fold(total: Column) -> Column:
    """Carry a sum of words into 16 bits (RFC 1071)."""
    for _ in range(3):
        total = (total & 0xFFFF) + (total >> 16)
    return total


def ipv4(flow: Flow, protocol: int, length: Column, number: Column, width: int) -> Heads:
    """Return rows of `width` bytes with Ethernet and IPv4 headers, for `length` bytes behind those."""
    rows = np.zeros((len(length), width), np.uint8)
    for at, end in ((0, flow.destination), (6, flow.source)):
        put(rows, at, 2, 0x0200)
        put(rows, at + 2, 4, end)
    put(rows, 12, 2, 0x0800)
    at = ETHERNET
    put(rows, at, 2, 0x4500)
    put(rows, at + 2, 2, IPV4 + length)
    put(rows, at + 4, 2, number)
    put(rows, at + 6, 2, 0x4000)
    put(rows, at + 8, 2, 64 << 8 | protocol)
    put(rows, at + 12, 4, flow.source)
    put(rows, at + 16, 4, flow.destination)
    put(rows, at + 10, 2, fold(words(rows[:, at : at + IPV4])) ^ 0xFFFF)
    return rows


def rtp(flow: Flow, at_ns: Column, payload: Column, number: Column, fields: tuple[Column | int, ...]) -> Packets:
    """Return RTP packets.

    Args:
        flow: between whom.
        at_ns: their times.
        payload: lengths of what comes behind the RTP header.
        number: of the packet in its stream.
        fields: payload type with the marker bit, timestamp, SSRC.
    """
    length = UDP + RTP + payload
    rows = ipv4(flow, 17, length, number, ETHERNET + IPV4 + UDP + RTP)
    at = ETHERNET + IPV4
    put(rows, at, 2, flow.source_port)
    put(rows, at + 2, 2, flow.destination_port)
    put(rows, at + 4, 2, length)
    at += UDP
    put(rows, at, 1, 0x80)
    put(rows, at + 1, 1, fields[0])
    put(rows, at + 2, 2, number)
    put(rows, at + 4, 4, fields[1])
    put(rows, at + 8, 4, fields[2])
    return Packets(at_ns, rows, ETHERNET + IPV4 + length)


class Segments(NamedTuple):
    """The TCP headers of some segments."""

    sequence: Column
    acknowledgment: Column
    payload: Column  # length
    is_pushed: Column | bool = False
    clocks: tuple[Column, Column] | None = None  # the timestamps option: one's own, and the other's last


def tcp(flow: Flow, at_ns: Column, number: Column, segments: Segments) -> Packets:
    """Return TCP segments."""
    header = TCP + (TIMESTAMPS if segments.clocks else 0)
    length = header + segments.payload
    at = ETHERNET + IPV4
    is_empty = not segments.payload.any()
    rows = ipv4(flow, 6, length, number, max(at + header, SHORTEST if is_empty else 0))
    put(rows, at, 2, flow.source_port)
    put(rows, at + 2, 2, flow.destination_port)
    put(rows, at + 4, 4, segments.sequence)
    put(rows, at + 8, 4, segments.acknowledgment)
    put(rows, at + 12, 1, header << 2)
    put(rows, at + 13, 1, ACK + PSH * np.asarray(segments.is_pushed, np.int64))
    put(rows, at + 14, 2, 501)
    if segments.clocks:
        put(rows, at + 20, 4, 0x0101080A)
        put(rows, at + 24, 4, segments.clocks[0])
        put(rows, at + 28, 4, segments.clocks[1])
    pseudo = words(rows[:, at - 8 : at]) + 6 + length
    whole = fold(pseudo + words(rows[:, at : at + header])) ^ 0xFFFF
    put(rows, at + 16, 2, np.where(segments.payload > 0, fold(pseudo), whole))
    return Packets(at_ns, rows, np.maximum(at + length, SHORTEST if is_empty else 0))
