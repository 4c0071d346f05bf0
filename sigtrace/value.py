"""`Value`: the base of all frozen results, from a capture's interface to a call.

A value is built once, compared by its fields, and never changes. It is a msgspec `Struct` and not a frozen dataclass
because there are a hundred such types and, in a busy capture, hundreds of thousands of such objects: defining a Struct
takes a fiftieth of the time, which is what starting takes, and making one a tenth. What cannot change cannot be part of
a circle either, so the garbage collector need not look at it (`gc=False`). What changes while it is gathered is a plain
`Struct`, for the same reasons.
"""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

__all__ = ["Struct", "Value", "field", "replace"]


class Value(Struct, frozen=True, gc=False):
    """Derive with `frozen=True, kw_only=True`: fields are named where one is made, unless there are two or three."""
