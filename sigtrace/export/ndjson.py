"""Records → NDJSON, one object a line, and JSON, one array of the same objects.

Theory of operation. Records are encoded many at a time by msgspec, which writes text, integers, booleans, None, lists
and objects byte for byte as `json` does without `ensure_ascii`, ten times as fast. Where it refuses, as it does with
lone surrogates, `json` encodes; a property test holds the two equal. Most lines are plain ASCII: one look at the bytes
of all of them tells, and only what is not plain is looked through for what could act on a terminal.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from msgspec.json import Encoder

from sigtrace.text import replace_harmful

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.export.record import Record

_encoder = Encoder()
_encode_slowly = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_REFUSALS = (UnicodeEncodeError, TypeError)  # a lone surrogate; a subclass of str or int

LINES_AT_ONCE: Final = 64
"""Records encoded together: what a call costs is nothing beside them, and with bodies they are 100 KiB or so."""


def encode_value(value: Any) -> str:
    """Encode a record, or a part of one, as one line of JSON, valid as UTF-8, in which nothing acts on a terminal.

    JSON escapes what is below space itself; here the same is done to all else that could act, hide or break a line.
    """
    try:
        line = _encoder.encode(value).decode()
    except _REFUSALS:
        line = _encode_slowly(value)
    return _harmless(line)


def _encode_lines(records: list[Record]) -> str:
    """Encode records, each as a line with its end."""
    try:
        lines = _encoder.encode_lines(records).decode()
    except _REFUSALS:
        return "".join([f"{encode_value(record)}\n" for record in records])
    if _is_plain(lines):
        return lines
    return "\n".join(map(_harmless, lines.split("\n")))  # inside of a line JSON has none


def _harmless(line: str) -> str:
    return line if _is_plain(line) else replace_harmful(line, _escape)


def _is_plain(encoded: str) -> bool:
    """Tell whether there is nothing to replace: JSON has escaped what is below space."""
    return encoded.isascii() and "\x7f" not in encoded


def _escape(character: str) -> str:
    r"""A lone surrogate becomes the text `\udc80`, as JSON readers disagree about one that is escaped."""
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return f"\\\\u{code:04x}"
    return json.dumps(character)[1:-1] if code != 0x7F else "\\u007f"


def render_ndjson(records: Iterable[Record]) -> Iterator[str]:
    """Yield an NDJSON document in pieces of whole lines."""
    remaining = iter(records)
    while some := list(islice(remaining, LINES_AT_ONCE)):
        yield _encode_lines(some)


def render_json(records: Iterable[Record]) -> Iterator[str]:
    """Yield the pieces of a JSON document: an array, one record a line."""
    yield "["
    separator = "\n"
    for lines in render_ndjson(records):
        yield separator + lines.removesuffix("\n").replace("\n", ",\n")
        separator = ",\n"
    yield "\n]\n"
