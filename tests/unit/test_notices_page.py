"""docs/notices.md explains exactly the codes that the package can emit, and names captures that show them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sigtrace import analyze, read

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/notices.md").read_text(encoding="utf-8")
CODE = re.compile(r'^[A-Z_]+(?:: Final)? = "([a-z]+\.[a-z-]+)"', re.MULTILINE)
SHOWN = re.findall(r"^\| `([a-z.-]+)` \| .+ \| `([\w-]+)` \|$", PAGE, re.MULTILINE)


def test_every_code_is_explained() -> None:
    """Each code constant has a row in the page, and each row a constant."""
    emitted = {
        code for path in (ROOT / "sigtrace").rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    assert set(re.findall(r"^\| `([a-z]+\.[a-z-]+)` \|", PAGE, re.MULTILINE)) == emitted


@pytest.mark.parametrize(("code", "capture"), SHOWN)
def test_a_capture_shows_what_the_page_says(code: str, capture: str) -> None:
    """The capture named beside a notice has it."""
    (path,) = (ROOT / "captures" / capture).glob("*.pcap*")
    assert code in {notice.code for notice in analyze(read(path)).notices}
