"""The commands, registered; what is true of all of them."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

import sigtrace
from sigtrace.cli.exits import Code, complain, debugging, report
from sigtrace.cli.streams import forget_unwritten, open_streams

EXIT_CODES = """
\b
Exit codes: 0 all is well
            1 a bug of ours
            2 usage, or a selection of what is not there
            3 cannot be opened, or is not a capture
            4 damaged: the answer is there, parts of it are missing
            130 interrupted, 143 terminated
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
    "live": "Signaling as it happens, on an interface or through a pipe",
    "packet": "One packet as Wireshark or scapy dissects it",
    "interfaces": "What can be listened to, and whether you may",
}
"""Each is a function in the module of its name."""


def register(arguments: Sequence[str]) -> None:
    """Register the command that is called, and of the others what a list of them says: each takes time to prepare."""
    completing = "_SIGTRACE_COMPLETE" in os.environ  # then the arguments are elsewhere
    called = next((one for one in arguments if not one.startswith("-")), None)
    for name, purpose in COMMANDS.items():
        command = _command(name) if completing or name == called else _list_only
        app.command(name, short_help=purpose, epilog=EXIT_CODES)(command)


def _command(name: str) -> Callable[..., None]:
    from sigtrace.cli.options import spread

    return spread(getattr(import_module(f"sigtrace.cli.{name}"), name))


def _list_only() -> None:
    """Stand for a command that is not called."""


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if wanted:
        typer.echo(f"sigtrace {sigtrace.__version__}")
        raise typer.Exit


@app.callback()
def about(
    *,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
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
    debugging.set(debug)


def main() -> None:
    """Run the command line."""
    open_streams()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(Code.TERMINATED))  # so that a progress bar is taken away
    try:
        sys.exit(_run())
    finally:
        forget_unwritten()
        gc.freeze()  # at its end Python looks for garbage in all that there is: a sixth of a small capture's time


def _run() -> int:
    """Run the command that is called; return its exit code."""
    try:
        register(sys.argv[1:])
        code = app(prog_name="sigtrace", standalone_mode=False)
        if not code:
            sys.stdout.flush()
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - the last who can say what happened
        return _say_usage(error) if hasattr(error, "format_message") else report(error, debug="--debug" in sys.argv)
    return code or Code.OK


def _say_usage(error: Any) -> int:
    """Say what is wrong with the arguments, or show the help where there are none."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
    else:
        command = " ".join(["sigtrace", *(one for one in sys.argv[1:2] if one in COMMANDS)])
        complain(error.format_message(), f"{command} --help lists what there is")
    return Code.USAGE
