"""What the documentation shows is what the program does."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import sigtrace
from tests.e2e.command import run

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")] if ">>> " in path.read_text("utf-8")
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_examples_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python example in a page gives what the page says."""
    monkeypatch.chdir(ROOT)
    result = doctest.testfile(str(path), module_relative=False)
    assert result.attempted
    assert result.failed == 0


def test_package_docstring_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example in the package's docstring gives what it says."""
    monkeypatch.chdir(ROOT)
    result = doctest.testmod(sigtrace)
    assert result.attempted
    assert result.failed == 0


@pytest.mark.parametrize("command", ["chart", "analyze"])
def test_readme_shows_what_is_printed(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's chart and its summary are what the commands print at 80 columns."""
    monkeypatch.chdir(ROOT)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    printed = run(command, "captures/basic-call/basic-call.pcapng", "--width", "80").stdout
    assert printed.rstrip("\n") in readme


def test_every_link_leads_somewhere() -> None:
    """Every relative link of every page names a file that is there."""
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
