"""Programs that tests ask for a second opinion; without them, the test is skipped."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def need(program: str) -> str:
    """Return the path of a program, or skip the test."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def tshark_fields(capture: Path, *fields: str) -> list[list[str]]:
    """Return what tshark says of each packet: one row a packet, one column a field."""
    arguments = [argument for field in fields for argument in ("-e", field)]
    command = [need("tshark"), "-n", "-r", str(capture), "-T", "fields", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return [line.split("\t") for line in done.stdout.splitlines()]
