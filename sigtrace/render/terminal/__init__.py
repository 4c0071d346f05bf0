"""Views on a terminal, or in a file that looks like one; the only place that knows rich.

A renderer takes a view and a `Screen` and returns text, each line with its end.
"""

from __future__ import annotations

from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.layout import peers_that_fit
from sigtrace.render.terminal.screen import Screen

__all__ = ["Screen", "peers_that_fit", "render_ladder"]
