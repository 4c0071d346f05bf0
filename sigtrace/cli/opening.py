"""From the arguments of a command to the trace it is about: read, analyse, select."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import typer

import sigtrace
from sigtrace.cli.exits import complain
from sigtrace.cli.progress import watching

if TYPE_CHECKING:
    from sigtrace.cli.options import Captures, Choice, Protocols, Talk
    from sigtrace.trace import Trace


def open_trace(
    captures: Captures, protocols: Protocols, talk: Talk, *, all_flows: bool = False, verify_checksums: bool = False
) -> Trace:
    """Analyse captures, and look for garbage no more.

    What is held stays to the end or is let go without leaving circles, whatever the capture
    (`tests/unit/test_circles.py`): looking through all of it again and again would find nothing.

    Raises:
        SigtraceError: a capture cannot be read.
        typer.BadParameter: none is given.
    """
    if not captures.paths:
        raise typer.BadParameter("give a capture, or - for standard input", param_hint="'FILE...'")
    gc.disable()
    known = sigtrace.find_protocols(protocols.dialect or ())
    with watching(quiet=talk.quiet) as tell:
        items = sigtrace.read(*captures.paths, progress=tell)
        trace = sigtrace.analyze(items, all_flows=all_flows, verify_checksums=verify_checksums, protocols=known)
    if not talk.quiet:
        _tell_of_idle_dialects(trace, protocols, [protocol.name for protocol in known])
    return trace


def _tell_of_idle_dialects(trace: Trace, protocols: Protocols, names: list[str]) -> None:
    """Say which dialects nothing was of: whoever writes one cannot see else why all is as it was before."""
    spoken = {*(role.protocol for role in trace.roles), *trace.message_protocols, *trace.packet_protocols}
    for file, name in zip(protocols.dialect or (), names, strict=False):  # dialects are the first
        if name not in spoken:
            complain(
                f"nothing in the capture is of the dialect {name}", f"all of `match` in {file} must hold of a message"
            )


def choose(trace: Trace, choice: Choice) -> Trace:
    """Return the part of a trace that was asked for. Raises SelectionError when there is no such part."""
    if choice == type(choice)():
        return trace  # nothing is left out
    from sigtrace.views.selection import Selection, parse_time, select

    selection = Selection(
        call=choice.call,
        peer=choice.peer,
        server=choice.server,
        room=choice.room,
        protocol=choice.protocol,
        since_ns=None if choice.since is None else parse_time(choice.since, trace),
        until_ns=None if choice.until is None else parse_time(choice.until, trace),
    )
    return select(trace, selection)
