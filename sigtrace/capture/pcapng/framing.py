"""The frame of every pcapng block: type, length, body, length again (draft-ietf-opsawg-pcapng §3.1)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from sigtrace.capture.pcapng.blocks import BYTE_ORDER_MAGIC, KNOWN_BLOCKS, BlockType
from sigtrace.capture.reader import MAX_BLOCK_LENGTH

if TYPE_CHECKING:
    from sigtrace.capture.reader import Window

FRAME_LENGTH = 12  # bytes: a block with no body; and, in a section header, all up to its byte-order magic


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


def may_begin(window: Window, at: int, *, big_endian: bool) -> bool:
    """Tell whether a known block of this byte order, or a section of any, seems to begin here."""
    if is_section_header(window, at):
        return section_order(window, at) is not None
    known = word_at(window, at, big_endian=big_endian) in KNOWN_BLOCKS
    return known and is_possible(word_at(window, at + 4, big_endian=big_endian))


def is_believable(window: Window, at: int, *, big_endian: bool) -> bool:
    """Tell whether what begins here, and is not whole, is of a known type, and its packet fits into it if it has one.

    This parts a capture that was cut off from one that was damaged near its end.
    """
    block_type = word_at(window, at, big_endian=big_endian)
    if block_type != BlockType.ENHANCED_PACKET or at + 24 > len(window):
        return block_type in KNOWN_BLOCKS
    captured = word_at(window, at + 20, big_endian=big_endian)
    return captured <= word_at(window, at + 4, big_endian=big_endian) - 32
