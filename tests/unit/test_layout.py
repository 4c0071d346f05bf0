"""The layout table of docs/architecture.md is true: every import in the package is one that it allows."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sigtrace"
BASE = ("errors", "notices", "binary", "text", "value")


def read_table() -> dict[str, tuple[str, ...]]:
    """Read the rows of the layout table: module → what it may import."""
    rows = {}
    for line in (ROOT / "docs/architecture.md").read_text(encoding="utf-8").splitlines():
        row = re.fullmatch(r"\| `([\w/]+)` \| .+ \| (.+) \|", line)
        if row and "may import" not in line.lower():
            allowed = tuple(re.findall(r"`([\w.]+)`", row[2]))
            rows[row[1].rstrip("/")] = allowed + (BASE if "base" in row[2] else ())
    return rows


def imports_of(path: Path) -> Iterator[str]:
    """Yield the sigtrace modules a file imports, at run time or for types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "sigtrace":
            inner = node.module.removeprefix("sigtrace").lstrip(".")
            yield from ([inner] if inner else [f"{alias.name}" for alias in node.names])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "sigtrace":
                    yield alias.name.removeprefix("sigtrace").lstrip(".") or "sigtrace"


TABLE = read_table()
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in TABLE)


def test_table_covers_package() -> None:
    """Every folder and module of the package has a row, and every row exists."""
    existing = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    existing |= {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}
    assert set(TABLE) == existing


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_are_allowed(path: Path) -> None:
    """A file imports its own package and what its row names, and nothing else of sigtrace."""
    home = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    allowed = (home, *TABLE[home])
    if "sigtrace" in TABLE[home]:
        allowed += ("__version__", "analyze", "find_protocols", "read", "SigtraceError")
    wrong = [name for name in imports_of(path) if not any(name == one or name.startswith(f"{one}.") for one in allowed)]
    assert not wrong
