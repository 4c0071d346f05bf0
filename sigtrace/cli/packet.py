"""`sigtrace packet`: a second look at one packet, through another program's eyes."""

import shutil
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from sigtrace.cli.exits import complain
from sigtrace.cli.options import CapturesAndSubject, Look, Talk, Target
from sigtrace.cli.output import screen_for, write_text
from sigtrace.cli.subject import split_subject
from sigtrace.errors import SelectionError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.sources.dissection import Dissection


class Program(Enum):
    """Who dissects."""

    AUTO = "auto"  # tshark where it is installed, else scapy
    TSHARK = "tshark"
    SCAPY = "scapy"


def packet(
    *,
    captures: CapturesAndSubject,
    program: Annotated[Program, typer.Option("--with", help="Who dissects it.")] = Program.AUTO,
    look: Look,
    target: Target,
    talk: Talk,
) -> None:
    """Show one packet as Wireshark dissects it, or scapy where tshark is not installed; its number last.

    \b
    Example: sigtrace packet call.pcapng 46
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    files, subject = split_subject(captures, "46")
    number = subject.removeprefix("packet:")
    if not number.isdecimal() or not int(number):
        raise SelectionError(f"{subject} is not the number of a packet", hint="packets are counted from 1")
    if len(files.paths) != 1:
        raise SelectionError("one packet is in one capture", hint="give a single file")
    dissection = _dissect(files.paths[0], int(number), program, talk)
    write_text(_lines(dissection, screen_for(look, target)), target, files)


def _dissect(path: str, number: int, program: Program, talk: Talk) -> "Dissection":
    if program is Program.AUTO:
        program = Program.TSHARK if shutil.which("tshark") and path != "-" else Program.SCAPY
        if program is Program.SCAPY and not talk.quiet:
            reason = "standard input can be read only once" if path == "-" else "tshark is not installed"
            complain(f"{reason}: scapy dissects the packet")
    if program is Program.TSHARK:
        if path == "-":
            raise SourceError("tshark cannot look at standard input again", hint="save it to a file first")
        from sigtrace.sources.tshark import dissect_with_tshark

        return dissect_with_tshark(path, number)
    from sigtrace.sources.dissector import dissect_with_scapy

    return dissect_with_scapy(path, number)


def _lines(dissection: "Dissection", screen: "Screen") -> "Iterator[str]":
    from sigtrace.render.terminal.wrap import fold

    yield f"packet {dissection.number}, as {dissection.program} reads it\n"
    for layer in dissection.layers:
        yield f"\n{screen.clean(layer.name)}\n"
        for line in layer.lines:
            for part in fold(screen.clean(line), None if screen.width is None else screen.width - 2):
                yield f"  {part}\n"
