"""Where a command's answer goes: stdout or a file, with what the screen there can show."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from sigtrace.cli.exits import Code, code_of, complain, leave
from sigtrace.cli.options import Color
from sigtrace.errors import SelectionError, SourceError
from sigtrace.text import encode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sigtrace.cli.options import Captures, Look, Talk, Target
    from sigtrace.render.terminal.screen import Screen
    from sigtrace.trace import Trace

BUFFER_LENGTH = 2**16  # characters written at a time


def screen_for(look: Look, target: Target) -> Screen:
    """Describe the screen that the answer is for: without an edge and colours unless it is a terminal, or asked for."""
    return screen_on(sys.stdout if target.output is None else None, look)


def screen_on(stream: TextIO | None, look: Look) -> Screen:
    """Describe the screen that a stream is, as it is now; None stands for a file in UTF-8."""
    from sigtrace.render.terminal.screen import LEAST_WIDTH, Screen  # not needed for --help

    width = look.width
    terminal = stream is not None and stream.isatty()
    if width is None and stream is not None and terminal:
        width = max(size_of(stream).columns, LEAST_WIDTH)
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    color = look.color is Color.ALWAYS or (look.color is Color.AUTO and terminal and not plain)
    return Screen(width=width, color=color, ascii=look.ascii or not (stream is None or _shows(stream, "│▶✓")))


def size_of(stream: TextIO) -> os.terminal_size:
    """Return the size of the terminal that a stream is; COLUMNS and LINES stand above what the terminal says."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        size = os.terminal_size((0, 0))
    return shutil.get_terminal_size((size.columns or 80, size.lines or 24))


def _shows(stream: TextIO, signs: str) -> bool:
    """Tell whether a stream's encoding has these signs."""
    try:
        signs.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def write_text(
    pieces: Iterable[str], target: Target, captures: Captures, *, encoding: str | None = None, exact: bool = False
) -> None:
    """Write an answer, piece by piece.

    Args:
        pieces: its parts, with their line ends.
        target: stdout, or a file, which is then UTF-8.
        captures: none of which may be overwritten.
        encoding: of stdout, when it must not be the terminal's: data is UTF-8 everywhere.
        exact: text of the wire is written as the very bytes that it had there, also where they are not UTF-8.

    Raises:
        SourceError: the file cannot be written.
        BrokenPipeError: whoever read stdout has gone.
    """
    if target.output is None:
        encode = encode_text if exact else _encoder(encoding or sys.stdout.encoding)
        with _complaining("standard output", "-o FILE writes into a file"):
            sys.stdout.flush()
            _write(sys.stdout.buffer.write, pieces, encode)
            sys.stdout.buffer.flush()
        return
    protect(target.output, captures)
    with _complaining(str(target.output), "name another file with -o"), target.output.open("wb") as file:
        _write(file.write, pieces, encode_text if exact else _encoder("utf-8"))


@contextmanager
def _complaining(name: str, otherwise: str) -> Iterator[None]:
    """Raise SourceError where writing fails, with what to try; that whoever read has gone is no error of writing."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        hint = {
            errno.EISDIR: "it is a folder: name a file in it",
            errno.ENOENT: "its folder does not exist: make it first",
            errno.ENOSPC: "what is there of it is not whole; make room, or name another place with -o",
            errno.EDQUOT: "what is there of it is not whole; make room, or name another place with -o",
        }.get(error.errno or 0, otherwise)
        raise SourceError(f"{name} cannot be written: {error.strerror or error}", hint=hint) from error


def _encoder(encoding: str | None) -> Callable[[str], bytes]:
    return lambda text: text.encode(encoding or "utf-8", "backslashreplace")


def _write(write: Callable[[bytes], object], pieces: Iterable[str], encode: Callable[[str], bytes]) -> None:
    """Gather small pieces: a call for each line costs more than making it."""
    waiting: list[str] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= BUFFER_LENGTH:
            write(encode("".join(waiting)))
            waiting, length = [], 0
    write(encode("".join(waiting)))


def protect(output: Path, captures: Captures) -> None:
    """Raise SourceError when an output is one of the captures: it would be lost."""
    for path in map(Path, captures.paths):
        if output.exists() and path.exists() and output.samefile(path):
            raise SourceError(f"{output} is one of the captures", hint="give another name to --output")


def folder_for(target: Target, purpose: str, otherwise: str) -> Path:
    """Return the folder to write several files into, made where it is missing.

    Raises:
        SourceError: it cannot be made.
        SelectionError: none was named; `otherwise` says what else can be done.
    """
    if target.output is None:
        raise SelectionError(f"{purpose} are several files", hint=f"name a folder for them, -o FOLDER, {otherwise}")
    try:
        target.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        exists = isinstance(error, FileExistsError | NotADirectoryError)
        hint = "it, or what it should be in, is a file: name a folder" if exists else "name another folder with -o"
        raise SourceError(f"{target.output} cannot be made a folder: {error.strerror or error}", hint=hint) from error
    return target.output


def finish(trace: Trace, talk: Talk) -> NoReturn:
    """End a command that has given its answer, with a word on stderr when something is missing in it."""
    code = code_of(trace)
    if talk.verbose:
        from sigtrace.views.wording import place_of

        for notice in trace.notices:
            where = place_of(notice.packet, notice.offset)
            complain(f"{notice.severity.value}: {notice.code}: {notice.text}{where}")
    elif code is Code.DAMAGED and not talk.quiet:
        complain("parts of the capture are missing or damaged; -v lists them, -q is silent about it")
    leave(code)
