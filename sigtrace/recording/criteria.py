"""What stands behind `-b` and `-a`: criteria of the form `duration:60`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from sigtrace.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KILOBYTE = 1000
"""Bytes of a kB: dumpcap counts so, whatever the file manager says."""

_SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_COUNT = re.compile(r"[0-9]+")


def parse_criteria(option: str, texts: Iterable[str], examples: Mapping[str, str]) -> dict[str, float]:
    """Parse the values of an option that may be given several times; of one criterion the last counts, as in dumpcap.

    Args:
        option: as typed, `-b`.
        texts: what was given to it.
        examples: the criteria there are, each with a value that shows its form.
    Returns: criterion → its number, above zero.

    Raises: SelectionError: another form, no such criterion, or no such number.
    """
    found: dict[str, float] = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or name not in examples:
            forms = ", ".join(f"{known}:{example}" for known, example in examples.items())
            raise SelectionError(f"{option} {text}: no such criterion", hint=f"there are {forms}")
        number = _parse_seconds(value) if name == "duration" else _parse_count(value)
        if number is None:
            kind = "a number" if name == "duration" else "a whole number"
            raise SelectionError(
                f"{option} {text}: {value or 'nothing'} is not {kind} above zero",
                hint=f"give it as in {option} {name}:{examples[name]}",
            )
        found[name] = number
    return found


def _parse_seconds(text: str) -> float | None:
    """Parse seconds, which may have a fraction; None: not above zero, or none."""
    seconds = float(text) if _SECONDS.fullmatch(text) else 0.0
    return seconds if 0 < seconds < math.inf else None


def _parse_count(text: str) -> int | None:
    """Parse what comes in whole numbers; None: not above zero, or none that fits into 63 bits."""
    count = int(text) if _COUNT.fullmatch(text) and len(text) < 19 else 0  # nobody has 10¹⁸ of anything
    return count or None


def bytes_of(kilobytes: float | None) -> int | None:
    """Return how many bytes a `filesize` is."""
    return None if kilobytes is None else int(kilobytes) * KILOBYTE


def whole(number: float | None) -> int | None:
    """Return a count as the integer that it is."""
    return None if number is None else int(number)
