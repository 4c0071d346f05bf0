"""`sigtrace analyze`: a capture on one screen."""

from sigtrace.cli.opening import choose, open_trace
from sigtrace.cli.options import Captures, Choice, Look, Protocols, Talk, Target, VerifyChecksums
from sigtrace.cli.output import finish, screen_for, write_text


def analyze(  # noqa: PLR0913 - a command's parameters are its options
    *,
    captures: Captures,
    choice: Choice,
    verify_checksums: VerifyChecksums = False,
    protocols: Protocols,
    look: Look,
    target: Target,
    talk: Talk,
) -> None:
    """Explain a capture on one screen: who was there, which calls, the longest waits, what went wrong.

    \b
    Example: sigtrace analyze call.pcapng
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    trace = open_trace(captures, protocols, talk, verify_checksums=verify_checksums)
    chosen = choose(trace, choice)
    from sigtrace.render.terminal.summary import render_summary
    from sigtrace.views.summary import summarise

    dialects = [str(file) for file in protocols.dialect or ()]
    write_text([render_summary(summarise(chosen, dialects=dialects), screen_for(look, target))], target, captures)
    finish(trace, talk)
