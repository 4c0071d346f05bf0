"""Points in time as text, in the words of tshark's `-t`; relative to the start of the trace unless asked otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum

from sigtrace.value import Value
from sigtrace.views.quantities import format_bytes, format_duration

__all__ = ["Clock", "TimeFormat", "format_bytes", "format_duration"]

_S = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TimeFormat(Enum):
    """How to write points in time: the words of `tshark -t`."""

    ABSOLUTE = "a"  # 16:33:15.416, local time
    ABSOLUTE_DATE = "ad"
    ABSOLUTE_DAY_OF_YEAR = "adoy"
    DELTA = "d"  # since the row before; here every row is displayed, so this and the next are the same
    DELTA_DISPLAYED = "dd"
    EPOCH = "e"
    RELATIVE = "r"  # since the first packet
    UTC = "u"
    UTC_DATE = "ud"
    UTC_DAY_OF_YEAR = "udoy"


_PATTERNS = {
    TimeFormat.ABSOLUTE: "%H:%M:%S",
    TimeFormat.ABSOLUTE_DATE: "%Y-%m-%d %H:%M:%S",
    TimeFormat.ABSOLUTE_DAY_OF_YEAR: "%Y/%j %H:%M:%S",
    TimeFormat.UTC: "%H:%M:%S",
    TimeFormat.UTC_DATE: "%Y-%m-%d %H:%M:%S",
    TimeFormat.UTC_DAY_OF_YEAR: "%Y/%j %H:%M:%S",
}
_LOCAL = frozenset({TimeFormat.ABSOLUTE, TimeFormat.ABSOLUTE_DATE, TimeFormat.ABSOLUTE_DAY_OF_YEAR})


class Clock(Value, frozen=True, kw_only=True):
    """Writes points in time, nanoseconds since the epoch, in one format.

    `digits` are those after the seconds: rows that people compare have three, a single exchange six,
    a relative time may have none.
    """

    first_ns: int
    format: TimeFormat = TimeFormat.RELATIVE
    digits: int = 3

    def text(self, at_ns: int, previous_ns: int | None = None) -> str:
        """Write a point in time; `previous_ns` is that of the row before, for the delta formats."""
        if self.format is TimeFormat.RELATIVE:
            return self._seconds(at_ns - self.first_ns)
        if self.format in (TimeFormat.DELTA, TimeFormat.DELTA_DISPLAYED):
            return self._seconds(0 if previous_ns is None else at_ns - previous_ns)
        if self.format is TimeFormat.EPOCH:
            return self._seconds(at_ns)
        return self._dated(at_ns)

    def _seconds(self, span_ns: int) -> str:
        sign = "-" if span_ns < 0 else ""
        whole, fraction = divmod(self._rounded(abs(span_ns)), 10**self.digits)
        return f"{sign}{whole}.{fraction:0{self.digits}d}" if self.digits else f"{sign}{whole}"

    def _dated(self, at_ns: int) -> str:
        whole, fraction = divmod(self._rounded(at_ns), 10**self.digits)
        try:
            moment = _EPOCH + timedelta(seconds=whole)
        except OverflowError:  # a damaged time stamp: beyond the year 9999
            return self._seconds(at_ns)
        if self.format in _LOCAL:
            moment = moment.astimezone()
        return f"{moment.strftime(_PATTERNS[self.format])}.{fraction:0{self.digits}d}"

    def _rounded(self, span_ns: int) -> int:
        """In units of the last digit shown; cut, not rounded, so that no time is shown before it came."""
        return span_ns // int(10 ** (9 - self.digits))


def format_date(at_ns: int) -> str:
    """Write the second of a point in time with its date: `2026-11-20 15:33:15 UTC`."""
    return f"{Clock(first_ns=0, format=TimeFormat.UTC_DATE).text(at_ns)[:19]} UTC"


def format_seconds(at_ns: int, first_ns: int) -> str:
    """Write when something was, in running text: seconds since the start, `21.405 s`."""
    return f"{Clock(first_ns=first_ns).text(at_ns)} s"
