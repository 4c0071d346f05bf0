"""Other programs that record what passes at the same time, and what they wrote."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import sigtrace
from tests.builders.cables import PATIENCE, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def recording(command: str) -> Iterator[None]:
    """Run a recorder, which says on stderr when it listens, and end it as Ctrl-C does."""
    program, *arguments = command.split()
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    with subprocess.Popen([found, *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "listening on" not in (line := process.stderr.readline()):
            assert line, "the recorder ended"
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.stderr.read()
            process.wait(PATIENCE)


def read_when_written(path: Path, packets: int) -> Seen:
    """Return what a capture file holds once it has so many packets, or after some patience."""
    until = time.monotonic() + PATIENCE
    while True:
        seen = Seen()
        seen.add(sigtrace.read(path))
        if len(seen.packets) >= packets or time.monotonic() > until:
            return seen
        time.sleep(0.05)
