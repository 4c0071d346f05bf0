"""Decimal numbers of session descriptions, each within the range that its RFC gives."""

from __future__ import annotations

from sigtrace.errors import DecodeError

MAX_DIGITS = 20  # a 64-bit number has no more, and int() takes more than linear time on hostile digits

MAX_16 = (1 << 16) - 1
MAX_32 = (1 << 32) - 1
MAX_64 = (1 << 64) - 1


def decode_integer(text: str, what: str, *, low: int = 0, high: int) -> int:
    """Decode an unsigned decimal number and check its range.

    Args:
        text: ASCII digits, nothing else.
        what: the number's name, for the error.
        low: the smallest allowed value.
        high: the largest allowed value.

    Raises:
        DecodeError: not a number, or outside `low` to `high`.
    """
    if not (text.isascii() and text.isdigit()):
        raise DecodeError(f"{what} is not a number")
    if len(text) > MAX_DIGITS or not low <= (number := int(text)) <= high:
        raise DecodeError(f"{what} is outside {low} to {high}")
    return number


def decode_port(text: str, what: str = "port") -> int:
    """Decode a port. Raises DecodeError when it is not one of 0 to 65535."""
    return decode_integer(text, what, high=MAX_16)
