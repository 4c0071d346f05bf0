"""pcapng options: the code, length, value triples that end many blocks ↔ pairs (draft-ietf-opsawg-pcapng §3.5)."""

from __future__ import annotations

import struct
from collections.abc import Iterable  # noqa: TC003  a type alias below uses it when the module runs

from sigtrace.text import decode_text
from sigtrace.value import Value

# Options of one block that are looked at, bytes: a value has 64 KiB at most, and what people and programs write is far
# shorter. What lies behind is left out.
MAX_OPTIONS_LENGTH = 2**20

MAX_VALUE_LENGTH = 2**16 - 1  # of one option: its length is written in 16 bits

OPTION_END = 0
OPTION_COMMENT = 1

SECTION_HARDWARE, SECTION_SYSTEM, SECTION_APPLICATION = 2, 3, 4
INTERFACE_NAME, INTERFACE_DESCRIPTION, INTERFACE_RESOLUTION, INTERFACE_OFFSET = 2, 3, 9, 14
STATISTICS_START, STATISTICS_END = 2, 3
STATISTICS_RECEIVED, STATISTICS_DROPPED, STATISTICS_SYSTEM_DROPPED = 4, 5, 7


class Option(Value, frozen=True):
    """One option as written: its value without padding."""

    code: int
    value: bytes


def decode_options(data: bytes, *, big_endian: bool) -> tuple[Option, ...]:
    """Decode options up to the end mark or the end of `data`; a last one that is cut off is left out.

    No more than `MAX_OPTIONS_LENGTH` bytes are looked at.
    """
    data = data[:MAX_OPTIONS_LENGTH]
    head = struct.Struct(">HH" if big_endian else "<HH")
    options: list[Option] = []
    at = 0
    while at + 4 <= len(data):
        code, length = head.unpack_from(data, at)
        at += 4
        if code == OPTION_END or at + length > len(data):
            break
        options.append(Option(code, data[at : at + length]))
        at += length + -length % 4
    return tuple(options)


def encode_options(options: Iterable[Option], *, big_endian: bool) -> bytes:
    """Encode options and their end mark; no options give no bytes."""
    order = ">" if big_endian else "<"
    encoded = b"".join(
        struct.pack(f"{order}HH", option.code, len(option.value)) + option.value + bytes(-len(option.value) % 4)
        for option in options
    )
    return encoded + bytes(4) if encoded else b""


def comments_of(options: Iterable[Option]) -> tuple[str, ...]:
    """Return the comments among `options`, in order."""
    return tuple(decode_text(option.value.rstrip(b"\x00")) for option in options if option.code == OPTION_COMMENT)


def text_of(options: Iterable[Option], code: int) -> str | None:
    """Return the first text option with this code."""
    return next((decode_text(option.value.rstrip(b"\x00")) for option in options if option.code == code), None)


def unsigned_of(options: Iterable[Option], code: int, *, big_endian: bool) -> int | None:
    """Return the first integer option with this code."""
    value = next((option.value for option in options if option.code == code), None)
    return None if value is None else int.from_bytes(value, "big" if big_endian else "little")
