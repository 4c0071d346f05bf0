"""The column way: what the records of a batch are, by vector operations on their header bytes.

Theory of operation
-------------------
Columns decide only what they are sure of: plain IPv4 without fragments and IPv6 without extension headers, straight
behind a common link header, carrying UDP (counted, and done), TCP (handed on as `TcpRows`) or something that leads
nowhere (counted). Every other row stays `UNDECIDED`, and the record way (`dissector.py`) is the authority for it. So
the two ways need not agree on what damage is, only on what is plain.

A window may reach beyond its record into the next one, so no field counts before the record is known to be long
enough to hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sigtrace.packets.headers import HEADERS, IP_TCP, IP_UDP
from sigtrace.packets.layer import Space
from sigtrace.packets.locate import NOT_IP, VERSION_4, VERSION_6, locate
from sigtrace.packets.net import ipv4, ipv6
from sigtrace.packets.tally import Kind
from sigtrace.packets.transport import tcp, udp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch
    from sigtrace.packets.windows import Headers, Positions, Windows

UNDECIDED = len(Kind)  # in `Sorted.kind`: for the record way

_IPV4 = np.dtype(
    [
        ("version_length", "u1"),
        ("service", "u1"),
        ("total", ">u2"),
        ("identification", ">u2"),
        ("place", ">u2"),  # flags and fragment offset
        ("ttl", "u1"),
        ("protocol", "u1"),
        ("checksum", ">u2"),
        ("source", "V4"),
        ("destination", "V4"),
    ]
)
_IPV6 = np.dtype(
    [
        ("version", "u1"),
        ("flow", "V3"),
        ("payload", ">u2"),
        ("protocol", "u1"),  # next header
        ("hops", "u1"),
        ("source", "V16"),
        ("destination", "V16"),
    ]
)
_TCP = np.dtype(
    [
        ("source_port", "V2"),
        ("destination_port", "V2"),
        ("sequence", ">u4"),
        ("acknowledgment", ">u4"),
        ("offset", "u1"),  # in words, in the upper four bits
        ("flags", "u1"),
        ("window", ">u2"),
        ("checksum", ">u2"),
        ("urgent", ">u2"),
    ]
)
_PORTS = np.dtype([("source", ">u2"), ("destination", ">u2")])

_IS_TUNNEL: Final[NDArray[np.bool_]] = np.isin(np.arange(65536), [*udp.TUNNELS])  # by port
_LEADING_ON: Final = np.isin(np.arange(256), [*HEADERS[Space.IP].keys() - {IP_TCP, IP_UDP}])  # by IP protocol


class IpRows(NamedTuple):
    """Rows of one IP version whose header is plain."""

    rows: NDArray[np.int64]  # in the batch
    header: Headers
    start: Positions  # of the payload, in the buffer
    captured: NDArray[np.int64]  # bytes of the payload that are there
    length: NDArray[np.int64]  # bytes of the payload on the wire

    def only(self, chosen: NDArray[Any]) -> IpRows:
        """Return the rows that a mask or an index chooses."""
        return IpRows(*(column[chosen] for column in self))


class TcpRows(NamedTuple):
    """Rows that are well-formed TCP, of one IP version."""

    ip: IpRows
    header: Headers

    def only(self, chosen: NDArray[Any]) -> TcpRows:
        """Return the rows that a mask or an index chooses."""
        return TcpRows(self.ip.only(chosen), self.header[chosen])


class Sorted(NamedTuple):
    """A batch, sorted out."""

    kind: NDArray[np.uint8]  # one row a record: a `Kind`, or UNDECIDED
    tcp: tuple[TcpRows, ...]


def sort_out(batch: Batch, windows: Windows) -> Sorted:
    """Tell what each record of a batch is, as far as columns can."""
    kind = np.full(len(batch), UNDECIDED, np.uint8)
    version, start = locate(batch, windows)
    kind[version == NOT_IP] = Kind.NOT_IP
    found = []
    for number, plain in ((VERSION_4, _plain_ipv4), (VERSION_6, _plain_ipv6)):
        rows = np.flatnonzero(version == number)
        if len(rows):
            link = start[rows] - batch.offset[rows]
            captured = batch.captured[rows] - link
            length = np.maximum(batch.original[rows] - link, captured)
            ip = plain(
                IpRows(rows, windows.take(start[rows], _IPV4 if number == 4 else _IPV6), start[rows], captured, length)
            )
            found.append(_sort_protocols(ip, kind, windows))
    return Sorted(kind, tuple(segments for segments in found if len(segments.header)))


def _plain_ipv4(ip: IpRows) -> IpRows:
    """Keep what has a sound IPv4 header and is no fragment; as `decode_ipv4`, which explains the lengths."""
    header = (ip.header["version_length"] & 0x0F).astype(np.int64) * 4
    total = ip.header["total"].astype(np.int64)
    total = np.minimum(np.where(total == 0, ip.length, total), ip.length)
    sound = (ip.header["version_length"] >> 4 == 4) & (header >= ipv4.HEADER) & (header <= total)
    sound &= ip.captured >= header
    sound &= ip.header["place"] & (ipv4.MORE_FRAGMENTS | ipv4.OFFSET_MASK) == 0
    return _behind(ip, header, total, sound)


def _plain_ipv6(ip: IpRows) -> IpRows:
    """Keep what has a sound IPv6 header; as `decode_ipv6`."""
    payload = ip.header["payload"].astype(np.int64)
    total = np.minimum(np.where(payload == 0, ip.length, payload + ipv6.HEADER), ip.length)
    header = np.full(len(total), ipv6.HEADER)
    sound = (ip.header["version"] >> 4 == 6) & (ip.captured >= ipv6.HEADER)
    return _behind(ip, header, total, sound)


def _behind(ip: IpRows, header: NDArray[np.int64], total: NDArray[np.int64], sound: NDArray[np.bool_]) -> IpRows:
    payload = IpRows(ip.rows, ip.header, ip.start + header, np.minimum(ip.captured, total) - header, total - header)
    return payload if sound.all() else payload.only(sound)


def _sort_protocols(ip: IpRows, kind: NDArray[np.uint8], windows: Windows) -> TcpRows:
    """Enter the kinds of rows by their IP protocol; return those that are TCP."""
    protocol = ip.header["protocol"]
    is_tcp, is_udp = protocol == IP_TCP, protocol == IP_UDP
    kind[ip.rows[~(is_tcp | is_udp | _LEADING_ON[protocol])]] = Kind.OTHER_IP
    kind[_plain_udp(ip, is_udp, windows)] = Kind.UDP
    segments = _plain_tcp(ip.only(np.flatnonzero(is_tcp)), windows)
    kind[segments.ip.rows] = Kind.TCP
    return segments


def _plain_udp(ip: IpRows, is_udp: NDArray[np.bool_], windows: Windows) -> NDArray[np.int64]:
    """Return the rows of datagrams that are no tunnel's."""
    whole = np.flatnonzero(is_udp & (ip.captured >= udp.PORTS) & (ip.length >= udp.HEADER))
    ports = windows.take(ip.start[whole], _PORTS)
    tunnel: NDArray[np.bool_] = _IS_TUNNEL[ports["source"]] | _IS_TUNNEL[ports["destination"]]
    return ip.rows[whole[~tunnel]]


def _plain_tcp(ip: IpRows, windows: Windows) -> TcpRows:
    """Keep segments whose fixed header was captured and whose data offset makes sense; as `decode_segment`."""
    header = windows.take(ip.start, _TCP)
    offset = (header["offset"] >> 4).astype(np.int64) * 4
    sound = (ip.captured >= tcp.HEADER) & (offset >= tcp.HEADER) & (offset <= ip.length)
    return TcpRows(ip, header).only(sound)
