"""Rows of packets made by NumPy: cheap to make by the million, each a record of a pcap file with sound checksums.

A *row* is one record: a pcap header and an Ethernet frame. All rows of one array have the same length, so what a flood
varies (addresses, ports, numbers, digits in a request) is a column. Rows that belong together are put side by side.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Rows: TypeAlias = "NDArray[np.uint8]"
Values: TypeAlias = "NDArray[Any] | int"
Payload: TypeAlias = "Rows | bytes"
End: TypeAlias = "tuple[Values, Values]"  # address, port

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
START_S = 1_700_000_000
FILE_HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)  # nanoseconds, Ethernet
RECORD, ETHERNET, IPV4, IPV6, TCP, UDP = 16, 14, 20, 40, 20, 8
IP_ICMP, IP_TCP, IP_UDP, IP_FRAGMENT = 1, 6, 17, 44
AT_ONCE = 20_000  # rows
BYTES_AT_ONCE = 8_000_000


def parts(size: int, bytes_each: int = 1) -> Iterator[tuple[int, int]]:
    """Yield first and count of pieces of `size` that are not too much at once."""
    step = max(1, min(AT_ONCE, BYTES_AT_ONCE // bytes_each))
    for first in range(0, size, step):
        yield first, min(step, size - first)


def put(rows: Rows, offset: int, size: int, values: Values) -> None:
    """Write a big-endian number of `size` bytes into each row."""
    numbers = np.asarray(values, np.int64)
    for place in range(size):
        rows[:, offset + place] = (numbers >> (8 * (size - 1 - place))) & 0xFF


def records(at_ns: NDArray[np.int64], length: int) -> Rows:
    """Return rows with their record headers, for frames of one length; `at_ns` counts from the start."""
    rows = np.zeros((len(at_ns), RECORD + length), np.uint8)
    header = np.empty((len(at_ns), 4), "<u4")
    header[:, 0] = START_S + at_ns // 10**9
    header[:, 1] = at_ns % 10**9
    header[:, 2:] = length
    rows[:, :RECORD] = header.view(np.uint8)
    return rows


def digits(values: NDArray[np.int64], width: int) -> Rows:
    """Return numbers as columns of digits, with zeros in front."""
    return (values[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + ord("0")).astype(np.uint8)


def joined(count: int, *parts: Payload) -> Rows:
    """Put text that is the same in all rows and columns side by side."""
    return np.concatenate([part if isinstance(part, np.ndarray) else same(count, part) for part in parts], axis=1)


def same(count: int, data: bytes) -> Rows:
    """Return rows that all hold these bytes."""
    return np.broadcast_to(np.frombuffer(data, np.uint8), (count, len(data)))


def ethernet(at_ns: NDArray[np.int64], ethertype: Values, length: int) -> Rows:
    """Return Ethernet frames with room for `length` bytes."""
    rows = records(at_ns, ETHERNET + length)
    put(rows, RECORD, 6, 0x020000000001)
    put(rows, RECORD + 6, 6, 0x020000000002)
    put(rows, RECORD + 12, 2, ethertype)
    return rows


def ipv4(  # noqa: PLR0913 - a header has these fields
    at_ns: NDArray[np.int64],
    source: Values,
    destination: Values,
    protocol: int,
    length: int,
    *,
    identification: Values = 0,
    place: Values = 0x4000,
) -> Rows:
    """Return IPv4 packets with room for `length` bytes; `place` is flags and fragment offset."""
    rows = ethernet(at_ns, 0x0800, IPV4 + length)
    at = RECORD + ETHERNET
    put(rows, at, 2, 0x4500)
    put(rows, at + 2, 2, IPV4 + length)
    put(rows, at + 4, 2, identification)
    put(rows, at + 6, 2, place)
    put(rows, at + 8, 2, 64 << 8 | protocol)
    put(rows, at + 12, 4, source)
    put(rows, at + 16, 4, destination)
    put(rows, at + 10, 2, checksum(rows[:, at : at + IPV4]))
    return rows


def ipv6(at_ns: NDArray[np.int64], source: Values, destination: Values, protocol: int, length: int) -> Rows:
    """Return IPv6 packets with room for `length` bytes; addresses are the last four bytes of 2001:db8::/96."""
    rows = ethernet(at_ns, 0x86DD, IPV6 + length)
    at = RECORD + ETHERNET
    put(rows, at, 4, 0x60000000)
    put(rows, at + 4, 2, length)
    put(rows, at + 6, 2, protocol << 8 | 64)
    for offset, address in ((8, source), (24, destination)):
        put(rows, at + offset, 4, 0x20010DB8)
        put(rows, at + offset + 12, 4, address)
    return rows


def tcp(  # noqa: PLR0913 - a segment has these fields
    at_ns: NDArray[np.int64],
    source: End,
    destination: End,
    flags: int,
    *,
    sequence: Values = 1000,
    acknowledgment: Values = 0,
    payload: Payload = b"",
) -> Rows:
    """Return IPv4 packets with one TCP segment each."""
    length = payload.shape[1] if isinstance(payload, np.ndarray) else len(payload)
    rows = ipv4(at_ns, source[0], destination[0], IP_TCP, TCP + length)
    at = RECORD + ETHERNET + IPV4
    put(rows, at, 2, source[1])
    put(rows, at + 2, 2, destination[1])
    put(rows, at + 4, 4, sequence)
    put(rows, at + 8, 4, acknowledgment)
    put(rows, at + 12, 2, 0x5000 | flags)
    put(rows, at + 14, 2, 64240)
    if length:
        rows[:, at + TCP :] = payload if isinstance(payload, np.ndarray) else np.frombuffer(payload, np.uint8)
    pseudo = words(rows[:, at - 8 : at]) + IP_TCP + TCP + length
    put(rows, at + 16, 2, checksum(rows[:, at:], pseudo))
    return rows


def udp(at_ns: NDArray[np.int64], source: End, destination: End, payload: bytes) -> Rows:
    """Return IPv4 packets with one datagram each, without its checksum, which is allowed (RFC 768)."""
    rows = ipv4(at_ns, source[0], destination[0], IP_UDP, UDP + len(payload))
    at = RECORD + ETHERNET + IPV4
    put(rows, at, 2, source[1])
    put(rows, at + 2, 2, destination[1])
    put(rows, at + 4, 2, UDP + len(payload))
    rows[:, at + UDP :] = np.frombuffer(payload, np.uint8)
    return rows


def words(part: Rows) -> NDArray[np.int64]:
    """Add up the 16-bit words of each row."""
    return part[:, 0::2].sum(1, np.int64) * 256 + part[:, 1::2].sum(1, np.int64)


def checksum(part: Rows, more: Values = 0) -> NDArray[np.int64]:
    """Return the internet checksum of each row (RFC 1071)."""
    total = words(part) + more
    for _ in range(3):
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
