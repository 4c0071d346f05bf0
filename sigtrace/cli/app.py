"""The commands, registered; what is true of all of them."""

import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

import sigtrace
from sigtrace.cli.options import spread

EXIT_CODES = """
\b
Exit codes: 0 all is well
            2 usage, or a selection of what is not there
            3 cannot be opened, or is not a capture
            4 damaged: the answer is there, parts of it are missing
"""

app = typer.Typer(
    name="sigtrace",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: quick, and the same in a pipe
    pretty_exceptions_enable=False,  # errors are a line; --debug has the traceback
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)

COMMANDS = {
    "analyze": "A capture on one screen, and what to ask next",
    "chart": "The signaling as a sequence chart",
    "waits": "How long each wait hung, and what released it",
    "sdp": "What was offered, answered and agreed",
    "show": "One exchange or message whole",
    "export": "Records for other programs: NDJSON, JSON, CSV",
    "packet": "One packet as Wireshark or scapy dissects it",
}
"""Each is a function in the module of its name."""


def register(arguments: Sequence[str]) -> None:
    """Register the command that is called, or all where that is not plain: each takes its time to prepare."""
    completing = "_SIGTRACE_COMPLETE" in os.environ
    plain = bool(arguments) and arguments[0] in COMMANDS and not completing
    for name in arguments[:1] if plain else COMMANDS:
        command = getattr(import_module(f"sigtrace.cli.{name}"), name)
        app.command(short_help=COMMANDS[name], epilog=EXIT_CODES)(spread(command))


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if wanted:
        typer.echo(f"sigtrace {sigtrace.__version__}")
        raise typer.Exit


@app.callback()
def about(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Explain WebRTC signaling from what went over the wire: pcap and pcapng in, charts and data out.

    \b
    sigtrace analyze call.pcapng          at a glance
    sigtrace chart call.pcapng            who said what to whom
    sigtrace waits call.pcapng --longest  how long /wait hung, and why
    sigtrace sdp call.pcapng              what was negotiated
    sigtrace show call.pcapng 6           one exchange whole
    tcpdump -w - port 8888 | sigtrace chart -
    """  # noqa: D301 - Typer's mark for lines that stay as they are


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a sign that the terminal lacks is no reason to stop
    register(sys.argv[1:])
    try:
        app(prog_name="sigtrace")
    finally:
        gc.freeze()  # at its end Python looks for garbage in all that there is: a sixth of a small capture's time
