"""Records → NDJSON, one object a line, and JSON, one array of the same objects."""

from __future__ import annotations

import json
from json import JSONEncoder
from typing import TYPE_CHECKING, Any

from sigtrace.text import replace_harmful

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.export.record import Record

_encode = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def encode_value(value: Any) -> str:
    """Encode a record, or a part of one, as one line of JSON, valid as UTF-8, in which nothing acts on a terminal.

    JSON escapes what is below space itself; here the same is done to all else that could act, hide or break a line.
    """
    line = _encode(value)
    if line.isascii() and "\x7f" not in line:
        return line
    return replace_harmful(line, _escape)


def _escape(character: str) -> str:
    r"""A lone surrogate becomes the text `\udc80`, as JSON readers disagree about one that is escaped."""
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return f"\\\\u{code:04x}"
    return json.dumps(character)[1:-1] if code != 0x7F else "\\u007f"


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
