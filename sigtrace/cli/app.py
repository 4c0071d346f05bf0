"""The commands, registered; what is true of all of them."""

import io
import sys
from collections.abc import Callable
from typing import Annotated

import typer

import sigtrace
from sigtrace.cli.analyze import analyze
from sigtrace.cli.chart import chart
from sigtrace.cli.export import export
from sigtrace.cli.options import spread
from sigtrace.cli.packet import packet
from sigtrace.cli.sdp import sdp
from sigtrace.cli.show import show
from sigtrace.cli.waits import waits

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

COMMANDS: dict[Callable[..., None], str] = {
    analyze: "A capture on one screen, and what to ask next",
    chart: "The signaling as a sequence chart",
    waits: "How long each wait hung, and what released it",
    sdp: "What was offered, answered and agreed",
    show: "One exchange or message whole",
    export: "Records for other programs: NDJSON, JSON, CSV",
    packet: "One packet as Wireshark or scapy dissects it",
}

for command, summary in COMMANDS.items():
    app.command(short_help=summary, epilog=EXIT_CODES)(spread(command))


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
    app(prog_name="sigtrace")
