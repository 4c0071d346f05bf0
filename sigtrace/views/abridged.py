"""Texts of strangers may be of any length; what is shown of them is not."""

from __future__ import annotations

import unicodedata

from sigtrace.text import replace_harmful

NAME_LENGTH = 64
"""Cells of a name that are shown: a word of the wire may be as long as a line of HTTP; `show` has it whole."""

PHRASE_LENGTH = 160
"""Cells of what is made of several such words, and of a request's target: two lines of a terminal."""

_SPELLED = "\\u0000"
"""As long as what is shown in place of most that cannot be shown."""


def abridged(text: str, length: int = NAME_LENGTH) -> str:
    """Return a text without its middle where it is long; what has to be spelled out counts as long as it gets."""
    if len(text) <= length and len(replace_harmful(text, lambda _: _SPELLED)) <= length:
        return text
    half = length // 2
    head, tail = _fitting(text, half), _fitting(text[::-1], length - half - 1)
    start = len(text) - tail
    while start < len(text) and unicodedata.category(text[start]) in {"Mn", "Me"}:
        start += 1  # marks whose letter was left out
    return f"{text[:head]}…{text[start:]}"


def _fitting(text: str, length: int) -> int:
    """Return how many characters of a text fit; a mark without its letter counts as one that is spelled out."""
    taken = 0
    for one in text[:length]:
        length -= len(replace_harmful(one, lambda _: _SPELLED))
        if length < 0:
            break
        taken += 1
    return taken
