"""`sigtrace sdp`: what was offered, answered and agreed."""

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from sigtrace.cli.opening import choose, open_trace
from sigtrace.cli.options import Captures, Choice, Look, Protocols, Talk, Target, VerifyChecksums
from sigtrace.cli.output import finish, folder_for, screen_for, write_text
from sigtrace.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.trace import Trace


class Form(Enum):
    """What descriptions are written as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"
    RAW = "raw"


def sdp(  # noqa: PLR0913 - a command's parameters are its options
    *,
    captures: Captures,
    choice: Choice,
    form: Annotated[Form, typer.Option("--format", help="raw: with -o FOLDER a .sdp file each.")] = Form.TEXT,
    verify_checksums: VerifyChecksums = False,
    protocols: Protocols,
    look: Look,
    target: Target,
    talk: Talk,
) -> None:
    """Compare what each call offered, answered and agreed on, section by section, with the candidates of both sides.

    \b
    Example: sigtrace sdp call.pcapng --call 1
             sigtrace sdp call.pcapng --format raw -o sdp/
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    trace = open_trace(captures, protocols, talk, verify_checksums=verify_checksums)
    chosen = choose(trace, choice)
    if form is Form.RAW and target.output is not None:
        _write_files(chosen, captures, target)
    elif form is Form.TEXT:
        from sigtrace.render.terminal.negotiation import render_negotiation
        from sigtrace.views.negotiation import explain_negotiations

        write_text([render_negotiation(explain_negotiations(chosen), screen_for(look, target))], target, captures)
    else:
        for_terminal = target.output is None and sys.stdout.isatty()
        exact = form is Form.RAW and not for_terminal
        write_text(_render(chosen, form, for_terminal=for_terminal), target, captures, encoding="utf-8", exact=exact)
    finish(trace, talk)


def _render(trace: "Trace", form: Form, *, for_terminal: bool) -> "Iterable[str]":
    """Render what is not laid out for a screen."""
    from sigtrace.export import render_json
    from sigtrace.export.records import records
    from sigtrace.export.sdp_files import sdp_files
    from sigtrace.export.sections import render_sections

    if form is Form.JSON:
        wanted = {"description", "candidate", "call"}
        return render_json(one for one in records(trace, bodies=True) if one["type"] in wanted)
    if form is Form.CSV:
        return render_sections(trace)
    if form is Form.RAW:
        return (_harmless(file.sdp) if for_terminal else file.sdp for file in sdp_files(trace))
    from sigtrace.render.markdown import render_negotiation
    from sigtrace.views.negotiation import explain_negotiations

    return [render_negotiation(explain_negotiations(trace))]


def _harmless(sdp: str) -> str:
    """Keep a terminal from obeying what strangers put into a description; pipes and files get it as it was."""
    from sigtrace.render.escape import make_visible

    lines = sdp.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return "".join(f"{make_visible(line)}\n" for line in lines)


def _write_files(trace: "Trace", captures: Captures, target: Target) -> None:
    from sigtrace.export.sdp_files import sdp_files

    files = list(sdp_files(trace))
    if not files:
        raise SelectionError("no description was signaled", hint="sigtrace chart shows what was")
    folder = folder_for(target, "descriptions", "or leave -o away")
    for file in files:
        write_text([file.sdp], Target(output=folder / file.name), captures, exact=True)
