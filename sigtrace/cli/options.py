"""The options that commands share, in groups: a command takes a group as one parameter, see `spread`."""

import functools
import inspect
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TypeGuard, get_type_hints

import typer

from sigtrace.cli.exits import reporting
from sigtrace.value import Value
from sigtrace.views.times import TimeFormat


class Group(Value, frozen=True, kw_only=True):
    """Options that go together: each field is one, annotated as Typer wants it, and has a default."""


class Color(Enum):
    """When to use colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Talk(Group, frozen=True, kw_only=True):
    """How much is said beside the answer."""

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no remarks.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="More detail; notices are listed on stderr.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False


class Captures(Group, frozen=True, kw_only=True):
    """What is read."""

    captures: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Captures; - is standard input.", show_default=False)
    ] = None
    read: Annotated[
        list[Path] | None,
        typer.Option("--read-file", "-r", metavar="FILE", help="A capture, as tshark takes it; repeatable."),
    ] = None

    @property
    def paths(self) -> list[str]:
        """All captures, in the order given; several are read as one trace in time order."""
        return [str(path) for path in (*(self.captures or ()), *(self.read or ()))]


class CapturesAndSubject(Captures, frozen=True, kw_only=True):
    """What is read, and last what of it is meant; see `subject`."""

    captures: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE... N", help="Captures, - is standard input; then what to show.", show_default=False
        ),
    ] = None


class Choice(Group, frozen=True, kw_only=True):
    """What part of the trace is asked for."""

    call: Annotated[int | None, typer.Option("--call", metavar="N", help="Only this call.")] = None
    peer: Annotated[str | None, typer.Option("--peer", metavar="NAME|ID", help="Only this peer.")] = None
    server: Annotated[str | None, typer.Option("--server", metavar="IP[:PORT]", help="Only this server.")] = None
    room: Annotated[str | None, typer.Option("--room", metavar="NAME", help="Only who was in this room.")] = None
    protocol: Annotated[
        str | None, typer.Option("--protocol", metavar="NAME", help="Only this signaling protocol.")
    ] = None
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="From then on: seconds from the start, a time of day, a date."),
    ] = None
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to then.")] = None


class Protocols(Group, frozen=True, kw_only=True):
    """What signaling is looked for beside what sigtrace knows."""

    dialect: Annotated[
        list[Path] | None,
        typer.Option("--dialect", metavar="FILE", help="A signaling protocol described in TOML; repeatable."),
    ] = None


Code = Annotated[
    bool,
    typer.Option("--code", help="Name the functions of the sample programs, or of SkyRTC, behind what is on the wire."),
]
"""Whether functions are named."""


VerifyChecksums = Annotated[
    bool,
    typer.Option("--verify-checksums", help="Tell of wrong checksums; leave TCP segments out that have one."),
]
"""Whether the checksums of IPv4, TCP and UDP are looked at."""


class Times(Group, frozen=True, kw_only=True):
    """How points in time are written."""

    time: Annotated[
        TimeFormat,
        typer.Option("--time-format", "-t", help="As tshark's -t: r relative, a absolute, d delta, e epoch, u UTC, …"),
    ] = TimeFormat.RELATIVE


class Target(Group, frozen=True, kw_only=True):
    """Where the answer goes."""

    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PATH", help="Write there instead of to stdout.")
    ] = None


class Look(Group, frozen=True, kw_only=True):
    """What the answer looks like."""

    color: Annotated[Color, typer.Option("--color", help="When to use colours.")] = Color.AUTO
    width: Annotated[
        int | None,
        typer.Option("--width", metavar="CELLS", min=60, help="Fold to this width; the terminal's, in a pipe none."),
    ] = None
    ascii: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters alone.")] = False


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command as Typer takes it: each field of a group as a parameter, errors as exit codes.

    Args:
        command: its parameters are groups, and options of its own; one is a `Talk`.
    """
    hints = get_type_hints(command, include_extras=True)
    hints.pop("return", None)
    groups = {name: hint for name, hint in hints.items() if _is_group(hint)}
    parameters = [one for name in hints for one in _parameters(command, name, hints[name])]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        with reporting(debug=given["debug"]):
            command(
                **{name: given.pop(name) for name in hints if name not in groups},
                **{
                    name: group(**{option: given[option] for option in group.__struct_fields__})
                    for name, group in groups.items()
                },
            )

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Typer reads
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _is_group(hint: Any) -> TypeGuard[type[Group]]:
    return isinstance(hint, type) and issubclass(hint, Group)


def _parameters(command: Callable[..., None], name: str, hint: Any) -> list[inspect.Parameter]:
    """Return what stands for one parameter: the fields of a group, or itself."""
    if not _is_group(hint):
        return [
            inspect.signature(command).parameters[name].replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hint)
        ]
    fields, defaults = get_type_hints(hint, include_extras=True), hint()
    return [
        inspect.Parameter(
            option, inspect.Parameter.KEYWORD_ONLY, default=getattr(defaults, option), annotation=fields[option]
        )
        for option in hint.__struct_fields__
    ]
