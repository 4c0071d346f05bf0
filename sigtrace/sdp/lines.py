"""The lines of a description: text ↔ lines (RFC 8866 §5).

Nothing is lost here: every line keeps its text and its end, and the lines joined are the text again. Typed values are
readings of these lines; a line that cannot be read is put on the list of malformed lines, and the reading goes on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.errors import DecodeError
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

# An offer for a conference of fifty has some 8000 lines; what has more is not worth memory. The rest stays plain text.
MAX_LINES = 10_000

# Each section may name all 128 payload types in one short line, which then become objects: 25 MB of them at this bound.
MAX_SECTIONS = 1_000

# CR and LF cannot stand inside a line. Lenient as RFC 8866 §5 asks: CRLF, LF, CR, and the CRCRLF of careless copying.
_LINE = re.compile(r"([^\r\n]*)(\r*\n|\r+|\Z)")


class Line(Value, frozen=True):
    """One line as written."""

    number: int  # from 1
    text: str  # without its end
    end: str  # "\r\n", "\n", …; empty for a last line without end


class Attribute(NamedTuple):
    """One `a=` line: `a=rtcp-mux` has no value (None), `a=mid:` an empty one."""

    name: str
    value: str | None


class MalformedLine(Value, frozen=True, order=True):
    """A line that could not be read, or not wholly; the description's other lines were."""

    number: int  # from 1
    text: str
    reason: str  # "port is outside 0 to 65535"


def decode_lines(text: str) -> tuple[tuple[Line, ...], str]:
    """Split a text into lines, and the rest of the text after `MAX_LINES` lines or `MAX_SECTIONS` sections."""
    if text.count("\r\n") == text.count("\n") == text.count("\r") and text.count("\n") < MAX_LINES:
        whole = _decode_regular_lines(text)
        if whole is not None:
            return whole, ""
    lines: list[Line] = []
    sections = 0
    for number, match in enumerate(_LINE.finditer(text), start=1):
        line, end = match.groups()
        if not (line or end):
            break
        sections += line.startswith("m=")
        if number > MAX_LINES or sections > MAX_SECTIONS:
            return tuple(lines), text[match.start() :]
        lines.append(Line(number, line, end))
    return tuple(lines), ""


def _decode_regular_lines(text: str) -> tuple[Line, ...] | None:
    """Split a text whose lines all end as they should, as nearly all do; None when it has too many sections."""
    *whole, last = text.split("\r\n")
    lines = [Line(number, line, "\r\n") for number, line in enumerate(whole, start=1)]
    if last:
        lines.append(Line(len(lines) + 1, last, ""))
    return tuple(lines) if text.count("m=") <= MAX_SECTIONS else None


def encode_lines(lines: Iterable[Line], rest: str = "") -> str:
    """Join lines, each with its own end, and what was never split."""
    return "".join([line.text + line.end for line in lines]) + rest


def count_lines(text: str) -> int:
    """Count lines as `decode_lines` would split them, without a bound."""
    return sum(1 for match in _LINE.finditer(text) if match[0])


def decode_text(value: str) -> str:
    """Return a value without spaces around it. Raises DecodeError when nothing is left."""
    text = value.strip()
    if not text:
        raise DecodeError("no value")
    return text


def decode_words(value: str) -> tuple[str, ...]:
    """Split a value at spaces. Raises DecodeError when there is no word."""
    words = tuple(value.split())
    if not words:
        raise DecodeError("no value")
    return words
