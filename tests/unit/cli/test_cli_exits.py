"""Exit codes follow from the trace and from what was raised."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

import sigtrace
from sigtrace.cli.exits import Code, code_of, complain, reporting
from sigtrace.errors import CaptureError, OutputError, SelectionError, SourceError
from sigtrace.notices import Notice, Severity
from sigtrace.value import replace

if TYPE_CHECKING:
    from sigtrace.trace import Trace

ROOT = Path(__file__).parents[3]


@lru_cache
def _trace() -> Trace:
    return sigtrace.analyze(sigtrace.read(ROOT / "captures/basic-call/basic-call.pcapng"))


@pytest.mark.parametrize(
    ("code", "severity", "expected"),
    [
        ("tcp.gap", Severity.WARNING, Code.DAMAGED),
        ("tcp.cut-segment", Severity.WARNING, Code.DAMAGED),
        ("tcp.cut-segment", Severity.INFO, Code.DAMAGED),
        ("capture.resync", Severity.WARNING, Code.DAMAGED),
        ("capture.oddity", Severity.INFO, Code.OK),
        ("http.resync", Severity.WARNING, Code.OK),
        ("peerconnection.malformed-message", Severity.WARNING, Code.OK),
        ("anything.else", Severity.ERROR, Code.DAMAGED),
    ],
)
def test_notices_that_are_damage(code: str, severity: Severity, expected: Code) -> None:
    """Damage is what is missing of the capture or its streams, not what its peers did wrong."""
    notices = (Notice(code=code, severity=severity, text=""),)
    assert code_of(replace(_trace(), notices=notices)) is expected


def test_truncated_captures_are_damage() -> None:
    """A capture that was cut off is damaged, a whole one is not."""
    assert code_of(_trace()) is Code.OK
    cut = tuple(replace(capture, truncated=True) for capture in _trace().captures)
    assert code_of(replace(_trace(), captures=cut)) is Code.DAMAGED


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (CaptureError("not a capture"), Code.UNREADABLE),
        (SourceError("no such file"), Code.UNREADABLE),
        (OutputError("no such directory"), Code.UNREADABLE),
        (SelectionError("no call 9"), Code.USAGE),
        (OSError(28, "No space left on device"), Code.UNREADABLE),
        (KeyboardInterrupt(), Code.INTERRUPTED),
        (ZeroDivisionError("division by zero"), Code.BUG),
    ],
)
def test_errors(error: BaseException, expected: Code) -> None:
    """What is raised becomes an exit code."""
    with pytest.raises(typer.Exit) as ended, reporting(debug=False):
        raise error
    assert ended.value.exit_code == expected


def test_usage_errors_are_left_to_typer() -> None:
    """Typer reports its own errors."""
    with pytest.raises(typer.BadParameter), reporting(debug=False):
        raise typer.BadParameter("give a capture")


def test_complaints_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """A file name cannot act on the terminal or begin a line of its own."""
    complain("no file a\nb\x1b[31m\x9b\udc80", "try\ranother")
    assert capsys.readouterr().err == "sigtrace: no file a\\nb\\x1b[31m\\x9b\\x80\n  try\\ranother\n"
