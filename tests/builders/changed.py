"""A changed copy of any frozen result: traces are dataclasses, what is in them and what is shown of them are values."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from sigtrace.value import Value, replace

_T = TypeVar("_T")


def changed(original: _T, **fields: Any) -> _T:
    """Return a copy with other fields."""
    if isinstance(original, Value):
        return replace(original, **fields)
    return dataclasses.replace(original, **fields)  # type: ignore[type-var]
