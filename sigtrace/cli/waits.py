"""`sigtrace waits`: how long each wait hung, and what released it."""

from enum import Enum
from typing import Annotated, Literal

import typer

from sigtrace.cli.opening import choose, open_trace
from sigtrace.cli.options import Captures, Choice, Code, Look, Protocols, Talk, Target, Times, VerifyChecksums
from sigtrace.cli.output import finish, screen_for, write_text


class Form(Enum):
    """What the waits are written as."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def waits(  # noqa: PLR0913 - a command's parameters are its options
    *,
    captures: Captures,
    choice: Choice,
    longest: Annotated[bool, typer.Option("--longest", help="The longest first.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="At most N rows.")] = None,
    code: Code = False,
    form: Annotated[Form, typer.Option("--format", help="A table, or the records of `export`.")] = Form.TEXT,
    verify_checksums: VerifyChecksums = False,
    protocols: Protocols,
    times: Times,
    look: Look,
    target: Target,
    talk: Talk,
) -> None:
    """List every wait: when it was asked, how long it hung, what released it, how long the peer was blind after it.

    \b
    Example: sigtrace waits call.pcapng --longest --limit 10
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    if code and form is not Form.TEXT:
        raise typer.BadParameter("goes with --format text alone", param_hint="'--code'")
    trace = open_trace(captures, protocols, talk, verify_checksums=verify_checksums)
    chosen = choose(trace, choice)
    if form is not Form.TEXT:
        from sigtrace.export import render_records
        from sigtrace.export.records import records

        wanted = (record for record in records(chosen) if record["type"] == "wait")
        write_text(render_records(wanted, form.value, kind="wait"), target, captures, encoding="utf-8")
    else:
        from sigtrace.render.terminal.waits import render_waits
        from sigtrace.views.waits import list_waits

        order: Literal["longest", "time"] = "longest" if longest else "time"
        table = list_waits(chosen, order=order, limit=limit, time_format=times.time, code=code, whole=trace)
        write_text([render_waits(table, screen_for(look, target))], target, captures)
    finish(trace, talk)
