"""JSON pointers (RFC 6901), and the parameter of a query in the same place: `/data/sdp`, `?room`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sigtrace.errors import DecodeError
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRONG_ESCAPE = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class Missing:
    """What stands for a value that is not there; null is one that is."""


MISSING: Final = Missing()


class Pointer(Value, frozen=True):
    """A place in a message: steps into its value, or a parameter of the query."""

    steps: tuple[str, ...]
    parameter: str | None = None

    def resolve(self, value: Any, query: Mapping[str, str]) -> Any:
        """Return what stands there, MISSING where nothing does."""
        if self.parameter is not None:
            return query.get(self.parameter, MISSING)
        for step in self.steps:
            if isinstance(value, dict):
                value = value.get(step, MISSING)
            elif isinstance(value, list) and _INDEX.fullmatch(step) and int(step) < len(value):
                value = value[int(step)]
            else:
                return MISSING
        return value


def decode_pointer(text: str) -> Pointer:
    """Decode `/a/0/b~1c`, the empty pointer for the whole value, or `?name` for a parameter.

    Raises: DecodeError: it begins with neither, or `~` is not followed by 0 or 1 (RFC 6901 §3).
    """
    if text.startswith("?") and len(text) > 1:
        return Pointer((), text[1:])
    if text and not text.startswith("/"):
        raise DecodeError(f"{text!r} is no JSON pointer: it begins with / (or with ? for a parameter of the query)")
    if _WRONG_ESCAPE.search(text):
        raise DecodeError(f"{text!r} is no JSON pointer: ~ is written ~0, and / in a name ~1")
    steps = text.split("/")[1:]
    return Pointer(tuple(step.replace("~1", "/").replace("~0", "~") for step in steps))
