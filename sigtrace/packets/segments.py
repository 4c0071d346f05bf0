"""TCP rows → `Segment`s: columns become Python objects here, and only here, with as little work a row as can be."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sigtrace.packets.net.ipv4 import DONT_FRAGMENT
from sigtrace.packets.packet import Segment
from sigtrace.packets.transport.tcp import HAS_IDENTIFICATION, HAS_TIMESTAMP, HEADER, timestamp_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch
    from sigtrace.packets.columns import TcpRows
    from sigtrace.packets.windows import Headers, Windows

# The two layouts that nearly all timestamps come in. Established: no-operation twice, timestamps. SYN of Linux:
# maximum segment size, selective acknowledgment permitted, timestamps.
_ESTABLISHED = np.dtype([("kinds", ">u4"), ("value", ">u4"), ("echo", ">u4")])
_SYN = np.dtype([("mss", ">u2"), ("size", ">u2"), ("kinds", ">u4"), ("value", ">u4"), ("echo", ">u4")])
_ESTABLISHED_KINDS, _SYN_MSS, _SYN_KINDS = 0x0101080A, 0x0204, 0x0402080A

# What `Segment._make` does, without its Python frame: 0.1 µs a row instead of 0.3.
_segment: Callable[[Iterable[Any]], Segment] = partial(tuple.__new__, Segment)


def endpoints(tcp: TcpRows) -> tuple[list[bytes], list[bytes]]:
    """Return the packed sources and destinations of TCP rows."""
    source = _endpoint(tcp.ip.header["source"], tcp.header["source_port"])
    return source, _endpoint(tcp.ip.header["destination"], tcp.header["destination_port"])


def _endpoint(address: Headers, port: Headers) -> list[bytes]:
    packed = np.empty(len(address), [("address", address.dtype), ("port", port.dtype)])
    packed["address"], packed["port"] = address, port
    packed_bytes: list[bytes] = packed.view(f"V{packed.itemsize}").tolist()
    return packed_bytes


def make_segments(
    batch: Batch, windows: Windows, tcp: TcpRows, source: Iterable[bytes], destination: Iterable[bytes]
) -> list[Segment]:
    """Make a segment of each TCP row; `source` and `destination` as `endpoints` returned them for these rows."""
    rows, header, ip = tcp.ip.rows, tcp.header, tcp.ip
    offset = (header["offset"] >> 4).astype(np.int64) * 4
    payload_length = ip.length - offset
    return list(
        map(
            _segment,
            zip(
                (batch.first_number + rows).tolist(),
                batch.at_ns[rows].tolist(),
                batch.interface[rows].tolist(),
                source,
                destination,
                header["sequence"].tolist(),
                header["acknowledgment"].tolist(),
                header["flags"].tolist(),
                header["window"].tolist(),
                _payloads(batch, ip.start + offset, ip.start + ip.captured),
                payload_length.tolist(),
                _identities(batch, windows, tcp, offset).tolist(),
                strict=True,
            ),
        )
    )


def _payloads(batch: Batch, start: NDArray[np.int64], end: NDArray[np.int64]) -> list[bytes]:
    buffer = batch.buffer.data
    pairs = zip(start.tolist(), end.tolist(), strict=True)
    return [bytes(buffer[first:last]) if last > first else b"" for first, last in pairs]


def _identities(batch: Batch, windows: Windows, tcp: TcpRows, offset: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what `identity` would of each row."""
    timestamp = _timestamps(batch, windows, tcp, offset)
    joined = np.where(timestamp >= 0, timestamp | HAS_TIMESTAMP, 0)
    header = tcp.ip.header
    if "identification" in (header.dtype.names or ()):
        number = header["identification"].astype(np.int64)
        tells = (number != 0) | (header["place"] & DONT_FRAGMENT == 0)
        joined |= np.where(tells, number << 32 | HAS_IDENTIFICATION, 0)
    return np.where(joined == 0, -1, joined)


def _timestamps(batch: Batch, windows: Windows, tcp: TcpRows, offset: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the timestamp value of each row's options, -1 without one."""
    value = np.full(len(offset), -1, np.int64)
    start = tcp.ip.start + HEADER
    room = np.minimum(offset, tcp.ip.captured) - HEADER  # bytes of options that were captured
    left = room > 0
    established = windows.take(start, _ESTABLISHED)
    common = (room >= _ESTABLISHED.itemsize) & (established["kinds"] == _ESTABLISHED_KINDS)
    value[common] = established["value"][common]
    left &= ~common
    if left.any():
        syn = windows.take(start, _SYN)
        common = (room >= _SYN.itemsize) & (syn["mss"] == _SYN_MSS) & (syn["kinds"] == _SYN_KINDS)
        value[common] = syn["value"][common]
        left &= ~common
    for row in np.flatnonzero(left).tolist():
        first = int(start[row])
        value[row] = timestamp_value(batch.buffer[first : first + int(room[row])].tobytes())
    return value
