"""Secrets in what is shown: charts and exchanges are pasted into reports, and what logs people in has no place there.

Only the value goes: which scheme, whose credential and how many cookies there were stays to be seen. Keys of media and
ICE passwords in descriptions stay: they end with their call, and are what one looks for.
"""

from __future__ import annotations

import re
from typing import Final

from sigtrace.text import decode_text

MASK: Final = "***"
"""What stands for a secret, whatever its length."""

_AUTHORIZATION: Final = frozenset({"authorization", "proxy-authorization"})
_KEYS: Final = frozenset({"api-key", "x-api-key", "x-auth-token", "x-access-token"})

_CREDENTIAL = re.compile(
    r"(;\s*(?:credential|password)\*?\s*=\s*)"
    r'(?:"(?:[^"\\]|\\.)*"?)?(?:(?!,\s*<)[^;])*',  # also behind the quotes, up to the next parameter or link
    re.IGNORECASE,
)
_MEMBER = re.compile(r'(?<!\\)(?P<quote>\\*")(?:credential|password)(?P=quote)\s*:\s*', re.IGNORECASE)
_QUOTE = re.compile(r'(\\*)"')
_BARE = re.compile(r'[^\s"\\,\[\]{}]+')


def mask_header(name: str, value: bytes) -> str:
    """Return a header's value as it may be shown.

    Of credentials the scheme stays, of cookies the names, of a `Link` everything but `credential` (RFC 9725 §4.6).
    """
    key, text = name.lower(), decode_text(value)
    if key in _AUTHORIZATION:
        scheme, space, _ = text.strip().partition(" ")
        return f"{scheme} {MASK}" if space else MASK
    if key in _KEYS:
        return MASK
    if key == "cookie":
        return "; ".join(_mask_cookie(one) for one in text.split(";"))
    if key == "set-cookie":
        cookie, semicolon, attributes = text.partition(";")
        return f"{_mask_cookie(cookie)}{semicolon}{attributes}"
    if key == "link":
        return _CREDENTIAL.sub(rf'\1"{MASK}"', text)
    return text


def mask_text(text: str) -> str:
    r"""Return a text in which the members `credential` and `password` of JSON have no values.

    JSON inside a string of JSON, where quotes are `\"`, is masked as well; the text need not be JSON as a whole.
    """
    shown: list[str] = []
    place = 0
    while (found := _MEMBER.search(text, place)) is not None:
        quote = found["quote"]
        end = _end_of_value(text, found.end(), quote)
        shown.append(text[place : found.end()])
        if end > found.end():
            shown.append(f"{quote}{MASK}{quote}")
        place = end
    return "".join(shown) + text[place:]


def _end_of_value(text: str, place: int, quote: str) -> int:
    """Return where the text or number ends that begins at a place; the place itself when neither begins there.

    A level of JSON inside JSON doubles backslashes and puts one before each quote. So quotes of a level have always the
    same number of backslashes in front, and those inside a value have more, but for pairs that mean a backslash.
    """
    if not text.startswith(quote, place):
        bare = _BARE.match(text, place)
        return place if bare is None else bare.end()
    slashes = len(quote) - 1
    for found in _QUOTE.finditer(text, place + len(quote)):
        if len(found[1]) % (2 * (slashes + 1)) == slashes:
            return found.end()
    return len(text)


def _mask_cookie(cookie: str) -> str:
    name, equals, _ = cookie.strip().partition("=")
    return f"{name}={MASK}" if equals else MASK
