"""The lines of a description: text ↔ lines, and the lines of one section by their keys (RFC 8866 §5).

Nothing is lost here: every line keeps its text and its end, and the lines joined are the text again. Typed values are
readings of these lines; a line that cannot be read is put on the list of malformed lines, and the reading goes on.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sigtrace.errors import DecodeError
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# An offer for a conference of fifty has some 8000 lines; what has more is not worth memory. The rest stays plain text.
MAX_LINES = 10_000

# Each section may name all 128 payload types in one short line, which then become objects: 25 MB of them at this bound.
MAX_SECTIONS = 1_000

# CR and LF cannot stand inside a line. Lenient as RFC 8866 §5 asks: CRLF, LF, CR, and the CRCRLF of careless copying.
_LINE = re.compile(r"([^\r\n]*)(\r*\n|\r+|\Z)")
_TYPES = frozenset("vosiuepcbtrzkam")

_T = TypeVar("_T")


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


_MAX_REMEMBERED = 256  # characters; 2048 values of that length make 1 MiB at most


@lru_cache(maxsize=2048)
def _decode_known(decode: Callable[[str], _T], value: str) -> _T:
    """Decode a value, or give what it was before: one program's descriptions are the same but for a few lines."""
    return decode(value)


class Section:
    """The lines of one section while it is read: the session's, or those from one `m=` line on.

    Lines are asked for by key: `a=` and the name for an attribute, the type letter and `=` for others. Where an
    attribute that may stand once stands twice, the last counts, as in libwebrtc.

    Args:
        malformed: where lines that do not decode are put; shared by the sections of a description.
    """

    __slots__ = ("_by_key", "attributes", "malformed", "number")

    def __init__(self, malformed: list[MalformedLine], number: int) -> None:
        self.malformed = malformed
        self.number = number  # of its first line
        self.attributes: list[Attribute] = []
        self._by_key: dict[str, list[tuple[Line, str]]] = {}

    def add(self, line: Line) -> None:
        """Take the section's next line."""
        text = line.text
        if text[:2] == "a=":  # nearly all lines are
            key, colon, value = text.partition(":")
            self.attributes.append(Attribute(key[2:], value if colon else None))
        else:
            key, value = text[:2], text[2:]
            if key[1:] != "=":
                self.reject(line, "no type and = in front")
                return
            if key[0] not in _TYPES:
                self.reject(line, "unknown type letter")
                return
        self._by_key.setdefault(key, []).append((line, value))

    def reject(self, line: Line, reason: str) -> None:
        """Put a line on the list of malformed ones."""
        self.malformed.append(MalformedLine(line.number, line.text, reason))

    def has(self, key: str) -> bool:
        """Tell whether there is such a line, whatever its value."""
        return key in self._by_key

    def every(self, key: str, decode: Callable[[str], _T]) -> tuple[_T, ...]:
        """Return the decoded values of all lines with this key, in order, without those that do not decode."""
        written = self._by_key.get(key)
        if written is None:  # most of what is asked for is not there
            return ()
        values: list[_T] = []
        for line, value in written:
            try:
                values.append(_decode_known(decode, value) if len(value) <= _MAX_REMEMBERED else decode(value))
            except DecodeError as error:
                self.reject(line, str(error))
        return tuple(values)

    def last(self, key: str, decode: Callable[[str], _T]) -> _T | None:
        """Return the decoded value of the last line with this key that decodes; None when there is none."""
        values = self.every(key, decode)
        return values[-1] if values else None


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


def split_sections(lines: Iterable[Line], malformed: list[MalformedLine]) -> list[Section]:
    """Split lines before each `m=`; the first section is the session's."""
    sections = [Section(malformed, number=1)]
    for line in lines:
        if line.text.startswith("m="):
            sections.append(Section(malformed, number=line.number))
        sections[-1].add(line)
    return sections
