"""Timestamps of any resolution → nanoseconds since the Unix epoch, exactly and for whole columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECOND_NS = 10**9
EARLIEST_NS, LATEST_NS = -(2**63) + 1, 2**63 - 1  # what int64 holds beside `UNTIMED`: the years 1677 to 2262
UNTIMED = -(2**63)  # stands for "no time" inside the capture package, never outside it


class Resolution(NamedTuple):
    """How an interface counts time (`if_tsresol`, `if_tsoffset`: draft-ietf-opsawg-pcapng §4.2)."""

    units: int = 10**6  # a second
    offset_seconds: int = 0


def decode_resolution(code: int, offset_seconds: int = 0) -> Resolution:
    """Decode an `if_tsresol` byte: a negative power of 10, or of 2 when the top bit is set."""
    exponent = code & 0x7F
    return Resolution(2**exponent if code & 0x80 else 10**exponent, offset_seconds)


def to_nanoseconds(ticks: NDArray[np.uint64], resolution: Resolution) -> tuple[NDArray[np.int64], bool]:
    """Convert ticks since the epoch to nanoseconds, rounded down.

    Returns: the int64 column, and whether a value had to be clamped to what int64 holds.
    """
    units, offset_ns = resolution.units, resolution.offset_seconds * SECOND_NS
    most = int(ticks.max(initial=0))
    fits = offset_ns >= EARLIEST_NS and most * SECOND_NS // units + max(offset_ns, 0) <= LATEST_NS
    if fits and SECOND_NS % units == 0:
        at_ns = (ticks * np.uint64(SECOND_NS // units)).view(np.int64)
    elif fits and units % SECOND_NS == 0 and units // SECOND_NS < 2**63:
        at_ns = (ticks // np.uint64(units // SECOND_NS)).view(np.int64)
    else:
        return _to_nanoseconds_exactly(ticks, units, offset_ns)
    at_ns += offset_ns
    return at_ns, False


def _to_nanoseconds_exactly(ticks: NDArray[np.uint64], units: int, offset_ns: int) -> tuple[NDArray[np.int64], bool]:
    """Convert with integers of any size: rare resolutions and values at the edge."""
    exact = [tick * SECOND_NS // units + offset_ns for tick in ticks.tolist()]
    clamped = [min(max(value, EARLIEST_NS), LATEST_NS) for value in exact]
    return np.array(clamped, np.int64), clamped != exact
