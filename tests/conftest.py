"""What holds for all tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

ALL_TOOLS = bool(os.environ.get("SIGTRACE_ALL_TOOLS"))  # as in CI
if ALL_TOOLS:  # there, a change is judged by the same examples every time; elsewhere, new ones are searched for
    settings.register_profile("same", derandomize=True)
    settings.load_profile("same")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With SIGTRACE_ALL_TOOLS set, as in CI, a test fails that would be skipped because a program is missing."""
    report = yield
    if report.skipped and ALL_TOOLS and "not installed" in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: {report.longrepr}"
    return report
