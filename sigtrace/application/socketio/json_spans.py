"""Where the parts of a JSON text lie, without making values of them: one pass, and the parts stay as they were sent."""

from __future__ import annotations

import json
import re
from typing import Final

from sigtrace.text import keep_text

MAX_DIGITS: Final = 20
"""Digits of a number that names an event: no 64-bit number has more."""

_STRINGS: Final = json.JSONDecoder(strict=False)  # as they come: with controls in them, too
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:(")|\\?\Z)|[\[\]{}:,]', re.DOTALL)
_INTEGER: Final = re.compile(rb"-?\d{1,%d}" % MAX_DIGITS)
_FIRST: Final = re.compile(rb'\[\s*("[^"\\]*(?:\\.[^"\\]*)*"|-?\d{1,%d})\s*(?:,|(?=\]\s*\Z))' % MAX_DIGITS, re.DOTALL)


def split_first(array: bytes) -> tuple[bytes, bytes] | None:
    """Return the first element of an array, a string or an integer, and the array without it; None when it has none."""
    found = _FIRST.match(array)
    if found is None or not array.endswith(b"]"):
        return None
    return found[1], b"[" + array[found.end() :].lstrip()


def decode_name(element: bytes) -> str | None:
    """Return a string or an integer as text; None when it is neither."""
    if not element.startswith(b'"'):
        return element.decode() if _INTEGER.fullmatch(element) else None
    try:
        return keep_text(_STRINGS.decode(element.decode("utf-8", "surrogateescape")))
    except ValueError:
        return None


def members_of(text: bytes) -> dict[bytes, bytes]:
    """Return the members of an object: quoted name → value as it stands; of what is no object, none."""
    members: dict[bytes, bytes] = {}
    text = text.strip()
    if not (text.startswith(b"{") and text.endswith(b"}")):
        return members
    name, start, depth = b"", 1, 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        if depth == 1 and mark == b":" and not name:
            name, start = text[start : token.start()].strip(), token.end()
        elif (depth == 1 and mark == b",") or (depth == 0 and mark == b"}"):
            if name:
                members[name] = text[start : token.start()].strip()
            name, start = b"", token.end()
    return members


def is_balanced(text: bytes) -> bool:
    """Tell whether strings end, and brackets close in the order in which they opened."""
    opened = bytearray()
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in b"[{":
            opened += mark
        elif mark in b"]}":
            if not opened or opened.pop() != ord("[" if mark == b"]" else "{"):
                return False
        elif mark[0] == ord('"') and not token[1]:
            return False
    return not opened
