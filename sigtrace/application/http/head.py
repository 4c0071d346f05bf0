"""The header section of a message: lines to names and values (RFC 9112 §5), as damaged as they may be."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from sigtrace.value import Value

Fields: TypeAlias = tuple[tuple[bytes, bytes], ...]

MAX_HEAD = 64 * 1024  # servers refuse heads above 8 to 64 KiB, so nothing real is longer
MAX_FIELDS = 512  # servers refuse above 100 or so

HEAD_END = re.compile(rb"\n\r?\n")  # a bare LF ends a line too (RFC 9112 §2.2)

_MAX_REMEMBERED = 1024  # bytes of a block or line; 512 blocks and 2048 lines make 3 MiB at most

# The fields that decide how the rest of the message is read.
_FRAMING_NAMES = frozenset([b"content-length", b"transfer-encoding", b"content-encoding", b"upgrade", b"expect"])


class HeaderSection(Value, frozen=True):
    """Decoded header fields."""

    fields: Fields  # as on the wire, in order, repeated ones too
    framing: dict[bytes, bytes]  # lower-case name → all its values joined by commas; only those that framing asks for
    malformed: int  # lines without a name or a colon: left out
    dropped: int  # lines above MAX_FIELDS: left out


class _Field(Value, frozen=True):
    pair: tuple[bytes, bytes]
    framing_name: bytes | None  # lower case


_EMPTY = HeaderSection((), {}, 0, 0)


def decode_fields(block: bytes) -> HeaderSection:
    """Decode header lines; a line folded onto the next is joined by one space (RFC 9112 §5.2).

    Args: block: the lines between the start line and the empty line; the last one may be without its LF.
    """
    if not block:
        return _EMPTY
    return _decode_known_block(block) if len(block) <= _MAX_REMEMBERED else _decode_block(block)


def _decode_block(block: bytes) -> HeaderSection:
    fields: list[tuple[bytes, bytes]] = []
    framing: dict[bytes, bytes] = {}
    malformed = 0
    lines = block.removesuffix(b"\n").split(b"\n")
    dropped = max(0, len(lines) - MAX_FIELDS)
    decode_line = _decode_known_line if len(block) <= _MAX_REMEMBERED else _decode_line
    for line in _unfold(lines[:MAX_FIELDS]):
        field = decode_line(line)
        if field is None:
            malformed += 1
            continue
        fields.append(field.pair)
        name = field.framing_name
        if name is not None:
            value = field.pair[1]
            framing[name] = framing[name] + b"," + value if name in framing else value
    return HeaderSection(tuple(fields), framing, malformed, dropped)


def _decode_line(line: bytes) -> _Field | None:
    name, colon, value = line.partition(b":")
    name = name.rstrip(b" \t")
    if not colon or not name:
        return None
    lower = name.lower()
    return _Field((name, value.strip(b" \t\r")), lower if lower in _FRAMING_NAMES else None)


# The same few programs send the same headers in every message: decoding them once saves time and, where a trace keeps
# tens of thousands of messages, most of the memory of their headers.
_decode_known_block = lru_cache(maxsize=512)(_decode_block)
_decode_known_line = lru_cache(maxsize=2048)(_decode_line)


def _unfold(lines: list[bytes]) -> list[bytes]:
    """Join continuation lines to the line they continue."""
    if min(lines)[:1] > b" ":
        return lines  # the least first byte is above SP and HTAB: nothing is folded
    groups: list[list[bytes]] = []
    for line in lines:
        if line.startswith((b" ", b"\t")) and groups:
            groups[-1].append(line.strip(b" \t\r"))
        else:
            groups.append([line.rstrip(b"\r")])
    return [b" ".join(group) for group in groups]
