"""Laws about exports: what is encoded the quick way is, byte for byte, what it would be the plain way."""

from __future__ import annotations

import json
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sigtrace
from sigtrace.export import render_json, render_ndjson
from sigtrace.export.ndjson import LINES_AT_ONCE
from sigtrace.export.plan import plan_ranks
from sigtrace.export.records import records
from sigtrace.text import replace_harmful
from tests.builders.hostile import hostile

if TYPE_CHECKING:
    from sigtrace.export.record import Record

CAPTURES = sorted(path for path in (Path(__file__).parents[2] / "captures").glob("*/*.pcap*"))
PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

texts = hostile | st.text(st.characters())  # lone surrogates, too
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(1 << 70), 1 << 70) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
any_records = st.dictionaries(texts, values, max_size=6)


def _escape(character: str) -> str:
    if character == "\x7f":
        return "\\u007f"
    return f"\\\\u{ord(character):04x}" if "\ud800" <= character <= "\udfff" else json.dumps(character)[1:-1]


def _line(record: Record) -> str:
    """Encode a record as `json` does, and replace one character after the other."""
    return replace_harmful(PLAIN.encode(record), _escape)


@given(st.lists(any_records, max_size=4), st.integers(0, LINES_AT_ONCE + 1))
@example([{"a": "\ud83d"}, {"a": "\x7f\x9b\u2028"}, {"a": 1 << 64}], LINES_AT_ONCE - 1)
def test_records_are_encoded_as_json_does(some: list[Record], plain: int) -> None:
    """Whatever is in records, and however many plain ones are before them, each line is what `json` makes of it."""
    made = [{"number": number} for number in range(plain)] + some
    lines = [_line(record) for record in made]
    assert "".join(render_ndjson(made)) == "".join(f"{line}\n" for line in lines)
    assert "".join(render_json(made)) == "[" + ",".join(f"\n{line}" for line in lines) + "\n]\n"


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_records_stand_by_time_then_rank_then_number(capture: Path) -> None:
    """What sorts rank by rank and then by time alone puts records where one sort by all of these would."""
    trace = sigtrace.analyze(sigtrace.read(capture), all_flows=True)
    keyed = [
        ((at_ns, rank, number), make(*of))
        for rank, kinds in enumerate(plan_ranks(trace, flows=True, bodies=False))
        for one in kinds
        for at_ns, number, values in zip(one.times, one.numbers, one.values, strict=False)
        for make, of in ((one.make, values), *(one.behind(*values) if one.behind is not None else ()))
    ]
    plain = [record for _, record in sorted(keyed, key=itemgetter(0))]
    assert [record for record in records(trace, flows=True) if record["type"] != "capture"] == plain
    assert plain


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_records_are_of_json_types_alone(capture: Path) -> None:
    """A record holds text, integers, booleans, None, lists and objects: nothing of which encoders disagree."""
    trace = sigtrace.analyze(sigtrace.read(capture), all_flows=True)
    for record in records(trace, flows=True, bodies=True):
        assert _types(record) <= {str, int, bool, type(None), list, dict}


def _types(value: Any) -> set[type]:
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {type(value)}.union(*map(_types, inner))
