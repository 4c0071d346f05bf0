"""What a record is made of, and how wire text and endpoints are written in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sigtrace.text import decode_text

if TYPE_CHECKING:
    from enum import Enum

Record: TypeAlias = dict[str, Any]
"""One object of the export, its `type` first: text, integers, booleans, None, and lists and objects of these."""


def wire_text(data: bytes | None) -> str | None:
    """Write bytes of the wire as text; None stays None."""
    return None if data is None else decode_text(data)


def word(value: Enum | None) -> Any:
    """Write a member of a closed set as its word; None stays None."""
    return None if value is None else value.value
