"""The rows of a batch put together by flow, by vector operations.

Rows are sorted by a hash of both endpoints that is the same for both directions. It has 16 bits, for which NumPy has a
radix sort, four times as fast as any other and stable: rows of one flow stay in order. Where two neighbours are of
different flows is then seen by the endpoints themselves. Flows that share a hash are found in parts, never as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.packets.rows import Column, Rows

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio, as in Fibonacci hashing
_SHIFT: Final = np.uint64(29)
_UPPER: Final = np.uint64(64 - 16)  # the bits that mix best
_PORT_BITS: Final = np.uint64(16)
_IPV4: Final = np.dtype([("address", ">u4"), ("port", ">u2")])
_IPV6: Final = np.dtype([("upper", "u8"), ("lower", "u8"), ("port", "u2")])


class ByFlow(NamedTuple):
    """The rows of a batch by flow, in order within each."""

    order: NDArray[np.int64]  # rows
    begins: NDArray[np.bool_]  # where rows of another flow begin
    forward: NDArray[np.bool_]  # which of the two directions


def sort_by_flow(rows: Rows) -> ByFlow:
    """Put rows together by flow."""
    source, destination = _words(rows.source), _words(rows.destination)
    there, back = _hash(source), _hash(destination)
    forward = there < back
    order = np.argsort(((there ^ back) * _MIX >> _UPPER).astype(np.uint16), kind="stable")
    begins = np.ones(rows.size, bool)
    begins[1:] = False
    for one, other in zip(source, destination, strict=True):
        low, high = np.where(forward, one, other)[order], np.where(forward, other, one)[order]
        begins[1:] |= (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return ByFlow(order, begins, forward[order])


def _words(endpoint: Column) -> tuple[NDArray[np.uint64], ...]:
    """Return packed endpoints as numbers: one for IPv4, three for IPv6."""
    if endpoint.itemsize == _IPV4.itemsize:
        fields = endpoint.view(_IPV4)
        return (fields["address"].astype(np.uint64) << _PORT_BITS | fields["port"],)
    fields = endpoint.view(_IPV6)
    return tuple(fields[name].astype(np.uint64) for name in ("upper", "lower", "port"))


def _hash(words: tuple[NDArray[np.uint64], ...]) -> NDArray[np.uint64]:
    mixed = words[0] * _MIX
    for word in words[1:]:
        mixed = (mixed ^ (mixed >> _SHIFT) ^ word) * _MIX
    return mixed ^ (mixed >> _SHIFT)
