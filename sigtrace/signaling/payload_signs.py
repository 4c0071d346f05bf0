"""Signs of descriptions and candidates in bytes: whether it is worth to look into a payload at all.

Theory of operation. Nearly no payload holds any, and those that do hold one of few byte strings. Most bytes of a
capture are downloads, images and film, in which even that would be twenty searches for nothing. So but for `candidate`
it is first asked whether there is what all of a kind have in common: an equals sign with a zero and an end of line
behind it, in any writing; and as many letters in a row as the shortest piece of base64 that could be anything.

Of short payloads bytes become their classes by `bytes.translate`, so each is one search for one string. Of long ones
not every byte is looked at: what is around the zeros for the one, and for the other bytes in steps, as so many letters
in a row are letters at three steps that follow each other. What lies between these has to be letters too.
"""

from __future__ import annotations

import re
import string
from typing import Final

import numpy as np

_LINE_END = rb"(?:[\r\n]|(?:\\|%5[cC]){1,8}(?:[rn]|u000[aAdD])|%0[aAdD])"
_VERSIONS = (
    (b"v=0", re.compile(rb"v=0" + _LINE_END)),
    (b"u003", re.compile(rb"u003[dD]0" + _LINE_END)),  # as JSON may write `=`
    (b"v%3", re.compile(rb"v%3[dD]0" + _LINE_END)),
)
_CANDIDATES = ((b"candidate", re.compile(rb"candidate(?::|%3[aA])\S")),)

WRAPPED: Final = (
    *("dj0w", "Y2FuZGlkYXRlO", "YT1jYW5kaWRhdGU6"),
    *("eyJ", "eyA[ig]", "ewo[gJi]", "ew0K", "W3si", "WyB7", "Wwo[gJK]"),
)
"""Beginnings of base64: `v=0`, `candidate:`, `a=candidate:`, and JSON that begins with an object or a list of them.

Each is letters, and then as a rule nothing, else a choice of one letter more.
"""

_BASE64_PIECES = tuple(
    (sign.partition("[")[0].encode(), re.compile(sign.encode() + rb"[\w+/%-]{12}")) for sign in WRAPPED
)
"""What a payload must hold one of, each with a literal that is quick to look for."""


def _classes(**members: bytes) -> bytes:
    """Return the table for `bytes.translate` that makes bytes the letters of their classes, and zero of all others."""
    return bytes(next((ord(name) for name, some in members.items() if byte in some), 0) for byte in range(256))


_BEFORE: Final = b"v3"
_EQUALS: Final = b"=dD"
_ENDS: Final = b"\r\n\\%"
_VERSION_CLASSES: Final = _classes(v=_BEFORE, e=_EQUALS, z=b"0", n=_ENDS)
_VERSION_ENDS: Final = b"vezn"
"""How all of `_VERSIONS` end: `v=` or the digits of its code, `3D`, then the zero, and what begins an end of line."""

_LETTERS: Final = (string.ascii_letters + string.digits + "_+/%-").encode()
_LETTER_CLASSES: Final = _classes(b=_LETTERS)
_SHORTEST_PIECE: Final = b"b" * (len("eyJ") + 12)
"""What all of `_BASE64_PIECES` hold at least."""

_LONG: Final = 32 << 10
"""Bytes of a payload from which it is quicker not to look at each, though that takes some twenty operations."""

_STEP: Final = len(_SHORTEST_PIECE) // 3
_BETWEEN: Final = tuple(place for place in range(1, 2 * _STEP) if place != _STEP)


def _members(some: bytes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.isin(np.arange(256), [*some])


_IS_BEFORE, _IS_EQUALS, _IS_END, _IS_LETTER = map(_members, (_BEFORE, _EQUALS, _ENDS, _LETTERS))


def may_hold(data: bytes) -> bool:
    """Tell quickly whether a payload can hold a description or a candidate; True is no promise."""
    return (
        (_has_version_end(data) and _holds(data, _VERSIONS))
        or _holds(data, _CANDIDATES)
        or (_has_letters(data) and _holds(data, _BASE64_PIECES))
    )


def _holds(data: bytes, signs: tuple[tuple[bytes, re.Pattern[bytes]], ...]) -> bool:
    return any(literal in data and sign.search(data) is not None for literal, sign in signs)


def _has_version_end(data: bytes) -> bool:
    """Tell whether there is what all of `_VERSIONS` have in common."""
    if len(data) < _LONG:
        return _VERSION_ENDS in data.translate(_VERSION_CLASSES)
    codes = np.frombuffer(data, np.uint8)
    zero = 2 + np.flatnonzero(codes[2:-1] == ord("0"))
    return bool((_IS_BEFORE[codes[zero - 2]] & _IS_EQUALS[codes[zero - 1]] & _IS_END[codes[zero + 1]]).any())


def _has_letters(data: bytes) -> bool:
    """Tell whether there is what all of `_BASE64_PIECES` have in common, or of a long payload at least most of it."""
    if len(data) < _LONG:
        return _SHORTEST_PIECE in data.translate(_LETTER_CLASSES)
    codes = np.frombuffer(data, np.uint8)
    steps = _IS_LETTER[codes[::_STEP]]
    places = _STEP * np.flatnonzero(steps[:-2] & steps[1:-1] & steps[2:])
    for between in _BETWEEN:
        places = places[_IS_LETTER[codes[places + between]]]
    return len(places) > 0
