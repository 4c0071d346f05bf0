"""JSON objects without objects in them, as descriptions and candidates are sent: bytes → members, quickly.

Theory of operation. msgspec decodes JSON of a type that is known beforehand several times as quickly as `json` decodes
whatever comes. It is believed only where the two cannot differ: the message is UTF-8, and all of it is one object whose
members are text, integers of 64 bits, true, false or null. Of anything else nothing is said here, and `message_json`
decides what it is; a property test holds the two equal.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

from msgspec import DecodeError, Meta
from msgspec.json import Decoder

LONGEST: Final = 64 << 10
"""Bytes: a description for a conference of some dozens."""

_Integer: TypeAlias = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_DECODER: Final = Decoder(dict[str, str | _Integer | bool | None])


def read_flat(data: bytes) -> dict[str, Any] | None:
    """Return the members of a flat object, of a name that stands twice the last one; None when it is something else."""
    if data[:1] != b"{" or len(data) > LONGEST:
        return None
    try:
        return _DECODER.decode(data)
    except (DecodeError, UnicodeDecodeError):
        return None
