"""The switch that writes golden views anew; a person reads the difference afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--rewrite-golden`."""
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden views instead of comparing")


@pytest.fixture
def compare_golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Return what compares a text with a golden file, or writes it."""
    rewrite = request.config.getoption("--rewrite-golden")

    def compare(path: Path, text: str) -> None:
        if rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        assert path.exists(), f"no golden view {path.name}: write it with --rewrite-golden and read it"
        assert text == path.read_text(encoding="utf-8"), f"{path} has another text; see --rewrite-golden"

    return compare
