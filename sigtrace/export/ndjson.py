"""Records → NDJSON, one object a line, and JSON, one array of the same objects."""

from __future__ import annotations

import re
from json import JSONEncoder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.export.record import Record

# JSON escapes what is below space, and lets these stand: delete and the C1 controls, which act on terminals; the two
# line separators, at which some readers of lines split; and lone surrogates, which UTF-8 cannot hold.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_encode = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def encode_value(value: Any) -> str:
    """Encode a record, or a part of one, as one line of JSON; it holds no control characters and is valid as UTF-8."""
    line = _encode(value)
    if line.isascii() and "\x7f" not in line:
        return line
    return _UNSAFE.sub(_escape, line)


def _escape(match: re.Match[str]) -> str:
    r"""A lone surrogate becomes the text `\udc80`, as JSON readers disagree about one that is escaped."""
    code = ord(match[0])
    return f"\\\\u{code:04x}" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def render_ndjson(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of an NDJSON document, each with its end."""
    for record in records:
        yield encode_value(record) + "\n"


def render_json(records: Iterable[Record]) -> Iterator[str]:
    """Yield the pieces of a JSON document: an array, one record a line."""
    yield "["
    separator = "\n"
    for record in records:
        yield separator + encode_value(record)
        separator = ",\n"
    yield "\n]\n"
