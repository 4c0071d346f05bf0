r"""Text that came over the wire, as Python text: nothing is lost, and what could act on a reader's screen is known.

Bytes that are not UTF-8 are kept as `\xNN`, and a backslash that would be read as the beginning of such an escape is
kept as one itself, `\x5c`. So the bytes can always be had again; `docs/export.md` documents the form for others.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_AMBIGUOUS = re.compile(rb"\\(?=x[0-9a-f]{2})")
_KEPT = re.compile(r"\\x([0-9a-f]{2})")
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")

# --- nothing is lost


def decode_text(data: bytes) -> str:
    r"""Decode wire bytes as UTF-8; a byte that is not UTF-8 becomes the four characters `\xNN`.

    So does the backslash of what looks like such an escape and is none: `\xff` in letters becomes `\x5cxff`. The result
    can always be encoded as UTF-8, which surrogates could not, and `encode_text` gives the bytes again.
    """
    if b"\\x" in data:
        data = _AMBIGUOUS.sub(rb"\\x5c", data)
    return data.decode("utf-8", "backslashreplace")


def encode_text(text: str) -> bytes:
    """Encode what `decode_text` gave: exactly the bytes that it had."""
    parts = enumerate(_KEPT.split(text))  # every other one is the digits of an escape
    return b"".join(bytes.fromhex(part) if at % 2 else part.encode("utf-8", "backslashreplace") for at, part in parts)


def keep_text(text: str) -> str:
    r"""Return a text that may hold lone surrogates in the form of `decode_text`.

    Python's names of files and its reading of JSON hold bytes that are not UTF-8 as U+DC80 to U+DCFF; they become
    `\xNN` again. Other halves of pairs, which JSON can spell and no bytes can, become the six characters `\udNNN`.
    """
    if text.isascii() and ("\\" not in text or "\\x" not in text):  # one character is looked for much more quickly
        return text
    spelled = _NO_BYTE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
    return decode_text(spelled.encode("utf-8", "surrogateescape"))


# --- what could act, hide, or take another width than it seems to

_UNSEEN = re.compile(
    "["
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"  # printable by their category, yet blank
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # variation selectors: terminals disagree on how wide what they change is
    "\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff"  # letters of flags, tones of skin: the same of what they join
    "]"
)
_NOT_PLAIN = re.compile("[^ -~]+")
_SPACES = frozenset("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000")

MARKS_KEPT = 4
"""Combining marks on one letter: Vietnamese has two, pointed Hebrew three; hundreds reach over the lines around."""


def replace_harmful(text: str, spell: Callable[[str], str]) -> str:
    """Return a text in which `spell` has replaced what could act on a screen, or hide on it.

    That is: all that Unicode does not count as printable (controls, escapes, marks of direction, line separators, what
    is invisible, private or not assigned), blanks in disguise, and combining marks beyond `MARKS_KEPT` in a row or
    without a letter before them. Spaces of any width stay. A harmless text comes back as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return _NOT_PLAIN.sub(lambda found: _replace_in(found[0], spell, MARKS_KEPT if found.start() else 0), text)


def _replace_in(text: str, spell: Callable[[str], str], room: int) -> str:
    """Replace what is harmful in a stretch without plain ASCII, before which there is room for so many marks."""
    made = []
    for one in text:
        mark = _is_mark(one)
        made.append(one if _is_seen(one) and (room or not mark) else spell(one))
        room = max(room - 1, 0) if mark else MARKS_KEPT
    return "".join(made)


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"}


@lru_cache(maxsize=4096)
def _is_seen(character: str) -> bool:
    return character in _SPACES or (character.isprintable() and not _UNSEEN.match(character))
