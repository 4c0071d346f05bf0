"""`docs/export.md`, the tables' columns and the records say the same."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import sigtrace
from sigtrace.export.records import records
from sigtrace.export.schema import COLUMNS

ROOT = Path(__file__).parents[3]
CAPTURES = (
    "basic-call",
    "browser-call",
    "basic-call-gap",
    "proxied-relative",
    "never-delivered",
    "skyrtc-mesh",
    "signalmaster",
)
OPTIONAL = {"sha256", "text", "sdp"}
BODY = {"length", "sha256", "encoding", "content_length", "content_sha256", "missing"}


@lru_cache
def _exported() -> list[dict[str, Any]]:
    """Records of a few captures that together have every type."""
    found = []
    for name in CAPTURES:
        capture = next(path for path in (ROOT / "captures" / name).iterdir() if path.suffix.startswith(".pcap"))
        trace = sigtrace.analyze(sigtrace.read(capture), all_flows=True)
        found += list(records(trace, flows=True, bodies=True))
    return found


def _documented(heading: str) -> dict[str, list[str]]:
    """Return the fields of each table under a heading, by the table's first column name."""
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]
    tables: dict[str, list[str]] = {}
    current: list[str] = []
    for line in section.splitlines():
        cell = line.split("|")[1].strip() if line.startswith("|") else ""
        if cell.startswith("Field"):
            current = tables.setdefault(cell, [])
        elif cell.startswith("`"):
            current += re.findall(r"`([^`]+)`", cell)
    return tables


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_field_is_documented_in_order(kind: str) -> None:
    """The fields of a type in the documentation are those of its records, in their order."""
    made = [record for record in _exported() if record["type"] == kind]
    assert made, f"no capture here has a {kind}"
    longest = max(made, key=len)
    assert ["type", *_documented(kind)["Field"]] == list(longest)
    for record in made:
        assert set(longest) - set(record) <= OPTIONAL


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_are_the_fields(kind: str) -> None:
    """The columns of a type's table are the fields of its records, in their order."""
    outer = list(dict.fromkeys(column.partition(".")[0] for column in COLUMNS[kind]))
    assert outer == _documented(kind)["Field"]


def test_body_fields_are_documented() -> None:
    """A body has the documented fields, and has a column for each of them."""
    assert set(_documented("exchange")["Field of a body"]) == BODY
    for side in ("request_body", "response_body"):
        assert {one.split(".")[1] for one in COLUMNS["exchange"] if one.startswith(f"{side}.")} == BODY
    bodies = [record["response_body"] for record in _exported() if record["type"] == "exchange"]
    assert {name for body in bodies if body for name in body} == BODY


def test_section_fields_are_documented() -> None:
    """A media section of a description has the documented fields, in their order."""
    sections = [section for record in _exported() if record["type"] == "description" for section in record["media"]]
    assert sections
    assert all(list(section) == _documented("description")["Field of a section"] for section in sections)


def test_order() -> None:
    """Captures come first, then everything by time."""
    moments = {"flow": "opened_ns", "exchange": "request_ns", "wait": "asked_ns", "call": "began_ns"}
    trace = sigtrace.analyze(sigtrace.read(ROOT / "captures/basic-call/basic-call.pcapng"))
    made = list(records(trace))
    assert [record["type"] for record in made].index("capture") == 0
    times = [record[moments[record["type"]]] for record in made if record["type"] in moments]
    assert len(times) > 50
    assert times == sorted(times)
