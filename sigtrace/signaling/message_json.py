"""JSON in messages, within bounds: whatever a body holds, reading it takes time and memory in proportion."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final

from sigtrace.errors import DecodeError

MAX_JSON: Final = 1 << 20
"""Characters: a description of as many lines as are read, written as JSON, is shorter."""

MAX_DEPTH: Final = 100
"""Levels inside each other: messages have two or three, and Python stops somewhere below a thousand."""

MAX_DIGITS: Final = 20
"""Digits of an integer: a 64-bit number has no more, and longer ones take more than linear time."""

MAX_REMEMBERED: Final = 16 << 10
"""Bytes of a payload whose value is remembered: 64 of these make a MiB."""

_ESCAPE = re.compile(r"\\.", re.DOTALL)
_NO_BRACKET = re.compile(r"[^\[\]{}]+")


def decode_object(text: str) -> dict[str, Any]:
    """Decode a JSON object. Of a name that stands twice the last value counts, as it does for jsoncpp and browsers.

    Returns: the object; an integer above MAX_DIGITS is its text. Strings may hold lone surrogates, as JSON can.
    Raises: DecodeError: not JSON, no object, or beyond a bound.
    """
    value = decode_value(text)
    if not isinstance(value, dict):
        raise DecodeError("begins like JSON and is not")
    return value


def decode_value(text: str) -> Any:
    """Decode any JSON value, within the same bounds.

    Raises: DecodeError: not JSON, or beyond a bound.
    """
    if len(text) > MAX_JSON:
        raise DecodeError(f"JSON of {len(text)} characters, more than the {MAX_JSON} that are decoded")
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise DecodeError(f"JSON with more than {MAX_DEPTH} levels is not decoded")
    try:
        return json.loads(text, parse_int=_decode_integer)
    except (ValueError, RecursionError) as error:
        raise DecodeError("begins like JSON and is not") from error


def end_of_value(text: str, start: int) -> int | None:
    """Return where a JSON object or list ends that begins at some place of a text; None when none does."""
    if text.count("[", start) + text.count("{", start) > MAX_DEPTH and _depth(text[start:]) > MAX_DEPTH:
        return None
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None


def read_value(data: bytes | str | None) -> Any:
    """Return the JSON value that a payload holds; None when it holds none, which `null` does not differ from here.

    Every protocol is asked about every message, so the last ones are remembered: do not change what you get.
    """
    if not data or len(data) > MAX_JSON:
        return None
    return _remembered(data) if len(data) <= MAX_REMEMBERED else _read(data)


def _read(data: bytes | str) -> Any:
    text = data if isinstance(data, str) else data.decode("utf-8", "surrogateescape")
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        return decode_value(text)
    except DecodeError:
        return None


_remembered = lru_cache(maxsize=64)(_read)


def _depth(text: str) -> int:
    """Return how deep brackets go that stand outside strings."""
    outside = "".join(_ESCAPE.sub("", text).split('"')[::2])
    depth = deepest = 0
    for bracket in _NO_BRACKET.sub("", outside):
        if bracket in "[{":
            depth += 1
            if depth > deepest:  # noqa: PLR1730 - `max` for each bracket takes twice as long
                deepest = depth
        else:
            depth -= 1
    return deepest


def _decode_integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


_DECODER = json.JSONDecoder(parse_int=_decode_integer)
