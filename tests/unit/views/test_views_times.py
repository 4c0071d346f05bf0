"""Points in time: written in tshark's formats, and read from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import sigtrace
from sigtrace.errors import SelectionError
from sigtrace.value import replace
from sigtrace.views.moment import parse_time
from sigtrace.views.times import Clock, TimeFormat, format_date

FIRST = 1_795_188_795_416_854_000  # 2026-11-20 15:33:15.416854 UTC, day 324
CAPTURES = Path(__file__).parents[3] / "captures"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (TimeFormat.RELATIVE, "1.500"),
        (TimeFormat.DELTA, "0.500"),
        (TimeFormat.DELTA_DISPLAYED, "0.500"),
        (TimeFormat.EPOCH, "1795188796.916"),
        (TimeFormat.UTC, "15:33:16.916"),
        (TimeFormat.UTC_DATE, "2026-11-20 15:33:16.916"),
        (TimeFormat.UTC_DAY_OF_YEAR, "2026/324 15:33:16.916"),
    ],
)
def test_formats_are_those_of_tshark(form: TimeFormat, text: str) -> None:
    """Each word of `tshark -t` writes a time as tshark does, with fewer digits."""
    clock = Clock(first_ns=FIRST, format=form)
    assert clock.text(FIRST + 1_500_000_000, FIRST + 1_000_000_000) == text


@pytest.mark.parametrize("form", [TimeFormat.ABSOLUTE, TimeFormat.ABSOLUTE_DATE, TimeFormat.ABSOLUTE_DAY_OF_YEAR])
def test_local_times_have_the_form_of_universal_ones(form: TimeFormat) -> None:
    """Local formats differ from their UTC counterparts by the zone alone."""
    local = Clock(first_ns=FIRST, format=form).text(FIRST)
    universal = Clock(first_ns=FIRST, format=TimeFormat(form.value.replace("a", "u", 1))).text(FIRST)
    assert len(local) == len(universal)
    assert local[-7:] == universal[-7:]  # seconds and their fraction; zones differ by whole minutes


def test_a_time_before_the_first_is_negative_and_a_damaged_one_is_no_error() -> None:
    """Nothing that a capture may hold as a time stamp makes the clock fail."""
    assert Clock(first_ns=FIRST).text(FIRST - 1_500_000_000) == "-1.500"
    assert Clock(first_ns=0, format=TimeFormat.UTC).text(2**64 * 1_000_000_000)
    assert format_date(FIRST) == "2026-11-20 15:33:15 UTC"


@pytest.fixture(scope="module")
def trace() -> sigtrace.Trace:
    """A trace whose times are known."""
    return sigtrace.analyze(sigtrace.read(str(CAPTURES / "basic-call" / "basic-call.pcapng")))


@pytest.mark.parametrize(
    ("text", "after_ns"),
    [
        ("12.5", 12_500_000_000),
        ("12.5s", 12_500_000_000),
        ("0", 0),
        ("15:33:20.5", None),
        ("2026-11-20T15:33:20.5", None),
        ("2026-11-20 16:33:20.5+01:00", None),
        ("1795188800.5", None),
    ],
)
def test_every_way_to_write_a_time_is_understood(trace: sigtrace.Trace, text: str, after_ns: int | None) -> None:
    """Seconds from the start, a time of day, a date and epoch seconds mean the same moment."""
    expected = 1_795_188_800_500_000_000 if after_ns is None else trace.first_ns + after_ns
    assert parse_time(text, trace) == expected


def test_a_time_of_day_before_the_start_is_on_the_next_day_of_a_capture_over_midnight(trace: sigtrace.Trace) -> None:
    """A capture that runs over midnight has two days, and 00:10 is in the second."""
    (capture,) = trace.captures
    late = replace(trace, captures=(replace(capture, last_ns=trace.first_ns + 86_400_000_000_000),))
    assert parse_time("00:10", late) > late.first_ns
    assert parse_time("00:10", trace) < trace.first_ns


@pytest.mark.parametrize("text", ["", "noon", "25:00:00", "12:61", "-5", "1e3", "2026-13-01"])
def test_what_is_no_time_is_refused_with_a_hint(trace: sigtrace.Trace, text: str) -> None:
    """A time that does not parse says which forms would."""
    with pytest.raises(SelectionError) as caught:
        parse_time(text, trace)
    assert "seconds" in caught.value.hint
