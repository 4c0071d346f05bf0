"""`sigtrace chart`: the signaling as a sequence chart."""

from enum import Enum
from typing import Annotated

import typer

from sigtrace.cli.opening import choose, open_trace
from sigtrace.cli.options import Captures, Choice, Code, Look, Protocols, Talk, Target, Times, VerifyChecksums
from sigtrace.cli.output import finish, screen_for, write_text


class Notation(Enum):
    """What a chart is written in."""

    TEXT = "text"


def chart(  # noqa: PLR0913 - a command's parameters are its options
    *,
    captures: Captures,
    choice: Choice,
    code: Code = False,
    packets: Annotated[bool, typer.Option("--packets", "-n", help="Show packet numbers.")] = False,
    notation: Annotated[Notation, typer.Option("--format", help="Notation.")] = Notation.TEXT,  # noqa: ARG001 - one yet
    verify_checksums: VerifyChecksums = False,
    protocols: Protocols,
    times: Times,
    look: Look,
    target: Target,
    talk: Talk,
) -> None:
    """Draw the signaling as a sequence chart: who said what to whom, and who was listening.

    A lifeline is thick while the server reaches the peer, as a wait hangs or a WebSocket is open, and thin while it is
    blind. With -v each wait, each candidate and each acknowledgement has a row.

    \b
    Example: sigtrace chart call.pcapng --call 1
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    trace = open_trace(captures, protocols, talk, verify_checksums=verify_checksums)
    chosen = choose(trace, choice)
    from sigtrace.render.terminal.ladder import render_ladder
    from sigtrace.render.terminal.layout import peers_that_fit
    from sigtrace.views.columns import MAX_PEERS
    from sigtrace.views.ladder import build_ladder

    screen = screen_for(look, target)
    ladder = build_ladder(
        chosen,
        code=code,
        packets=packets,
        verbose=talk.verbose,
        time_format=times.time,
        max_peers=peers_that_fit(screen.width, fallback=MAX_PEERS),
        whole=trace,
    )
    write_text([render_ladder(ladder, screen)], target, captures)
    finish(trace, talk)
