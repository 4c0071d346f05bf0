"""The programs that are compared: how each is called, and which version it is."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .captures import Capture
from .running import CHECKOUT, Command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .captures import Captures

DAMAGE = 4  # exit code of sigtrace for a capture with damage in it, as large bodies and what was never captured are


class Place(Enum):
    """What stands for a word that is known when a program runs."""

    OUTPUT = "export.ndjson"  # a file to write
    SIGTRACE = "sigtrace"  # the command, as this checkout has it
    PYTHON = "python"  # the one that runs it


Word = str | Capture | Place


class Program(NamedTuple):
    """A program with its arguments."""

    words: tuple[Word, ...]
    source: Capture | None = None  # made while it is read, from the standard input
    writes_files: bool = False  # into the folder in which it runs


EXPORT: tuple[Word, ...] = (Place.SIGTRACE, "export", "--format", "ndjson", "-o", Place.OUTPUT)


def export(capture: Capture) -> Program:
    """Return the whole analysis, as records for other programs."""
    return Program((*EXPORT, capture))


def export_stream(capture: Capture) -> Program:
    """Return the same of a capture that is never stored."""
    return Program((*EXPORT, "-"), source=capture)


def tshark_http(capture: Capture, *fields: str) -> Program:
    """Return what a user of tshark would type to see the exchanges."""
    chosen = [word for field in ("http.request.uri", "http.response.code", *fields) for word in ("-e", field)]
    return Program(("tshark", "-r", capture, "-Y", "http", "-T", "fields", *chosen))


def tcpdump(capture: Capture) -> Program:
    """Return the quickest filter there is: packets of one port."""
    return Program(("tcpdump", "-r", capture, "-w", "/dev/null", "tcp port 8888"))


class Caller:
    """Turns programs into commands.

    Args:
        captures: what they run on.
        scratch: where they may write.
    """

    def __init__(self, captures: Captures, scratch: Path) -> None:
        self._captures = captures
        self._scratch = scratch
        self._sigtrace = sigtrace_command()

    def command(self, program: Program) -> Command:
        """Return how to run a program; captures that it needs are made."""
        words = [part for word in program.words for part in self._words(word)]
        good = frozenset({0, DAMAGE} if program.words[0] is Place.SIGTRACE else {0})
        source = [*self._captures.maker(program.source), "-"] if program.source else None
        folder = self._scratch / "files" if program.writes_files else CHECKOUT
        return Command(words, source, folder, program.writes_files, good)

    def files(self, programs: Iterable[Program]) -> set[Path]:
        """Return the captures that lie on the disk for some programs."""
        return {self._captures.path(word) for one in programs for word in one.words if isinstance(word, Capture)}

    def _words(self, word: Word) -> list[str]:
        match word:
            case Capture():
                return [str(self._captures.make(word))]
            case Place.SIGTRACE:
                return self._sigtrace
            case Place.PYTHON:
                return [sys.executable]
            case Place.OUTPUT:
                return [str(self._scratch / word.value)]
            case _:
                return [word]


def is_installed(program: Program) -> bool:
    """Tell whether a program can be run."""
    first = program.words[0]
    return not isinstance(first, str) or shutil.which(first) is not None


def sigtrace_command() -> list[str]:
    """Return the command beside this Python if it runs what is in this checkout, the module otherwise."""
    script = Path(sys.executable).with_name("sigtrace")
    if script.exists():
        asking = [sys.executable, "-P", "-c", "import sigtrace; print(sigtrace.__file__)"]
        asked = subprocess.run(asking, cwd="/", capture_output=True, text=True, check=False)
        if asked.stdout and Path(asked.stdout.strip()).is_relative_to(CHECKOUT):
            return [str(script)]
    return [sys.executable, "-m", "sigtrace"]


def versions(names: list[str]) -> list[str]:
    """Return which versions of some programs are installed, with Python's and its NumPy's."""
    asking = [sys.executable, "-c", "import numpy, sigtrace; print(sigtrace.__version__, numpy.__version__)"]
    asked = subprocess.run(asking, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    own, numpy = asked.stdout.split()
    told = [f"sigtrace {own}", f"Python {platform.python_version()}", f"NumPy {numpy}"]
    return told + [version(name) for name in names if shutil.which(name)]


def version(name: str) -> str:
    """Return a program's name and version, from the first line that has one."""
    asked = subprocess.run([name, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d[\w.]*", asked.stdout or asked.stderr)
    return f"{name} {found[0]}" if found else name
