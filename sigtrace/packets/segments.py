"""TCP rows with their headers → `Rows`: the fields of every segment as columns, with as few operations as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.packets.net.ipv4 import DONT_FRAGMENT
from sigtrace.packets.rows import Rows, with_objects
from sigtrace.packets.transport.tcp import HAS_IDENTIFICATION, HAS_TIMESTAMP, HEADER, timestamp_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch
    from sigtrace.packets.columns import TcpRows
    from sigtrace.packets.packet import Segment
    from sigtrace.packets.windows import Headers, Windows

# The two layouts that nearly all timestamps come in. Established: no-operation twice, timestamps. SYN of Linux:
# maximum segment size, selective acknowledgment permitted, timestamps.
_ESTABLISHED = np.dtype([("kinds", ">u4"), ("value", ">u4"), ("echo", ">u4")])
_SYN = np.dtype([("mss", ">u2"), ("size", ">u2"), ("kinds", ">u4"), ("value", ">u4"), ("echo", ">u4")])
_ESTABLISHED_KINDS, _SYN_MSS, _SYN_KINDS = 0x0101080A, 0x0204, 0x0402080A


def endpoints(tcp: TcpRows) -> tuple[Headers, Headers]:
    """Return the packed sources and destinations of TCP rows, as opaque columns."""
    source = _endpoint(tcp.ip.header["source"], tcp.header["source_port"])
    return source, _endpoint(tcp.ip.header["destination"], tcp.header["destination_port"])


def _endpoint(address: Headers, port: Headers) -> Headers:
    packed = np.empty(len(address), [("address", address.dtype), ("port", port.dtype)])
    packed["address"], packed["port"] = address, port
    opaque: Headers = packed.view(f"V{packed.itemsize}")
    return opaque


def directions(tcp: TcpRows) -> Headers:
    """Return the direction of each row, as `direction_of` would of its endpoints, as an opaque column."""
    address, port = tcp.ip.header["source"].dtype, tcp.header["source_port"].dtype
    packed = np.empty(
        len(tcp.header),
        [("source", address), ("destination", address), ("source_port", port), ("destination_port", port)],
    )
    for end in ("source", "destination"):
        packed[end], packed[f"{end}_port"] = tcp.ip.header[end], tcp.header[f"{end}_port"]
    opaque: Headers = packed.view(f"V{packed.itemsize}")
    return opaque


def make_rows(
    batch: Batch, windows: Windows, groups: Sequence[TcpRows], segments: Sequence[Segment]
) -> Rows | list[Segment]:
    """Make columns of all segments of a batch, in record order; a list where none of them came by columns.

    Columns hold endpoints of one size: rows of the rarer IP version become objects.

    Args:
        batch: whose rows these are.
        windows: on its buffer.
        groups: rows by IP version.
        segments: those that did not come by columns, in record order.
    """
    if not groups:
        return [*segments]
    columns = [_columns(batch, windows, tcp) for tcp in sorted(groups, key=_count, reverse=True)]
    objects = [segment for rows in columns[1:] for segment in rows.segments()]
    return with_objects(columns[0], sorted([*objects, *segments], key=_number) if objects else segments)


def _count(tcp: TcpRows) -> int:
    return len(tcp.header)


def _number(segment: Segment) -> int:
    return segment.number


def _columns(batch: Batch, windows: Windows, tcp: TcpRows) -> Rows:
    rows, header, ip = tcp.ip.rows, tcp.header, tcp.ip
    offset = (header["offset"] >> 4).astype(np.int64) * 4
    start = ip.start + offset
    source, destination = endpoints(tcp)
    return Rows(
        buffer=batch.buffer,
        number=batch.first_number + rows,
        at_ns=batch.at_ns[rows],
        interface=batch.interface[rows],
        source=source,
        destination=destination,
        sequence=header["sequence"].astype(np.int64),
        acknowledgment=header["acknowledgment"].astype(np.int64),
        flags=header["flags"],
        window=header["window"],
        start=start,
        held=np.maximum(ip.start + ip.captured - start, 0),
        length=ip.length - offset,
        identity=_identities(batch, windows, tcp, offset),
        objects={},
    )


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
    start = tcp.ip.start + HEADER
    room = np.minimum(offset, tcp.ip.captured) - HEADER  # bytes of options that were captured
    established = windows.take(start, _ESTABLISHED)
    common = (room >= _ESTABLISHED.itemsize) & (established["kinds"] == _ESTABLISHED_KINDS)
    value: NDArray[np.int64] = np.where(common, established["value"], np.int64(-1))
    left = (room > 0) & ~common
    if left.any():
        syn = windows.take(start, _SYN)
        common = (room >= _SYN.itemsize) & (syn["mss"] == _SYN_MSS) & (syn["kinds"] == _SYN_KINDS)
        value[common] = syn["value"][common]
        left &= ~common
    for row in np.flatnonzero(left).tolist():
        first = int(start[row])
        value[row] = timestamp_value(batch.buffer[first : first + int(room[row])].tobytes())
    return value
