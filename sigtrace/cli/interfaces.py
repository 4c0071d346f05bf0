"""`sigtrace interfaces`: what can be listened to."""

from enum import Enum
from typing import Annotated

import typer

from sigtrace.cli.options import Captures, Look, Talk, Target
from sigtrace.cli.output import screen_for, write_text


class Form(Enum):
    """What the interfaces are written as."""

    TEXT = "text"
    JSON = "json"


def interfaces(
    *,
    form: Annotated[Form, typer.Option("--format", help="A table, or an array of objects.")] = Form.TEXT,
    look: Look,
    target: Target,
    talk: Talk,  # noqa: ARG001 - it says nothing beside its answer; --debug is heard elsewhere
) -> None:
    """List the interfaces that `live` can listen to: their kind, state and addresses, and whether you may.

    \b
    Example: sigtrace interfaces
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    from sigtrace.sources.live.interfaces import list_interfaces, may_listen

    found, allowed = list_interfaces(), may_listen()
    if form is Form.JSON:
        import json

        objects = [
            {
                "name": one.name,
                "kind": one.kind,
                "addresses": one.addresses,
                "up": one.up,
                "running": one.running,
                "may_listen": allowed,
            }
            for one in found
        ]
        write_text([json.dumps(objects, indent=2), "\n"], target, Captures(), encoding="utf-8")
        return
    from sigtrace.render.terminal.interfaces import render_interfaces
    from sigtrace.sources.live.refusals import no_rights
    from sigtrace.views.interfaces import list_interfaces as tabulate

    table = tabulate(found, allowed=allowed, advice=no_rights().hint)
    write_text([render_interfaces(table, screen_for(look, target))], target, Captures())
