"""Serial number arithmetic."""

from __future__ import annotations

import pytest

from sigtrace.streams.sequence import difference, first_position, unwrap


@pytest.mark.parametrize(
    ("sequence", "position", "expected"),
    [
        (5, 5, 0),
        (6, 5, 1),
        (4, 5, -1),
        (0, 2**32 - 1, 1),
        (2**32 - 1, 2**32, -1),
        (3, 2**33 + 1, 2),
        (2**31, 0, -(2**31)),
        (2**31 - 1, 0, 2**31 - 1),
    ],
)
def test_difference(sequence: int, position: int, expected: int) -> None:
    """A number is ahead of a position by less than half the space, or behind it by at most half (RFC 1982 §3.2)."""
    assert difference(sequence, position) == expected
    assert unwrap(sequence, position) == position + expected


def test_what_comes_before_the_first_position_is_positive() -> None:
    """Positions before the first of a stream are not negative, so that none is UNKNOWN."""
    assert unwrap(2**32 - 1, first_position(0)) > 0
