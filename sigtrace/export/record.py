"""What a record is made of, and how wire text, endpoints and words of closed sets are written in it.

All of them come again and again in a capture: what was written once is remembered, within a bound.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sigtrace.text import decode_text

if TYPE_CHECKING:
    from enum import Enum

    from sigtrace.packets.endpoint import Endpoint

Record: TypeAlias = dict[str, Any]
"""One object of the export, its `type` first: text, integers, booleans, None, and lists and objects of these.

What is inside of a record may be shared with others: it is there to be read.
"""

MAX_REMEMBERED: Final = 256
"""Bytes of a text of the wire that is remembered: 4096 of that length make 2 MiB at most, and targets are shorter."""


def wire_text(data: bytes | None) -> str | None:
    """Write bytes of the wire as text; None stays None."""
    if data is None:
        return None
    return _decode_known(data) if len(data) <= MAX_REMEMBERED else decode_text(data)


_decode_known = lru_cache(maxsize=4096)(decode_text)


@lru_cache(maxsize=4096)
def endpoint_text(endpoint: Endpoint) -> str:
    """Write an address and a port."""
    return str(endpoint)


def word(value: Enum | None) -> Any:
    """Write a member of a closed set as its word; None stays None.

    `_value_` is what `value` gives, which in Python 3.11 takes ten times as long to ask for.
    """
    return None if value is None else value._value_
