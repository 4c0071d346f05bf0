"""Records → CSV (RFC 4180, but lines end in LF): one table for each type, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from sigtrace.export.ndjson import encode_value
from sigtrace.export.schema import COLUMNS
from sigtrace.text import replace_harmful

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.export.record import Record

# A spreadsheet would compute a cell that begins with one of these, also in full width, behind spaces or quotes, or
# where it splits cells at semicolons, as it does in many countries.
_SIGN = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"(?:^|(?<=;))(?=['\"\s]*{_SIGN})|^(?=[\t\r\n])")
_MAY_ACT = re.compile(rf"{_SIGN}|^[\t\r\n]")  # whatever it does not find in a text is not found by `_FORMULA` either
_FORMULA_IN_JSON = re.compile(rf"(;['\"\\\s]*)({_SIGN})")


def render_table(kind: str, records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of one type's table, the column names first.

    Args:
        kind: a type of record; records of other types are passed over.
        records: in the order of the contract.
    """
    columns = COLUMNS[kind]
    places = [(outer, inner) for outer, _, inner in (column.partition(".") for column in columns)]
    yield encode_row(columns)
    for record in records:
        if record["type"] == kind:
            yield encode_row([_cell(record, outer, inner) for outer, inner in places])


class _Echo:
    """Hands back what is written: what a writer of tables then returns, too."""

    @staticmethod
    def write(line: str) -> str:
        return line


_writer = csv.writer(_Echo(), lineterminator="\n")


def encode_row(cells: Iterable[str | int | None]) -> str:
    """Encode one line of a table, with its end; None is an empty cell."""
    line: str = _writer.writerow(cells)
    return line


def _cell(record: Record, outer: str, inner: str) -> str | int | None:
    value: Any = record.get(outer)
    if inner:
        value = value.get(inner) if value is not None else None
    return value if value is None or type(value) is int else safe_cell(value)  # as most are: the writer knows these


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
    return _FORMULA_IN_JSON.sub(lambda found: f"{found[1]}\\u{ord(found[2]):04x}", encode_value(value))


def _safe_text(text: str) -> str:
    """Write text so that no cell acts: an apostrophe before what looks like a formula, controls as escapes."""
    return replace_harmful(_FORMULA.sub("'", text) if _MAY_ACT.search(text) else text, _escape)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
