"""Records become lines that any JSON reader takes and that no terminal acts on."""

from __future__ import annotations

import json
import unicodedata

import pytest

from sigtrace.export.ndjson import encode_value, render_json, render_ndjson


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\nb\tc\x00\x1b[31m", "a\nb\tc\x00\x1b[31m"),
        ("del \x7f, csi \x9b, lines \u2028\u2029", "del \x7f, csi \x9b, lines \u2028\u2029"),
        ("half \ud83d a pair", "half \\ud83d a pair"),
        ('quote " and backslash \\', 'quote " and backslash \\'),
        ("Jürgen 山田 😀", "Jürgen 山田 😀"),
    ],
)
def test_text_comes_back(text: str, expected: str) -> None:
    """Text is read back as it was, a lone surrogate as its escape; the line is UTF-8 without control characters."""
    line = encode_value({"name": text})
    assert json.loads(line.encode("utf-8")) == {"name": expected}
    assert not any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in line)


def test_ndjson_is_a_line_each() -> None:
    """Every record is one line with its end, however many there are, and whatever is in those beside it."""
    assert "".join(render_ndjson([{"a": "x\ny"}, {"b": None}])) == '{"a":"x\\ny"}\n{"b":null}\n'
    records = [{"number": number, "text": "\ud800\x9b" if number == 70 else "\x7f"} for number in range(150)]
    assert "".join(render_ndjson(records)) == "".join(f"{encode_value(record)}\n" for record in records)
    assert not list(render_ndjson([]))


@pytest.mark.parametrize("records", [[], [{"a": 1}], [{"a": 1}, {"b": [2, True]}], [{"a": "\n\u2028"}] * 150])
def test_json_is_one_array(records: list[dict[str, object]]) -> None:
    """However many records there are, the document is one array of them."""
    assert json.loads("".join(render_json(records))) == records
