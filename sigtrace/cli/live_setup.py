"""From the options of `live` to what takes part in it: a source, what keeps the packets, and what it is shown on."""

from __future__ import annotations

import errno
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from sigtrace.cli.exits import Code
from sigtrace.cli.live_options import Form
from sigtrace.cli.live_outputs import NdjsonOutput, TextOutput
from sigtrace.cli.output import screen_on, size_of
from sigtrace.recording.gate import Gate
from sigtrace.recording.limits import fit_together, parse_limits
from sigtrace.recording.recorder import Recorder
from sigtrace.recording.ring import parse_ring
from sigtrace.sources.live import engines
from sigtrace.sources.live.interfaces import list_interfaces
from sigtrace.sources.live.source import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import TextIO

    from sigtrace.cli.live_options import Keeping, Listening
    from sigtrace.cli.options import Look, Times
    from sigtrace.sources.live.source import LiveSource


def source_for(listening: Listening) -> LiveSource:
    """Return where packets come from; nothing is opened yet. Raises typer.BadParameter."""
    names = tuple(listening.interface or ())
    path = listening.file
    if path is not None and names:
        raise typer.BadParameter("listen to an interface or read a capture, not both", param_hint="'FILE' and '-i'")
    if path is None and not names:
        there = ", ".join(one.name for one in list_interfaces())
        raise typer.BadParameter(f"name one of them: {there}", param_hint="'-i'")
    if path is None:
        settings = Settings(
            interfaces=names,
            capture_filter=listening.capture_filter,
            snap_length=listening.snap_length,
            promiscuous=not listening.no_promiscuous,
            buffer_kib=listening.buffer,
        )
        return engines.source_for(settings, listening.engine)
    if listening.capture_filter:
        raise typer.BadParameter("a capture is not filtered: filter where it is made", param_hint="'-f'")
    if str(path) == "-":
        from sigtrace.sources.live.stream import PipedCapture  # one of them is needed

        return PipedCapture()
    if not listening.follow:
        hint = f"--follow watches it grow; sigtrace analyze {path} reads it once"
        raise typer.BadParameter(f"{path} is a file: {hint}", param_hint="'FILE'")
    from sigtrace.sources.live.follow import FollowedFile  # the same

    return FollowedFile(path)


def gate_for(keeping: Keeping) -> tuple[Gate, Recorder | None]:
    """Return what says when to stop, and what keeps the packets. Raises SelectionError."""
    ring, limits = fit_together(
        keeping.write, parse_ring(keeping.ring or ()), parse_limits(keeping.autostop or (), keeping.count)
    )
    recorder = None if keeping.write is None else Recorder(keeping.write, ring)
    return Gate(limits, recorder), recorder


def output_for(
    form: Form, times: Times, look: Look, listening: Listening, keeping: Keeping
) -> NdjsonOutput | TextOutput:
    """Return what it is shown on: stderr when stdout takes the packets."""
    stream = sys.stderr if keeping.write == "-" else sys.stdout
    if form is Form.NDJSON:
        return NdjsonOutput(lambda text: _write_to(stream, text, "utf-8"))  # data is UTF-8 everywhere
    return TextOutput(
        lambda text: _write_to(stream, text, stream.encoding or "utf-8"),
        lambda: screen_on(stream, look),
        str(listening.file or ", ".join(listening.interface or ())),
        recording=_where_it_is(listening, keeping),
        time_format=times.time,
        terminal=(lambda: size_of(stream)) if stream.isatty() else None,
    )


def _where_it_is(listening: Listening, keeping: Keeping) -> str | None:
    """Return the file in which what is watched can be read again; None where there is none, or several."""
    if keeping.write is not None:
        return None if keeping.ring or keeping.write == "-" else keeping.write
    return str(listening.file) if listening.follow else None


def _write_to(stream: TextIO, text: str, encoding: str) -> None:
    """Write at once. Raises BrokenPipeError: whoever read it has gone, also one at a terminal."""
    if not text:
        return
    try:
        stream.buffer.write(text.encode(encoding, "backslashreplace"))
        stream.buffer.flush()
    except OSError as error:
        if error.errno == errno.EIO:  # how a terminal says that it was closed
            raise BrokenPipeError(errno.EPIPE, "the terminal was closed") from error
        raise


class Stopped:
    """How a run was stopped."""

    code = Code.OK


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[Stopped]:
    """Let the signals that end a program stop a run instead, so that it says what it knows; the second one ends it."""
    stopped = Stopped()
    before: dict[int, Any] = {}

    def handle(number: int, _: FrameType | None) -> None:
        stopped.code = Code.OK if number == signal.SIGINT else Code.TERMINATED
        signal.signal(number, before[number])
        stop()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            number = getattr(signal, name)
            before[number] = signal.signal(number, handle)
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
