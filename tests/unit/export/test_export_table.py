"""Tables are whole, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv

import pytest

from sigtrace.export.schema import COLUMNS
from sigtrace.export.table import render_table, safe_cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-1, "-1"),
        ("", ""),
        ("alice", "alice"),
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\\x09x"),
        ("\r=1", "'\\x0d=1"),
        ("a\nb\x1b\x9b\u2028", "a\\x0ab\\x1b\\x9b\\u2028"),
        ([4, 6], "[4,6]"),
        ([{"name": "br0"}], '[{"name":"br0"}]'),
    ],
)
def test_cells(value: object, cell: str) -> None:
    """Each kind of value has its form; text cannot act."""
    assert safe_cell(value) == cell


def test_table_of_one_type() -> None:
    """A table has the columns of its type and a row for each of its records, whatever text they hold."""
    records = [
        {"type": "peer", "id": 1, "name": 'a,"b"', "left": None},
        {"type": "notice", "code": "tcp.gap"},
        {"type": "peer", "id": 2, "name": "=cmd|'/C calc'!A0"},
    ]
    header, *rows = csv.reader(render_table("peer", records))
    assert tuple(header) == COLUMNS["peer"]
    assert [row[:2] for row in rows] == [["1", 'a,"b"'], ["2", "'=cmd|'/C calc'!A0"]]


def test_fields_in_fields() -> None:
    """A field inside a field has its own column, empty where the outer one is null or lacks it."""
    records = [{"type": "exchange", "request_body": {"length": 3, "sha256": "ab"}, "response_body": None}]
    [row] = csv.DictReader(render_table("exchange", records))
    assert (row["request_body.length"], row["request_body.encoding"], row["response_body.length"]) == ("3", "", "")
