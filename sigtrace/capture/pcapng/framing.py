"""The frame of every pcapng block: type, length, body, length again (draft-ietf-opsawg-pcapng §3.1)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from sigtrace.capture.pcapng.blocks import BYTE_ORDER_MAGIC, KNOWN_BLOCKS, BlockType
from sigtrace.capture.reader import MAX_BLOCK_LENGTH, PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from sigtrace.capture.reader import Window

FRAME_LENGTH = 12  # bytes: a block with no body; and, in a section header, all up to its byte-order magic
PACKET_HEADER_LENGTH = 28  # bytes: an enhanced or obsolete packet block up to its packet
LEAST_SECTION = 28  # bytes: a section header with no options


def word_at(window: Window, at: int, *, big_endian: bool) -> int:
    """Return the 32-bit word at any byte."""
    word: int = struct.unpack_from(">I" if big_endian else "<I", window.data, at)[0]
    return word


def is_possible(length: int) -> bool:
    """Tell whether a block can have this length."""
    return FRAME_LENGTH <= length <= MAX_BLOCK_LENGTH and not length & 3


def is_section_header(window: Window, at: int) -> bool:
    """Tell whether a section header's type is here; it reads the same in both byte orders."""
    return word_at(window, at, big_endian=False) == BlockType.SECTION_HEADER


def section_order(window: Window, at: int) -> bool | None:
    """Return whether the section header here is big-endian; None when its magic says neither."""
    for big_endian in (True, False):
        if word_at(window, at + 8, big_endian=big_endian) == BYTE_ORDER_MAGIC:
            return big_endian
    return None


def order_by_length(window: Window, at: int) -> bool | None:
    """Return whether the block here is big-endian, by its length, which stands at both ends in one order alone."""
    for big_endian in (True, False):
        length = word_at(window, at + 4, big_endian=big_endian)
        end = at + length
        possible = is_possible(length) and LEAST_SECTION <= length <= PLAUSIBLE_LENGTH and end <= len(window)
        if possible and word_at(window, end - 4, big_endian=big_endian) == length:
            return big_endian
    return None


def looks_like_section_header(window: Window, at: int) -> bool:
    """Tell whether the magic of a section header is here, with a type of which one byte alone is wrong."""
    big_endian = section_order(window, at)
    if big_endian is None:
        return False
    wrong = word_at(window, at, big_endian=big_endian) ^ BlockType.SECTION_HEADER
    return any(wrong & ~(0xFF << shift) == 0 for shift in (0, 8, 16, 24))


def lengths_told(window: Window, at: int, block_type: int, *, big_endian: bool) -> tuple[int, ...]:
    """Return how long a block may be by its own length, where that leaves out the padding, and by its captured length.

    The captured length tells it for a packet without options. What tells nothing is 0.
    """
    said = word_at(window, at + 4, big_endian=big_endian)
    rounded = said + -said % 4 if said & 3 and said <= PLAUSIBLE_LENGTH else 0
    if block_type not in {BlockType.ENHANCED_PACKET, BlockType.OBSOLETE_PACKET}:
        return rounded, 0
    if at + PACKET_HEADER_LENGTH > len(window):
        return rounded, PACKET_HEADER_LENGTH
    captured = word_at(window, at + 20, big_endian=big_endian)
    return rounded, 32 + captured + -captured % 4 if captured <= PLAUSIBLE_LENGTH else 0


def may_begin(window: Window, at: int, *, big_endian: bool) -> bool:
    """Tell whether a known block of this byte order, or a section of any, seems to begin here."""
    if is_section_header(window, at):
        return section_order(window, at) is not None
    known = word_at(window, at, big_endian=big_endian) in KNOWN_BLOCKS
    return known and is_possible(word_at(window, at + 4, big_endian=big_endian))


def is_believable(window: Window, at: int, place: int, *, big_endian: bool) -> bool:
    """Tell whether what begins here, and is not whole, is of a known type, and its packet fits into it if it has one.

    This parts a capture that was cut off from one that was damaged near its end: the block that was found at `place`
    must lie in the packet, as what a packet of usual length carries may look like blocks.
    """
    block_type = word_at(window, at, big_endian=big_endian)
    if block_type != BlockType.ENHANCED_PACKET or at + 24 > len(window):
        return block_type in KNOWN_BLOCKS
    captured = word_at(window, at + 20, big_endian=big_endian)
    longest = min(word_at(window, at + 4, big_endian=big_endian) - 32, PLAUSIBLE_LENGTH)
    return place < at + 28 + captured and captured <= longest
