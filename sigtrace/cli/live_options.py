"""The options of `live`, in groups; the letters are those of tcpdump and tshark."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from sigtrace.cli.options import Group
from sigtrace.sources.live.engines import Engine
from sigtrace.sources.live.source import DEFAULT_BUFFER_KIB, DEFAULT_SNAP_LENGTH


class Form(Enum):
    """What is printed."""

    TEXT = "text"
    NDJSON = "ndjson"


class Listening(Group, frozen=True, kw_only=True):
    """Where packets come from."""

    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="- for a capture through a pipe; with --follow a file that grows."),
    ] = None
    interface: Annotated[
        list[str] | None,
        typer.Option("--interface", "-i", metavar="NAME", help="Listen to this interface, or any; repeatable."),
    ] = None
    capture_filter: Annotated[
        str, typer.Option("--filter", "-f", metavar="FILTER", help="Capture filter: 'tcp port 8888'.")
    ] = ""
    snap_length: Annotated[
        int, typer.Option("--snapshot-length", "-s", metavar="BYTES", min=0, help="Bytes kept of a packet.")
    ] = DEFAULT_SNAP_LENGTH
    no_promiscuous: Annotated[
        bool, typer.Option("--no-promiscuous-mode", "-p", help="Only what is for this machine.")
    ] = False
    buffer: Annotated[
        int, typer.Option("--buffer-size", "-B", metavar="KIB", min=1, help="The kernel's buffer for each interface.")
    ] = DEFAULT_BUFFER_KIB
    engine: Annotated[Engine, typer.Option("--engine", help="Who listens.")] = Engine.SCAPY
    follow: Annotated[bool, typer.Option("--follow", help="Read FILE, and go on as it grows.")] = False


class Keeping(Group, frozen=True, kw_only=True):
    """What is kept, and when it ends."""

    write: Annotated[
        str | None, typer.Option("--write", "-w", metavar="FILE", help="Keep the packets, as pcapng; - is stdout.")
    ] = None
    ring: Annotated[
        list[str] | None,
        typer.Option(
            "--ring-buffer", "-b", metavar="WHEN:N", help="Next file: duration:S, filesize:KB, packets:N; files:N."
        ),
    ] = None
    autostop: Annotated[
        list[str] | None,
        typer.Option("--autostop", "-a", metavar="WHEN:N", help="Stop: duration:S, packets:N, filesize:KB, files:N."),
    ] = None
    count: Annotated[int | None, typer.Option("--count", "-c", metavar="N", help="Stop after so many packets.")] = None
