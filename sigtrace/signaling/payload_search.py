"""Descriptions and candidates in any payload: JSON at any depth, forms, bare text, and what is wrapped in strings.

Theory of operation. Every payload of a capture is asked, and nearly none holds any: `may_hold` tells quickly of most
that they do not (`payload_signs.py`). What passes is opened: JSON is decoded, a form split, base64 undone, and a string
that is itself one of these opened again, within bounds; of what is none of these its bodies are cut out. The result is
one value of JSON whose strings are plain text, in which every description and candidate is found together with the
objects around it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from sigtrace.errors import DecodeError
from sigtrace.signaling.enclosed_bodies import cut_out
from sigtrace.signaling.message_json import MAX_JSON, decode_value
from sigtrace.signaling.payload_signs import WRAPPED, may_hold
from sigtrace.text import keep_text
from sigtrace.value import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_WRAPPINGS: Final = 4
"""Strings opened inside each other: JSON in a string of JSON in base64 is two; one bound stops what winds itself up."""

MAX_STRINGS: Final = 4096
"""Strings of one payload that are looked at: a list of all that waits for a peer holds a few hundred."""

MAX_PLACES: Final = 16_384
"""Objects and lists of one payload that are looked into: what has so many of them is no signaling, or nearly all of it
is something else."""

MAX_FOUND: Final = 512
"""Descriptions and candidates taken from one payload: the answer to a poll brings some dozens at most."""

MAX_FIELDS: Final = 64
"""Fields of a form: home-made signaling has half a dozen."""

MAX_REMEMBERED: Final = 16 << 10
"""Bytes of a payload whose reading is remembered, since it is asked for to recognise, name and decode it."""

_DESCRIPTION = re.compile(r"v=0[\r\n]")
_CANDIDATE = re.compile(r"(?:a=)?candidate:\S+ \d+ (?:udp|tcp|ssltcp|tls) \d+ \S+ \d+ typ ", re.IGNORECASE)
_BASE64 = re.compile(f"(?:{'|'.join(WRAPPED)})" + r"[\w+/\r\n-]{12,}={0,2}\s*")
_START = re.compile(r"\s*([{[\"])")
_FORM = re.compile(r"[\w.%+\[\]-]{1,64}=")

Step: TypeAlias = "tuple[dict[str, Any], str]"
"""An object, and the member of it that leads on."""


class Carried(Enum):
    """What was found."""

    DESCRIPTION = "description"
    CANDIDATE = "candidate"


class Found(NamedTuple):
    """One description or candidate."""

    carried: Carried
    text: str
    way: tuple[Step, ...]  # from the outermost object to the one whose member it is; empty for bare text


class Opened(NamedTuple):
    """A payload, opened."""

    value: Any  # of JSON, its wrapped strings opened too; a form is an object; text; None where there is none
    found: tuple[Found, ...]


def open_payload(data: bytes | str | None) -> Opened:
    """Open a payload and find what is in it; never raises. One beyond the bounds holds nothing."""
    if not data or len(data) > MAX_JSON:
        return Opened(None, ())
    return _remembered(data) if len(data) <= MAX_REMEMBERED else _open(data)


def _open(data: bytes | str) -> Opened:
    text = data if isinstance(data, str) else data.decode("utf-8", "surrogateescape")
    opener = _Opener()
    value = opener.open_text(text, 0, form=True)
    found = tuple(_search(value))
    if found or not isinstance(value, str):
        return Opened(value, found)
    holds = may_hold(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    bodies = [opener.open_text(body, 0) for body in cut_out(text, anywhere=holds)]
    if not bodies:
        return Opened(value, ())
    value = bodies[0] if len(bodies) == 1 else list(_flattened(bodies))
    return Opened(value, tuple(_search(value)))


def _flattened(bodies: list[Any]) -> Iterator[Any]:
    """Yield bodies, of those that are lists what is in them."""
    for body in bodies:
        yield from body if isinstance(body, list) else (body,)


_remembered = lru_cache(maxsize=64)(_open)


class _Opener(Struct):
    """Opens the strings of one payload, as many as the bound allows."""

    left: int = MAX_STRINGS
    places_left: int = MAX_PLACES

    def open_text(self, text: str, wrappings: int, *, form: bool = False) -> Any:
        """Return what a text is: a value of JSON, the fields of a form, or plain text."""
        start = _START.match(text)
        if start and (start[1] != '"' or not wrappings):
            try:
                return self._open_value(decode_value(text), wrappings)
            except DecodeError:
                return keep_text(text)
        if form and _FORM.match(text) and not _DESCRIPTION.match(text):
            return self._open_form(text, wrappings)
        if _BASE64.fullmatch(text):
            return self._open_base64(text, wrappings)
        return keep_text(text)

    def _open_value(self, value: Any, wrappings: int) -> Any:
        """Open the strings in a value of JSON, in place; as deep as JSON is decoded."""
        if isinstance(value, str):
            return self._open_string(value, wrappings)
        places = deque([value])
        while places and self.places_left > 0:
            place = places.popleft()
            self.places_left -= 1
            for key, one in list(place.items() if isinstance(place, dict) else enumerate(place)):
                if isinstance(one, str):
                    place[key] = self._open_string(one, wrappings)
                elif isinstance(one, dict | list):
                    places.append(one)
        return value

    def _open_string(self, text: str, wrappings: int) -> Any:
        if wrappings >= MAX_WRAPPINGS or self.left <= 0 or len(text) < len('{"a":1}'):
            return keep_text(text)
        self.left -= 1
        return self.open_text(text, wrappings + 1)

    def _open_form(self, text: str, wrappings: int) -> Any:
        try:
            fields = parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            return keep_text(text)
        return {keep_text(name): self._open_string(value, wrappings) for name, value in fields}

    def _open_base64(self, text: str, wrappings: int) -> Any:
        plain = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
        try:
            inner = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return keep_text(text)
        opened = self._open_string(inner, wrappings)
        is_signal = isinstance(opened, dict | list) or _is_carried(opened) is not None
        return opened if is_signal else keep_text(text)


def _search(value: Any) -> Iterator[Found]:
    """Yield what is in an opened value, in the order it stands there."""
    number = entered = 0
    places: list[tuple[Any, _Way | None]] = [(value, None)]
    while places and number < MAX_FOUND and entered <= MAX_PLACES:
        one, way = places.pop()
        if isinstance(one, dict):
            entered += 1
            places += [(inner, _Way((one, key), way)) for key, inner in reversed(one.items())]
        elif isinstance(one, list):
            entered += 1
            places += [(inner, way) for inner in reversed(one)]
        elif isinstance(one, str) and (carried := _is_carried(one)) is not None:
            number += 1
            yield Found(carried, one, _steps(way))


class _Way(NamedTuple):
    """The last step of a way, and the way before it, which others may share."""

    step: Step
    before: _Way | None


def _steps(way: _Way | None) -> tuple[Step, ...]:
    steps = []
    while way is not None:
        steps.append(way.step)
        way = way.before
    return tuple(reversed(steps))


def _is_carried(text: str) -> Carried | None:
    if _DESCRIPTION.match(text):
        return Carried.DESCRIPTION
    return Carried.CANDIDATE if _CANDIDATE.match(text) else None
