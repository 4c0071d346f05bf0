"""The frame of every pcapng block: type, length, body, length again (draft-ietf-opsawg-pcapng §3.1)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from sigtrace.capture.options import OPTION_END
from sigtrace.capture.pcapng.blocks import BYTE_ORDER_MAGIC, KNOWN_BLOCKS, BlockType
from sigtrace.capture.reader import MAX_BLOCK_LENGTH, PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from sigtrace.capture.reader import Window

PACKET_HEADER = 28  # bytes before the packet's own in an enhanced packet block
PACKET_OPTIONS = frozenset((*range(9), 2988, 2989, 19372, 19373))  # draft-ietf-opsawg-pcapng §3.5.1, §4.3.1
MAX_OPTIONS = 64  # of one packet, gone through to find its block's end; writers use three
UNTOLD: Final = -1  # of a length that the bytes at hand do not tell

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

    This parts a capture that was cut off from one that was damaged near its end: behind a packet that is all there,
    options must lead out of the window.
    """
    block_type = word_at(window, at, big_endian=big_endian)
    if block_type != BlockType.ENHANCED_PACKET or at + 24 > len(window):
        return block_type in KNOWN_BLOCKS
    captured = word_at(window, at + 20, big_endian=big_endian)
    fits = captured <= word_at(window, at + 4, big_endian=big_endian) - 32
    return fits and (captured > PLAUSIBLE_LENGTH or inner_length(window, at, big_endian=big_endian) == UNTOLD)


def inner_length(window: Window, at: int, *, big_endian: bool) -> int | None:
    """Return the length of an enhanced packet block by what is in it, if it stands at the end which that gives.

    It tells damage to the length at a block's start, when the packet's own length and all behind it are as they were.

    Returns: the length; None when there is none, UNTOLD when the window ends before that shows.
    """
    if at + PACKET_HEADER > len(window):
        return UNTOLD
    captured = word_at(window, at + 20, big_endian=big_endian)
    is_packet = word_at(window, at, big_endian=big_endian) == BlockType.ENHANCED_PACKET
    if not is_packet or captured > PLAUSIBLE_LENGTH:
        return None
    place = at + PACKET_HEADER + _padded(captured)
    codes = PACKET_OPTIONS
    for _ in range(MAX_OPTIONS):
        if place + 4 > len(window):
            return UNTOLD
        word = word_at(window, place, big_endian=big_endian)
        if word == place + 4 - at:
            return word
        high, low = word >> 16, word & 0xFFFF
        code, length = (high, low) if big_endian else (low, high)
        if code not in codes:
            break
        if code == OPTION_END:
            codes = frozenset()  # the length must follow
        place += 4 + _padded(length)
    return None


def _padded(length: int) -> int:
    return (length + 3) & ~3
