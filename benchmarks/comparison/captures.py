"""The captures that programs run on: made by `make_capture.py` when they are wanted, from a seed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

MAKER = Path(__file__).resolve().parents[1] / "make_capture.py"


class Capture(NamedTuple):
    """A capture of one kind."""

    kind: str
    times: float = 1  # as large
    calls: int | None = None  # so many, whatever the size
    suffix: str = ".pcapng"


class Captures:
    """Where the captures are, and how large.

    Args:
        folder: where they are kept; those that are there already are taken as they are.
        scale: of all captures.
        seed: from which they are made.
    """

    def __init__(self, folder: Path, scale: float, seed: int) -> None:
        self._folder = folder.resolve()
        self._scale = scale
        self._seed = seed

    def path(self, capture: Capture) -> Path:
        """Return where a capture is, or will be."""
        calls = "" if capture.calls is None else f"-{capture.calls}-calls"
        name = f"{capture.kind}-{capture.times * self._scale:g}{calls}-seed-{self._seed}{capture.suffix}"
        return self._folder / name

    def make(self, capture: Capture) -> Path:
        """Return where a capture is; make it if it is not there."""
        path = self.path(capture)
        if not path.exists():
            print(f"making {path.name} …", file=sys.stderr)
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name("unfinished-" + path.name)
            subprocess.run([*self.maker(capture), str(unfinished)], check=True)
            unfinished.rename(path)
        return path

    def maker(self, capture: Capture) -> list[str]:
        """Return how to make a capture; where to is left out."""
        command = [sys.executable, str(MAKER), "--kind", capture.kind, "--seed", str(self._seed)]
        command += ["--scale", f"{capture.times * self._scale:g}"]
        return command if capture.calls is None else [*command, "--calls", str(capture.calls)]

    def calls(self, calls: int) -> int:
        """Return how many of some calls there are at this scale."""
        return max(round(calls * self._scale), 1)
