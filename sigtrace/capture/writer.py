"""Records → capture bytes: the other direction of `pcap` and `pcapng`, for exports and for tests.

Both `encode_pcap` and `encode_pcapng` give a whole capture. The smaller functions give its parts, for captures that are
written piece by piece.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from sigtrace.capture.options import (
    INTERFACE_NAME,
    INTERFACE_OFFSET,
    INTERFACE_RESOLUTION,
    OPTION_COMMENT,
    SECTION_APPLICATION,
    SECTION_HARDWARE,
    SECTION_SYSTEM,
    STATISTICS_DROPPED,
    STATISTICS_END,
    STATISTICS_RECEIVED,
    STATISTICS_START,
    Option,
    encode_options,
)
from sigtrace.capture.pcapng.blocks import BYTE_ORDER_MAGIC, BlockType, SectionFacts
from sigtrace.capture.timestamps import SECOND_NS, decode_resolution
from sigtrace.text import encode_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sigtrace.capture.batch import DecryptionSecrets, Interface, InterfaceStatistics, NameResolution, Record

NANOSECONDS = 9  # the `if_tsresol` byte for 10⁻⁹


def encode_pcap_header(
    *, link_type: int, nanosecond: bool = True, big_endian: bool = False, snap_length: int = 262144
) -> bytes:
    """Encode a pcap file header. Source: draft-ietf-opsawg-pcap §4."""
    magic = 0xA1B23C4D if nanosecond else 0xA1B2C3D4
    return struct.pack(f"{_order(big_endian)}IHHiIII", magic, 2, 4, 0, 0, snap_length, link_type)


def encode_pcap_record(record: Record, *, nanosecond: bool = True, big_endian: bool = False) -> bytes:
    """Encode one record; its time must be from 1970 to 2106. Source: draft-ietf-opsawg-pcap §5."""
    seconds, fraction = divmod(record.at_ns, SECOND_NS)
    fraction //= 1 if nanosecond else 1000
    header = struct.pack(f"{_order(big_endian)}4I", seconds, fraction, len(record.data), record.original)
    return header + record.data


def encode_pcap(
    records: Iterable[Record],
    *,
    link_type: int,
    nanosecond: bool = True,
    big_endian: bool = False,
    snap_length: int = 262144,
) -> bytes:
    """Encode a pcap capture.

    Args:
        records: all of one link type; their numbers and interfaces are not written.
        link_type: LINKTYPE_ number.
        nanosecond: whether times keep nanoseconds, or are cut to microseconds.
        big_endian: the byte order.
        snap_length: what the header says was kept of a packet, bytes.
    """
    header = encode_pcap_header(
        link_type=link_type, nanosecond=nanosecond, big_endian=big_endian, snap_length=snap_length
    )
    encoded = (encode_pcap_record(record, nanosecond=nanosecond, big_endian=big_endian) for record in records)
    return b"".join((header, *encoded))


def encode_block(block_type: int, body: bytes, *, big_endian: bool = False) -> bytes:
    """Encode a pcapng block around its body, which is padded to 4 bytes. Source: draft-ietf-opsawg-pcapng §3.1."""
    order = _order(big_endian)
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", block_type) + length + body + length


def encode_section_header(section: SectionFacts, *, big_endian: bool = False) -> bytes:
    """Encode a section header of unknown length. Source: draft-ietf-opsawg-pcapng §4.1."""
    texts = (
        (SECTION_HARDWARE, section.hardware),
        (SECTION_SYSTEM, section.operating_system),
        (SECTION_APPLICATION, section.application),
    )
    options = [Option(OPTION_COMMENT, encode_text(comment)) for comment in section.comments]
    options += [Option(code, encode_text(text)) for code, text in texts if text is not None]
    body = struct.pack(f"{_order(big_endian)}IHHq", BYTE_ORDER_MAGIC, 1, 0, -1)
    body += encode_options(options, big_endian=big_endian)
    return encode_block(BlockType.SECTION_HEADER, body, big_endian=big_endian)


def encode_interface(
    interface: Interface, *, resolution: int = NANOSECONDS, offset_seconds: int = 0, big_endian: bool = False
) -> bytes:
    """Encode an interface description; `resolution` is its `if_tsresol` byte.

    Source: draft-ietf-opsawg-pcapng §4.2.
    """
    order = _order(big_endian)
    options = [] if interface.name is None else [Option(INTERFACE_NAME, encode_text(interface.name))]
    options.append(Option(INTERFACE_RESOLUTION, bytes((resolution,))))
    if offset_seconds:
        options.append(Option(INTERFACE_OFFSET, struct.pack(f"{order}q", offset_seconds)))
    body = struct.pack(f"{order}HHI", interface.link_type, 0, interface.snap_length)
    body += encode_options(options, big_endian=big_endian)
    return encode_block(BlockType.INTERFACE_DESCRIPTION, body, big_endian=big_endian)


def encode_packet(
    record: Record,
    *,
    resolution: int = NANOSECONDS,
    offset_seconds: int = 0,
    comments: Sequence[str] = (),
    big_endian: bool = False,
) -> bytes:
    """Encode an enhanced packet block; resolution and offset are its interface's.

    Its time, less the offset, must fit into 64 bits of the resolution. Source: draft-ietf-opsawg-pcapng §4.3.
    """
    units = decode_resolution(resolution).units
    ticks = (record.at_ns - offset_seconds * SECOND_NS) * units // SECOND_NS
    fields = (record.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(record.data), record.original)
    body = struct.pack(f"{_order(big_endian)}5I", *fields) + record.data + bytes(-len(record.data) % 4)
    options = (Option(OPTION_COMMENT, encode_text(comment)) for comment in comments)
    body += encode_options(options, big_endian=big_endian)
    return encode_block(BlockType.ENHANCED_PACKET, body, big_endian=big_endian)


def encode_name_resolution(names: Iterable[NameResolution], *, big_endian: bool = False) -> bytes:
    """Encode a name resolution block. Source: draft-ietf-opsawg-pcapng §4.5."""
    order = _order(big_endian)
    body = b""
    for name in names:
        value = name.address + b"".join(encode_text(text) + b"\x00" for text in name.names)
        body += struct.pack(f"{order}HH", 1 if len(name.address) == 4 else 2, len(value))
        body += value + bytes(-len(value) % 4)
    return encode_block(BlockType.NAME_RESOLUTION, body + bytes(4), big_endian=big_endian)


def encode_statistics(
    statistics: InterfaceStatistics,
    *,
    start_ns: int,
    end_ns: int,
    resolution: int = NANOSECONDS,
    big_endian: bool = False,
) -> bytes:
    """Encode an interface statistics block; `resolution` is its interface's.

    Args:
        statistics: its `interface` is the position of the interface in the section.
        start_ns: when the counts began, nanoseconds since 1970.
        end_ns: until when they count.
        resolution: the `if_tsresol` byte of the interface.
        big_endian: the byte order.
    Source: draft-ietf-opsawg-pcapng §4.6.
    """
    order = _order(big_endian)
    units = decode_resolution(resolution).units
    start, end = (struct.pack(f"{order}II", *divmod(ns * units // SECOND_NS, 2**32)) for ns in (start_ns, end_ns))
    counts = ((STATISTICS_RECEIVED, statistics.received), (STATISTICS_DROPPED, statistics.dropped))
    options = [Option(STATISTICS_START, start), Option(STATISTICS_END, end)]
    options += [Option(code, struct.pack(f"{order}Q", count)) for code, count in counts if count is not None]
    body = struct.pack(f"{order}I", statistics.interface) + end + encode_options(options, big_endian=big_endian)
    return encode_block(BlockType.INTERFACE_STATISTICS, body, big_endian=big_endian)


def encode_secrets(secrets: DecryptionSecrets, *, big_endian: bool = False) -> bytes:
    """Encode a decryption secrets block. Source: draft-ietf-opsawg-pcapng §4.7."""
    body = struct.pack(f"{_order(big_endian)}II", secrets.kind, len(secrets.data)) + secrets.data
    return encode_block(BlockType.DECRYPTION_SECRETS, body, big_endian=big_endian)


def encode_pcapng(  # noqa: PLR0913  all of it by name, and most of it by default
    records: Iterable[Record],
    *,
    interfaces: Sequence[Interface],
    comments: Mapping[int, Sequence[str]] | None = None,
    section: SectionFacts | None = None,
    resolution: int = NANOSECONDS,
    big_endian: bool = False,
) -> bytes:
    """Encode a pcapng capture of one section.

    Args:
        records: each names its interface by the position in `interfaces`; its number is not written.
        interfaces: written in order; their own indices are not.
        comments: record number → what to say of it.
        section: what to say of the capture.
        resolution: the `if_tsresol` byte of all interfaces.
        big_endian: the byte order.
    """
    comments = comments or {}
    parts = [encode_section_header(section or SectionFacts(), big_endian=big_endian)]
    parts += [encode_interface(one, resolution=resolution, big_endian=big_endian) for one in interfaces]
    for record in records:
        texts = comments.get(record.number, ())
        parts.append(encode_packet(record, resolution=resolution, comments=texts, big_endian=big_endian))
    return b"".join(parts)


def _order(big_endian: bool) -> str:  # noqa: FBT001  private, and clear where it is called
    return ">" if big_endian else "<"
