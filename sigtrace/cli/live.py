"""`sigtrace live`: signaling as it happens."""

from contextlib import suppress
from typing import Annotated

import typer

from sigtrace.cli.exits import complain
from sigtrace.cli.live_options import Form, Keeping, Listening
from sigtrace.cli.options import Look, Protocols, Talk, Target, Times


def live(  # noqa: PLR0913 - a command's parameters are its options
    *,
    listening: Listening,
    keeping: Keeping,
    list_them: Annotated[bool, typer.Option("--list-interfaces", "-D", help="List the interfaces there are.")] = False,
    form: Annotated[Form, typer.Option("--format", help="A chart as it grows, or records.")] = Form.TEXT,
    protocols: Protocols,
    times: Times,
    look: Look,
    talk: Talk,
) -> None:
    """Watch signaling as it happens: who comes and goes, which waits hang, what is offered, answered and relayed.

    On a terminal, what hangs and what goes on stays at the foot of the screen. Ctrl-C ends it with a summary.

    \b
    Example: sigtrace live -i eth0 -f 'tcp port 8888' -w run.pcapng
             ssh host tcpdump -U -w - | sigtrace live -
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    if list_them:
        from sigtrace.cli.interfaces import interfaces

        interfaces(look=look, target=Target(), talk=talk)
        return
    import sigtrace
    from sigtrace.cli.live_setup import gate_for, output_for, source_for, stopping
    from sigtrace.live.watch import Watch
    from sigtrace.live.watcher import Watcher

    source = source_for(listening)
    known = sigtrace.find_protocols(protocols.dialect or ())
    gate, recorder = gate_for(keeping)
    output = output_for(form, times, look, listening, keeping)
    watch = Watch(source, Watcher(protocols=known), output, gate=gate)
    try:
        with stopping(watch.stop) as stopped:
            watch.run()
    finally:
        with suppress(OSError):  # a terminal that was closed takes nothing back
            output.leave()
        for notice in recorder.close() if recorder is not None else ():
            complain(notice.text)
    if gate.reached() and not talk.quiet:
        complain(f"stopped after {gate.reached()}")
    raise typer.Exit(stopped.code)
