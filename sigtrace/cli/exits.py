"""How a command ends: its exit code, and what is said of an error. The codes are in `docs/commands.md`."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import traceback
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn

import typer

from sigtrace.errors import SelectionError, SigtraceError
from sigtrace.render.escape import make_visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.trace import Trace


class Code(IntEnum):
    """Exit codes of every command."""

    OK = 0
    BUG = 1  # an error of our own
    USAGE = 2  # also a selection of what is not there
    UNREADABLE = 3  # cannot be opened, or is not a capture
    DAMAGED = 4  # the answer is printed, and a part of what it is about is missing
    INTERRUPTED = 130  # 128 + SIGINT, as shells count
    TERMINATED = 143  # 128 + SIGTERM


LOST = frozenset(
    {
        "tcp.gap",
        "tcp.cut-segment",
        "tcp.too-many-flows",
        "tcp.flows-left-out",
        "http.bodies-shed",
        "http.flows-let-go",
        "trace.signaling-dropped",
        "trace.bodies-dropped",
        "trace.descriptions-dropped",
    }
)
"""The notices that bytes of a stream were never captured, or that signaling is beyond a bound."""

NOTHING_LOST = frozenset({"capture.corrected-length", "capture.trailing-length"})
"""Damage to a capture that was mended."""


def code_of(trace: Trace) -> Code:
    """Return the exit code for an answer about this trace: is a part of the capture, or of what it shows, missing?"""
    damaged = any(capture.truncated for capture in trace.captures) or any(
        notice.severity.value == "error"
        or notice.code in LOST
        or (notice.code.startswith("capture.") and notice.severity.value == "warning")
        for notice in trace.notices
        if notice.code not in NOTHING_LOST
    )
    return Code.DAMAGED if damaged else Code.OK


debugging = ContextVar("debugging", default=False)
"""Whether `--debug` stood before the command; behind it, it is an option of the command."""


@contextmanager
def reporting(*, debug: bool) -> Iterator[None]:
    """Turn what goes wrong inside into a line on stderr and an exit code; `debug` adds the traceback."""
    try:
        yield
        sys.stdout.flush()
    except (KeyboardInterrupt, Exception) as error:
        if isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "exit_code"):
            raise  # Typer's own ways to end
        raise typer.Exit(report(error, debug=debug)) from None


def report(error: BaseException, *, debug: bool) -> Code:
    """Say what went wrong, and what to try; return the exit code it is."""
    if isinstance(error, KeyboardInterrupt):
        return Code.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _end_quietly()
    if debug or debugging.get():
        traceback.print_exception(error)
    code, problem, hint = _explain(error)
    complain(problem, hint)
    return code


def _explain(error: BaseException) -> tuple[Code, str, str]:
    match error:
        case SelectionError():
            return Code.USAGE, str(error), error.hint
        case SigtraceError():
            return Code.UNREADABLE, str(error), error.hint
        case MemoryError():
            return (
                Code.UNREADABLE,
                "there is not enough memory",
                "take a part of the capture: editcap -A TIME -B TIME IN OUT",
            )
        case OSError():
            return Code.UNREADABLE, _describe(error), ""
    hint = "please report it, with what --debug prints and, if you may share it, the capture"
    return Code.BUG, f"this is a bug: {_describe(error)}", hint


def leave(code: Code) -> NoReturn:
    """End the process where it stands, once all that was said is written and all that waits for its end has run.

    Python would let go every object one by one, then all modules: 6 ms at the least, and a fifth of a second for what
    40 000 exchanges have told. The system takes back everything at once. So this is called by a command that has closed
    what it wrote and has nothing under way, while its results are still held: letting go begins where they go out of
    scope. Who waits for the end is asked as ever (`atexit`: temporary folders, coverage); threads that must be waited
    for are left to Python, which knows how.

    Raises:
        OSError: stdout cannot be written.
        typer.Exit: such threads run; it ends the command in the ordinary way.
    """
    sys.stdout.flush()
    if any(not one.daemon for one in threading.enumerate() if one is not threading.main_thread()):
        raise typer.Exit(code)
    atexit._run_exitfuncs()  # noqa: SLF001 - as multiprocessing ends its children; there is no other way to ask them
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def complain(problem: str, hint: str = "") -> None:
    """Say on stderr what is wrong, and on a line of its own what to try."""
    print(f"sigtrace: {make_visible(problem)}", file=sys.stderr)  # noqa: T201 - a command speaks to people
    if hint:
        print(f"  {make_visible(hint)}", file=sys.stderr)  # noqa: T201 - the same


_DESCRIBED = 300
"""Characters of an error that nobody foresaw: it may quote a whole message."""


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}".removesuffix(": ")[:_DESCRIBED]


def _end_quietly() -> NoReturn:
    """End as other tools do when whoever read our output has gone: by the signal that says so."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    raise typer.Exit(Code.BUG)
