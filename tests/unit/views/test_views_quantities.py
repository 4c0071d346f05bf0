"""Durations, bytes and counts in words."""

from __future__ import annotations

import pytest

from sigtrace.views.quantities import count, format_bytes, format_duration, listed


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0 ms"),
        (400, "400 ns"),
        (31_000, "31 µs"),
        (94_900, "95 µs"),
        (95_000, "0.1 ms"),
        (800_000, "0.8 ms"),
        (4_120_000, "4.1 ms"),
        (9_949_999, "9.9 ms"),
        (9_950_000, "10 ms"),
        (218_400_000, "218 ms"),
        (999_600_000, "1.00 s"),
        (1_020_000_000, "1.02 s"),
        (20_387_000_000, "20.39 s"),
        (100_000_000_000, "100.0 s"),
        (119_949_000_000, "119.9 s"),
        (120_000_000_000, "2 min 0 s"),
        (218_400_000_000, "3 min 38 s"),
        (7_260_000_000_000, "2 h 1 min"),
        (180_000_000_000_000, "2 d 2 h"),
        (-800_000, "-0.8 ms"),
    ],
)
def test_a_duration_has_its_unit_and_no_more_digits_than_it_is_worth(duration_ns: int, text: str) -> None:
    """A duration is written as a person would say it."""
    assert format_duration(duration_ns) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (3_400, "3.4 kB"),
        (200_208, "200 kB"),
        (630_000_000, "630 MB"),
    ],
)
def test_bytes_are_in_decimal_units(length: int, text: str) -> None:
    """A length is written in the unit that keeps it short."""
    assert format_bytes(length) == text


def test_counts_and_lists_read_like_language() -> None:
    """Nouns follow their number, and lists end in "and"."""
    assert count(1, "peer") == "1 peer"
    assert count(1_093, "packet") == "1,093 packets"
    assert [listed(["a", "b", "c"][:length]) for length in range(4)] == ["", "a", "a and b", "a, b and c"]
