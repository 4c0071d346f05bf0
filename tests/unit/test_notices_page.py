"""docs/notices.md explains exactly the codes that the package can emit."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r'^[A-Z_]+(?:: Final)? = "([a-z]+\.[a-z-]+)"', re.MULTILINE)


def test_every_code_is_explained() -> None:
    """Each code constant has a row in the page, and each row a constant."""
    emitted = {
        code for path in (ROOT / "sigtrace").rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs/notices.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z]+\.[a-z-]+)` \|", page, re.MULTILINE))
    assert explained == emitted


def test_captures_named_in_the_page_exist() -> None:
    """Every capture the page points to is there."""
    page = (ROOT / "docs/notices.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `[a-z.-]+` \| .+ \| `([\w-]+)` \|$", page, re.MULTILINE)
    assert named
    assert all((ROOT / "captures" / name).is_dir() for name in named)
