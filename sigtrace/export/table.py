"""Records → CSV (RFC 4180, but lines end in LF): one table for each type, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from sigtrace.export.ndjson import encode_value
from sigtrace.export.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.export.record import Record

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute a cell that begins so
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def render_table(kind: str, records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of one type's table, the column names first.

    Args:
        kind: a type of record; records of other types are passed over.
        records: in the order of the contract.
    """
    columns = COLUMNS[kind]
    yield encode_row(columns)
    for record in records:
        if record["type"] == kind:
            yield encode_row([_cell(record, column) for column in columns])


def encode_row(cells: Iterable[str]) -> str:
    """Encode one line of a table, with its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _cell(record: Record, column: str) -> str:
    outer, _, inner = column.partition(".")
    value: Any = record.get(outer)
    if inner:
        value = value.get(inner) if value is not None else None
    return safe_cell(value)


def safe_cell(value: Any) -> str:
    """Write one value: nothing for None, JSON for lists and what is in them, text so that it cannot act."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _safe_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return encode_value(value)


def _safe_text(text: str) -> str:
    """Write text so that no cell acts: controls as escapes, and an apostrophe before what looks like a formula."""
    guard = "'" if text.startswith(_FORMULA) else ""
    return guard + _CONTROL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
