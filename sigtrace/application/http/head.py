"""The header section of a message: lines to names and values (RFC 9112 §5), as damaged as they may be."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

Fields: TypeAlias = tuple[tuple[bytes, bytes], ...]

MAX_HEAD = 64 * 1024  # servers refuse heads above 8 to 64 KiB, so nothing real is longer
MAX_FIELDS = 512  # servers refuse above 100 or so

HEAD_END = re.compile(rb"\n\r?\n")  # a bare LF ends a line too (RFC 9112 §2.2)

# The fields that decide how the rest of the message is read.
_FRAMING_NAMES = frozenset([b"content-length", b"transfer-encoding", b"content-encoding", b"upgrade"])
_NONE: dict[bytes, bytes] = {}


class HeaderSection(NamedTuple):
    """Decoded header fields."""

    fields: Fields  # as on the wire, in order, repeated ones too
    framing: dict[bytes, bytes]  # lower-case name → all its values joined by commas; only those that framing asks for
    malformed: int  # lines without a colon: left out
    dropped: int  # lines above MAX_FIELDS: left out


def decode_fields(lines: list[bytes]) -> HeaderSection:
    """Decode header lines, without their LF; a line folded onto the next is joined by one space (RFC 9112 §5.2)."""
    fields: list[tuple[bytes, bytes]] = []
    framing = _NONE
    malformed = 0
    dropped = 0
    if len(lines) > MAX_FIELDS:
        dropped = len(lines) - MAX_FIELDS
        lines = lines[:MAX_FIELDS]
    if any(line[:1] in (b" ", b"\t") for line in lines):
        lines = _unfold(lines)
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name:
            malformed += 1
            continue
        value = value.strip(b" \t\r")
        name = name.rstrip(b" \t")
        fields.append((name, value))
        lower = name.lower()
        if lower in _FRAMING_NAMES:
            if framing is _NONE:
                framing = {}
            framing[lower] = framing[lower] + b"," + value if lower in framing else value
    return HeaderSection(tuple(fields), framing, malformed, dropped)


def _unfold(lines: list[bytes]) -> list[bytes]:
    """Join continuation lines to the line they continue."""
    groups: list[list[bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and groups:
            groups[-1].append(line.strip(b" \t\r"))
        else:
            groups.append([line.rstrip(b"\r")])
    return [b" ".join(group) for group in groups]
