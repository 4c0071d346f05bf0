"""The last argument of `show` and `packet`: what of the captures before it is meant."""

import typer

from sigtrace.cli.options import Captures
from sigtrace.value import replace


def split_subject(captures: Captures, forms: str) -> tuple[Captures, str]:
    """Take the last argument off; `-r FILE` may stand for the captures before it.

    Args:
        captures: all arguments.
        forms: what the last may look like, for the usage error.
    """
    given = list(captures.captures or ())
    if not given or not (given[1:] or captures.read):
        raise typer.BadParameter(f"give a capture and a number: FILE {forms}", param_hint="'FILE... N'")
    return replace(captures, captures=given[:-1]), str(given[-1])
