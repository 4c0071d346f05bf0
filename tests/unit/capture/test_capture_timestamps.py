"""Timestamps of any resolution in nanoseconds."""

from __future__ import annotations

import numpy as np
import pytest

from sigtrace.capture.timestamps import EARLIEST_NS, LATEST_NS, Resolution, decode_resolution, to_nanoseconds

BIG = 2**64 - 1


@pytest.mark.parametrize(
    ("code", "units"),
    [(0, 1), (6, 10**6), (9, 10**9), (12, 10**12), (127, 10**127), (0x80, 1), (0x8A, 1024), (0xFF, 2**127)],
)
def test_a_resolution_byte_is_a_power_of_10_or_2(code: int, units: int) -> None:
    """The top bit chooses the base and the rest is the exponent."""
    assert decode_resolution(code) == Resolution(units, 0)


@pytest.mark.parametrize("code", [0, 3, 6, 9, 10, 12, 18, 20, 30, 0x80, 0x89, 0x8A, 0xA0, 0xB4, 0xC0, 0xFF])
@pytest.mark.parametrize("offset_seconds", [0, 1, -1, 1_700_000_000, -(2**62), 2**62])
def test_conversion_is_exact(code: int, offset_seconds: int) -> None:
    """Every column is what integers of any size give, rounded down, and clamped to what int64 holds."""
    resolution = decode_resolution(code, offset_seconds)
    ticks = [0, 1, 999_999, 2**31, 1_700_000_000_123_456, 2**53 + 1, 2**63, BIG]
    for column in ([tick] for tick in ticks):
        got, clamped = to_nanoseconds(np.array(column, np.uint64), resolution)
        exact = [tick * 10**9 // resolution.units + offset_seconds * 10**9 for tick in column]
        want = [min(max(value, EARLIEST_NS), LATEST_NS) for value in exact]
        assert got.tolist() == want
        assert got.dtype == np.int64
        assert clamped == (want != exact)


def test_an_empty_column_stays_empty() -> None:
    """No packets give no times and no clamping."""
    got, clamped = to_nanoseconds(np.zeros(0, np.uint64), Resolution())
    assert (got.tolist(), clamped) == ([], False)
