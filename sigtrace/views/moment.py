"""Points in time as people type them, for `--since` and `--until`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sigtrace.errors import SelectionError

if TYPE_CHECKING:
    from sigtrace.trace import Trace

_S = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?\s*s?")
_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?")
_FRACTION = re.compile(r"\.(\d{1,9})")

_EPOCH_FROM_S = 100_000_000
"""From here on, a bare number is seconds since the epoch (1973 on); a capture of three years is not expected."""

HINT = 'seconds from the start ("12.5"), a time of day in UTC ("15:33:20"), a date and time, or seconds since the epoch'


def parse_time(text: str, trace: Trace) -> int:
    """Return the point in time a text means, in nanoseconds since the epoch.

    Args:
        text: `12.5` or `12.5s` after the first packet; `15:33:20.5` on the first day of the trace, or the next when
            that is before its start; an ISO date-time, UTC unless it names a zone; seconds since the epoch.
        trace: what the text is about.

    Raises:
        SelectionError: none of these.
    """
    text = text.strip()
    if found := _SECONDS.fullmatch(text):
        span_ns = int(found[1]) * _S + _fraction_ns(found[2])
        return span_ns if int(found[1]) >= _EPOCH_FROM_S else trace.first_ns + span_ns
    if found := _OF_DAY.fullmatch(text):
        return _on_day_of(trace, found)
    return _parse_date(text)


def _fraction_ns(digits: str | None) -> int:
    return int((digits or "").ljust(9, "0"))


def _on_day_of(trace: Trace, found: re.Match[str]) -> int:
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise SelectionError(f"no such time of day: {found[0]}", hint=f"give {HINT}")
    day_ns = 86_400 * _S
    midnight_ns = trace.first_ns // day_ns * day_ns
    at_ns = midnight_ns + (hour * 3600 + minute * 60 + second) * _S + _fraction_ns(found[4])
    reaches_next_day = trace.last_ns >= midnight_ns + day_ns
    return at_ns + day_ns if at_ns < trace.first_ns // _S * _S and reaches_next_day else at_ns


def _parse_date(text: str) -> int:
    """Parse ISO 8601; the fraction apart, because datetime keeps microseconds only."""
    fraction = _FRACTION.search(text)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", text, count=1))
    except ValueError:
        raise SelectionError(f"not a time: {text}", hint=f"give {HINT}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(seconds=1) * _S + _fraction_ns(fraction[1] if fraction else None)
