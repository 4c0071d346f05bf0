"""Numbers in words: durations, bytes and counts with their unit and no more digits than they are worth."""

from __future__ import annotations

_US = 1_000
_MS = 1_000_000
_S = 1_000_000_000
_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400


def format_duration(duration_ns: int) -> str:
    """Write a duration as a person would say it: `31 µs`, `0.8 ms`, `4.1 ms`, `218 ms`, `1.02 s`, `3 min 38 s`.

    Two or three digits tell what a reader can use; between 0.1 and 1 millisecond the unit stays, because that is the
    scale on which signaling is compared.
    """
    if duration_ns < 0:
        return f"-{format_duration(-duration_ns)}"
    if duration_ns < 999_500_000:
        return _format_below_second(duration_ns)
    if duration_ns < 119_950_000_000:
        seconds = duration_ns / _S
        return f"{seconds:.2f} s" if seconds < 99.995 else f"{seconds:.1f} s"
    return _format_long((duration_ns + _S // 2) // _S)


def _format_below_second(duration_ns: int) -> str:
    if duration_ns < 1_000:
        return f"{duration_ns} ns" if duration_ns else "0 ms"
    if duration_ns < 95_000:
        return f"{max(round(duration_ns / _US), 1)} µs"
    milliseconds = duration_ns / _MS
    return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:.0f} ms"


def _format_long(seconds: int) -> str:
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min {seconds % _MINUTE_S} s"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S} h {seconds % _HOUR_S // _MINUTE_S} min"
    return f"{seconds // _DAY_S} d {seconds % _DAY_S // _HOUR_S} h"


_BYTE_UNITS = ((1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))


def format_bytes(length: int) -> str:
    """Write a number of bytes in decimal units: `3 bytes`, `3.4 kB`, `200 kB`."""
    for unit, name in _BYTE_UNITS:
        if length >= unit * 0.9995:
            amount = length / unit
            return f"{amount:.1f} {name}" if amount < 9.95 else f"{amount:.0f} {name}"
    return count(length, "byte")


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: `1 peer`, `1,093 packets`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: tuple[str, ...] | list[str]) -> str:
    """Join words as a sentence does: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
