"""Views on a terminal, or in a file that looks like one; the only place that knows rich.

A renderer takes a view and a `Screen` and returns text, each line with its end.
"""

from __future__ import annotations

from sigtrace.render.terminal.exchange import render_exchange
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.layout import peers_that_fit
from sigtrace.render.terminal.negotiation import render_negotiation
from sigtrace.render.terminal.screen import Screen
from sigtrace.render.terminal.summary import render_summary
from sigtrace.render.terminal.waits import render_waits

__all__ = [
    "Screen",
    "peers_that_fit",
    "render_exchange",
    "render_ladder",
    "render_negotiation",
    "render_summary",
    "render_waits",
]
