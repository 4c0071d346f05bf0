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

from sigtrace.packets.locate import NOT_IP, VERSION_4, VERSION_6, locate
from sigtrace.packets.net import ipv4, ipv6
from sigtrace.packets.numbers import IP_PROTOCOLS, IP_TCP, IP_UDP, TUNNEL_PORTS
from sigtrace.packets.tally import Kind
from sigtrace.packets.transport import tcp, udp
from sigtrace.packets.windows import rows_of

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
        ("source_port", ">u2"),
        ("destination_port", ">u2"),
        ("sequence", ">u4"),
        ("acknowledgment", ">u4"),
        ("offset", "u1"),  # in words, in the upper four bits
        ("flags", "u1"),
        ("window", ">u2"),
        ("checksum", ">u2"),
        ("urgent", ">u2"),
    ]
)
# What mostly stands behind an IP header, taken along with it: TCP, or UDP, of which only the ports are looked at.
_IPV4_TCP, _IPV6_TCP = (np.dtype([("ip", ip), ("transport", _TCP)]) for ip in (_IPV4, _IPV6))
_IPV4_USUAL: Final = 4 << 4 | ipv4.HEADER // 4  # version and header length without options

_IS_TUNNEL: Final = np.zeros(65536, np.bool_)  # by port
_IS_TUNNEL[[*TUNNEL_PORTS]] = True
_BY_PROTOCOL: Final = np.full(256, Kind.OTHER_IP, np.uint8)
"""The kind of what has an IP protocol, as far as that alone tells it."""
_BY_PROTOCOL[[*IP_PROTOCOLS]] = UNDECIDED
_BY_PROTOCOL[[IP_TCP, IP_UDP]] = Kind.TCP, Kind.UDP
_ALL: Final = slice(None)  # rows, where columns need not be copied


class IpRows(NamedTuple):
    """Rows of one IP version whose header is plain."""

    rows: NDArray[np.int64]  # in the batch
    header: Headers
    start: Positions  # of the payload, in the buffer
    captured: NDArray[np.int64]  # bytes of the payload that are there
    length: NDArray[np.int64]  # bytes of the payload on the wire

    def only(self, chosen: NDArray[Any]) -> IpRows:
        """Return the rows that a mask or an index chooses."""
        return IpRows(
            self.rows[chosen],
            rows_of(self.header, chosen),
            self.start[chosen],
            self.captured[chosen],
            self.length[chosen],
        )


class TcpRows(NamedTuple):
    """Rows that are well-formed TCP, of one IP version; while they are sorted out, also others behind plain IP."""

    ip: IpRows
    header: Headers

    def only(self, chosen: NDArray[Any]) -> TcpRows:
        """Return the rows that a mask or an index chooses."""
        return TcpRows(self.ip.only(chosen), rows_of(self.header, chosen))


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
    for number, plain, headers in ((VERSION_4, _plain_ipv4, _IPV4_TCP), (VERSION_6, _plain_ipv6, _IPV6_TCP)):
        rows = np.flatnonzero(version == number)
        if len(rows):
            chosen = rows if len(rows) < len(batch) else _ALL
            at = start[chosen]
            link = at - batch.offset[chosen]
            captured = batch.captured[chosen] - link
            length = np.maximum(batch.original[chosen] - link, captured)
            taken = windows.take(at, headers)
            segments = plain(TcpRows(IpRows(rows, taken["ip"], at, captured, length), taken["transport"]), windows)
            found.append(_sort_protocols(segments, kind))
    return Sorted(kind, tuple(segments for segments in found if len(segments.header)))


def _plain_ipv4(segments: TcpRows, windows: Windows) -> TcpRows:
    """Keep what has a sound IPv4 header and is no fragment; as `decode_ipv4`, which explains the lengths."""
    ip = segments.ip
    total = ip.header["total"].astype(np.int64)
    if not total.all():
        total = np.where(total == 0, ip.length, total)
    total = np.minimum(total, ip.length)
    sound = ip.header["place"] & (ipv4.MORE_FRAGMENTS | ipv4.OFFSET_MASK) == 0
    first = ip.header["version_length"]
    if (first == _IPV4_USUAL).all():
        return _behind(segments, ipv4.HEADER, total, sound)
    header = (first & 0x0F).astype(np.int64) * 4
    sound &= (first >> 4 == 4) & (header >= ipv4.HEADER)
    return _behind(segments._replace(header=windows.take(ip.start + header, _TCP)), header, total, sound)


def _plain_ipv6(segments: TcpRows, windows: Windows) -> TcpRows:  # noqa: ARG001 - as `_plain_ipv4`
    """Keep what has a sound IPv6 header; as `decode_ipv6`."""
    ip = segments.ip
    payload = ip.header["payload"].astype(np.int64)
    total = np.minimum(np.where(payload == 0, ip.length, payload + ipv6.HEADER), ip.length)
    return _behind(segments, ipv6.HEADER, total, ip.header["version"] >> 4 == 6)


def _behind(
    segments: TcpRows, header: NDArray[np.int64] | int, total: NDArray[np.int64], sound: NDArray[np.bool_]
) -> TcpRows:
    """Go behind IP headers, and keep those rows that are sound and long enough for them."""
    ip = segments.ip
    captured = np.minimum(ip.captured, total)
    captured -= header  # of a sound header, all is there
    sound &= captured >= 0
    payload = IpRows(ip.rows, ip.header, ip.start + header, captured, total - header)
    segments = TcpRows(payload, segments.header)
    return segments if sound.all() else segments.only(np.flatnonzero(sound))


def _sort_protocols(segments: TcpRows, kind: NDArray[np.uint8]) -> TcpRows:
    """Enter the kinds of rows by their IP protocol; return those that are well-formed TCP.

    Of TCP, the fixed header was captured and the data offset makes sense, as `decode_segment` wants it. UDP has ports,
    and neither is a tunnel's.
    """
    ip, transport = segments
    kinds = _BY_PROTOCOL.take(ip.header["protocol"])
    is_udp = kinds == Kind.UDP
    if is_udp.any():
        tunnel = _IS_TUNNEL.take(transport["source_port"]) | _IS_TUNNEL.take(transport["destination_port"])
        doubtful = (tunnel | (ip.captured < udp.PORTS) | (ip.length < udp.HEADER)) & is_udp
        if doubtful.any():
            kinds[doubtful] = UNDECIDED
    is_tcp = np.flatnonzero(kinds == Kind.TCP)
    found = segments.only(is_tcp) if len(is_tcp) < len(kinds) else segments
    offset = (found.header["offset"] >> 4).astype(np.int64) * 4
    sound = (found.ip.captured >= tcp.HEADER) & (offset >= tcp.HEADER) & (offset <= found.ip.length)
    if not sound.all():
        kinds[is_tcp[~sound]] = UNDECIDED
        found = found.only(np.flatnonzero(sound))
    kind[ip.rows] = kinds
    return found
