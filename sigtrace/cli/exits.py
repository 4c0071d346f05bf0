"""How a command ends: its exit code, and what is said of an error. The codes are in `docs/commands.md`."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from contextlib import contextmanager
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


LOST_BYTES = frozenset({"tcp.gap", "tcp.cut-segment"})
"""The notices that bytes of a stream were never captured."""


def code_of(trace: Trace) -> Code:
    """Return the exit code for an answer about this trace: is a part of the capture, or of what it shows, missing?"""
    damaged = any(capture.truncated for capture in trace.captures) or any(
        notice.severity.value == "error"
        or notice.code in LOST_BYTES
        or (notice.code.startswith("capture.") and notice.severity.value == "warning")
        for notice in trace.notices
    )
    return Code.DAMAGED if damaged else Code.OK


@contextmanager
def reporting(*, debug: bool) -> Iterator[None]:
    """Turn what goes wrong inside into a line on stderr and an exit code; `debug` adds the traceback."""
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise typer.Exit(Code.INTERRUPTED) from None
    except BrokenPipeError:
        _end_quietly()
    except SigtraceError as error:
        if debug:
            traceback.print_exc()
        complain(str(error), error.hint)
        raise typer.Exit(Code.USAGE if isinstance(error, SelectionError) else Code.UNREADABLE) from None
    except (OSError, RecursionError, MemoryError) as error:
        if debug:
            traceback.print_exc()
        complain(_describe(error))
        raise typer.Exit(Code.UNREADABLE) from None
    except Exception as error:
        if isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "exit_code"):
            raise  # Typer's own ways to end
        if debug:
            traceback.print_exc()
        complain(f"this is a bug: {type(error).__name__}: {error}", "please report it with what --debug prints")
        raise typer.Exit(Code.BUG) from None


def complain(problem: str, hint: str = "") -> None:
    """Say on stderr what is wrong, and on a line of its own what to try."""
    print(f"sigtrace: {make_visible(problem)}", file=sys.stderr)  # noqa: T201 - a command speaks to people
    if hint:
        print(f"  {make_visible(hint)}", file=sys.stderr)  # noqa: T201 - the same


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def _end_quietly() -> NoReturn:
    """End as other tools do when whoever read our output has gone: by the signal that says so."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    raise typer.Exit(Code.BUG)
