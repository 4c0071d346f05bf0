"""From the arguments of a command to the trace it is about: read, analyse, select."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

import sigtrace
from sigtrace.cli.progress import watching

if TYPE_CHECKING:
    from sigtrace.cli.options import Captures, Choice, Protocols, Talk
    from sigtrace.trace import Trace


def open_trace(
    captures: Captures, protocols: Protocols, talk: Talk, *, all_flows: bool = False, verify_checksums: bool = False
) -> Trace:
    """Analyse captures. Raises SigtraceError, and Typer's usage error when none is given."""
    if not captures.paths:
        raise typer.BadParameter("give a capture, or - for standard input", param_hint="'FILE...'")
    known = sigtrace.find_protocols(protocols.dialect or ())
    with watching(quiet=talk.quiet) as tell:
        items = sigtrace.read(*captures.paths, progress=tell)
        return sigtrace.analyze(items, all_flows=all_flows, verify_checksums=verify_checksums, protocols=known)


def choose(trace: Trace, choice: Choice) -> Trace:
    """Return the part of a trace that was asked for. Raises SelectionError when there is no such part."""
    from sigtrace.views.selection import Selection, parse_time, select  # noqa: PLC0415 - not needed for --help

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
