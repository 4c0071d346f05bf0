"""The bodies of pcapng blocks that are not packets → what they say (draft-ietf-opsawg-pcapng §4)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from sigtrace.binary import FieldReader
from sigtrace.capture.batch import DecryptionSecrets, InterfaceStatistics, NameResolution
from sigtrace.capture.options import (
    INTERFACE_NAME,
    INTERFACE_OFFSET,
    INTERFACE_RESOLUTION,
    SECTION_APPLICATION,
    SECTION_HARDWARE,
    SECTION_SYSTEM,
    STATISTICS_DROPPED,
    STATISTICS_RECEIVED,
    STATISTICS_SYSTEM_DROPPED,
    Option,
    comments_of,
    decode_options,
    text_of,
    unsigned_of,
)
from sigtrace.capture.timestamps import Resolution, decode_resolution
from sigtrace.errors import DecodeError
from sigtrace.text import decode_text
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator


class BlockType(IntEnum):
    """The block types this package knows, under the specification's names."""

    SECTION_HEADER = 0x0A0D0D0A
    INTERFACE_DESCRIPTION = 1
    OBSOLETE_PACKET = 2
    SIMPLE_PACKET = 3
    NAME_RESOLUTION = 4
    INTERFACE_STATISTICS = 5
    ENHANCED_PACKET = 6
    JOURNAL_EXPORT = 9
    DECRYPTION_SECRETS = 10
    CUSTOM = 0xBAD
    CUSTOM_NOT_COPIED = 0x40000BAD


KNOWN_BLOCKS = frozenset(BlockType)
BYTE_ORDER_MAGIC = 0x1A2B3C4D
NUMBERED_BLOCKS = frozenset({BlockType.JOURNAL_EXPORT, BlockType.CUSTOM, BlockType.CUSTOM_NOT_COPIED})
"""Blocks that are no packets of ours, but that Wireshark lists, and so numbers."""


class SectionFacts(Value, frozen=True):
    """What a section header says of the capture."""

    hardware: str | None = None
    operating_system: str | None = None
    application: str | None = None
    comments: tuple[str, ...] = ()


class InterfaceFacts(Value, frozen=True):
    """What an interface description says."""

    name: str | None
    link_type: int
    snap_length: int  # bytes; 0 when unlimited
    resolution: Resolution


def decode_section_header(body: bytes, *, big_endian: bool) -> SectionFacts:
    """Decode a section header block without its type and lengths. Raises DecodeError: too short, or of version 2.

    Source: draft-ietf-opsawg-pcapng §4.1.
    """
    fields = FieldReader(body, big_endian=big_endian)
    fields.skip(4)  # the byte-order magic
    major = fields.unsigned(2)
    fields.skip(2 + 8)  # minor version; section length, which writers of streams cannot know
    if major != 1:
        raise DecodeError(f"pcapng version {major}, where 1 is known", offset=4)
    options = decode_options(fields.rest(), big_endian=big_endian)
    return SectionFacts(
        hardware=text_of(options, SECTION_HARDWARE),
        operating_system=text_of(options, SECTION_SYSTEM),
        application=text_of(options, SECTION_APPLICATION),
        comments=comments_of(options),
    )


def decode_interface(body: bytes, *, big_endian: bool) -> InterfaceFacts:
    """Decode an interface description block. `if_tzone` is ignored: it never changes what time a packet has.

    Raises: DecodeError: too short. Source: draft-ietf-opsawg-pcapng §4.2.
    """
    fields = FieldReader(body, big_endian=big_endian)
    link_type = fields.unsigned(2)
    fields.skip(2)
    snap_length = fields.unsigned(4)
    options = decode_options(fields.rest(), big_endian=big_endian)
    return InterfaceFacts(
        text_of(options, INTERFACE_NAME), link_type, snap_length, _resolution_of(options, big_endian=big_endian)
    )


def _resolution_of(options: tuple[Option, ...], *, big_endian: bool) -> Resolution:
    """Return how the interface counts time: microseconds unless an option says otherwise."""
    code = next((option.value[0] for option in options if option.code == INTERFACE_RESOLUTION and option.value), 6)
    offset = next((option.value for option in options if option.code == INTERFACE_OFFSET), b"")
    seconds = int.from_bytes(offset, "big" if big_endian else "little", signed=True) if len(offset) == 8 else 0
    return decode_resolution(code, seconds)


def decode_name_resolution(body: bytes, *, big_endian: bool) -> Iterator[NameResolution]:
    """Decode a name resolution block, record by record. Raises DecodeError: a record is cut off.

    Source: draft-ietf-opsawg-pcapng §4.5.
    """
    fields = FieldReader(body, big_endian=big_endian)
    while fields.remaining >= 4:
        kind, length = fields.unsigned(2), fields.unsigned(2)
        if kind == 0:
            return
        value = fields.take(length)
        fields.skip(min(-length % 4, fields.remaining))
        size = {1: 4, 2: 16}.get(kind)  # IPv4, IPv6; others, such as EUI-48, name no endpoint
        if size is not None and length > size:
            names = tuple(decode_text(name) for name in value[size:].split(b"\x00") if name)
            yield NameResolution(address=value[:size], names=names)


def decode_statistics(body: bytes, *, big_endian: bool) -> InterfaceStatistics:
    """Decode an interface statistics block; `interface` is the number that its section uses.

    Raises: DecodeError: too short. Source: draft-ietf-opsawg-pcapng §4.6.
    """
    fields = FieldReader(body, big_endian=big_endian)
    interface = fields.unsigned(4)
    fields.skip(8)  # when these were counted
    options = decode_options(fields.rest(), big_endian=big_endian)
    received, dropped, system_dropped = (
        unsigned_of(options, code, big_endian=big_endian)
        for code in (STATISTICS_RECEIVED, STATISTICS_DROPPED, STATISTICS_SYSTEM_DROPPED)
    )
    known = [count for count in (dropped, system_dropped) if count is not None]
    return InterfaceStatistics(interface=interface, received=received, dropped=sum(known) if known else None)


def decode_secrets(body: bytes, *, big_endian: bool) -> DecryptionSecrets:
    """Decode a decryption secrets block. Raises DecodeError: too short. Source: draft-ietf-opsawg-pcapng §4.7."""
    fields = FieldReader(body, big_endian=big_endian)
    kind, length = fields.unsigned(4), fields.unsigned(4)
    return DecryptionSecrets(kind=kind, data=fields.take(length))
