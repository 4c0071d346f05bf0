"""Runs the command as a user does: in a process of its own, with its output in pipes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CAPTURES = ROOT / "captures"
BASIC = CAPTURES / "basic-call" / "basic-call.pcapng"
BROWSER = CAPTURES / "browser-call" / "browser-call.pcapng"
COMMAND = [sys.executable, "-m", "sigtrace"]


def environment(**variables: str) -> dict[str, str]:
    """Return an environment without the tester's own habits."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "TERM"}}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **variables}


def run(*arguments: str | Path, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `sigtrace` and return its exit code and what it printed."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=environment(**variables),
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(*arguments: str | Path, **variables: str) -> str:
    """Run `sigtrace` with a terminal as its stdout, and return what it shows."""
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=theirs, env=environment(**{"TERM": "xterm", **variables})
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert command.wait(timeout=30) == 0
    return shown.decode().replace("\r\n", "\n")
