"""`sigtrace export`: the records of the contract, for other programs."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from sigtrace.cli.opening import choose, open_trace
from sigtrace.cli.options import Captures, Choice, Protocols, Talk, Target, VerifyChecksums
from sigtrace.cli.output import finish, folder_for, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.export.record import Record


class Form(Enum):
    """What the records are written as."""

    NDJSON = "ndjson"
    JSON = "json"
    CSV = "csv"


class Kind(Enum):
    """The types of records."""

    CAPTURE = "capture"
    FLOW = "flow"
    EXCHANGE = "exchange"
    WEBSOCKET_MESSAGE = "websocket_message"
    WEBSOCKET_CONTROL = "websocket_control"
    ENGINEIO_SESSION = "engineio_session"
    SOCKETIO_PACKET = "socketio_packet"
    PEER = "peer"
    WAIT = "wait"
    ACT = "act"
    SIGNAL = "signal"
    DESCRIPTION = "description"
    CANDIDATE = "candidate"
    CALL = "call"
    NOTICE = "notice"


def export(  # noqa: PLR0913 - a command's parameters are its options
    *,
    captures: Captures,
    choice: Choice,
    form: Annotated[Form, typer.Option("--format", help="One object a line, one array, or tables.")] = Form.NDJSON,
    kind: Annotated[Kind | None, typer.Option("--type", help="Only records of this type.")] = None,
    flows: Annotated[bool, typer.Option("--flows", help="All TCP flows, with digests of their bytes.")] = False,
    bodies: Annotated[bool, typer.Option("--bodies", help="Also the text of signals and of their SDP.")] = False,
    verify_checksums: VerifyChecksums = False,
    protocols: Protocols,
    target: Target,
    talk: Talk,
) -> None:
    """Write what is known as records for other programs; docs/export.md describes every field.

    CSV is one table for each type: a folder of them with -o, or one of them with --type.

    \b
    Example: sigtrace export call.pcapng | jq 'select(.type == "wait")'
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    trace = open_trace(captures, protocols, talk, all_flows=flows, verify_checksums=verify_checksums)
    chosen = choose(trace, choice)
    from sigtrace.export import render_records
    from sigtrace.export.records import records

    made: Iterable[Record] = records(chosen, flows=flows, bodies=bodies)
    if form is Form.CSV and kind is None:
        _write_tables(list(made), captures, target)
    else:
        wanted = made if kind is None else (one for one in made if one["type"] == kind.value)
        pieces = render_records(wanted, form.value, kind=kind.value if kind else None)
        write_text(pieces, target, captures, encoding="utf-8")
    finish(trace, talk)


def _write_tables(made: "list[Record]", captures: Captures, target: Target) -> None:
    """Write a file for each type."""
    from sigtrace.export.schema import COLUMNS
    from sigtrace.export.table import render_table

    folder = folder_for(target, "tables", "or choose one of them: --type wait")
    for kind in COLUMNS:
        write_text(render_table(kind, made), Target(output=folder / f"{kind}.csv"), captures)
