"""What holds for all tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With SIGTRACE_ALL_TOOLS set, as in CI, a test fails that would be skipped because a program is missing."""
    report = yield
    if report.skipped and os.environ.get("SIGTRACE_ALL_TOOLS") and "not installed" in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: {report.longrepr}"
    return report
