"""The table of bounds in docs/reliability.md is true: each constant has that value, and tells by that notice."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reliability.md"
CODE = re.compile(r"`([a-z]+\.[a-z-]+)`")


class Bound(NamedTuple):
    """One row."""

    constant: str  # "streams.outlet.WAITING_BYTES"
    value: str
    why: str
    notice: str


def read_table() -> list[Bound]:
    """Read the rows of the section "Bounds"."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## Bounds\n")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]
    return [Bound(row[0].strip(" `"), *row[1:]) for row in rows]


BOUNDS = read_table()


def test_table_is_read() -> None:
    """The section is there, and a bound stands in it once."""
    assert len(BOUNDS) > 40
    assert len({bound.constant for bound in BOUNDS}) == len(BOUNDS)


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.constant)
def test_bound_is_as_the_page_says(bound: Bound) -> None:
    """The constant has the number that the page begins its value with, and the page gives a reason."""
    module, _, name = bound.constant.rpartition(".")
    number = re.match(r"\d[\d ]*", bound.value)
    assert number is not None
    assert getattr(importlib.import_module(f"sigtrace.{module}"), name) == int(number[0].replace(" ", ""))
    assert bound.why


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.constant)
def test_notice_is_explained(bound: Bound) -> None:
    """Each notice that the page names is a row of docs/notices.md; a bound without one says why."""
    explained = set(re.findall(r"^\| `([a-z]+\.[a-z-]+)` \|", (ROOT / "docs/notices.md").read_text(), re.MULTILINE))
    codes = CODE.findall(bound.notice)
    assert set(codes) <= explained
    assert codes or bound.notice.startswith("none: ")
