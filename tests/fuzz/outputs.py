"""Everything that can be made of a trace: each view in each notation, each export; and what holds for all of them."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from typing import TYPE_CHECKING

from sigtrace.export import render_json, render_ndjson
from sigtrace.export.records import records
from sigtrace.export.schema import COLUMNS
from sigtrace.export.sdp_files import sdp_files
from sigtrace.export.sections import render_sections
from sigtrace.export.table import render_table
from sigtrace.render import markdown
from sigtrace.render.terminal.exchange import render_exchange
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.negotiation import render_negotiation
from sigtrace.render.terminal.screen import Screen
from sigtrace.render.terminal.summary import render_summary
from sigtrace.render.terminal.waits import render_waits
from sigtrace.views.exchange import explain_exchange
from sigtrace.views.ladder import build_ladder
from sigtrace.views.negotiation import explain_negotiations
from sigtrace.views.selection import Selection, select
from sigtrace.views.summary import summarise
from sigtrace.views.times import TimeFormat
from sigtrace.views.waits import list_waits
from sigtrace.views.websocket_message import explain_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.trace import Trace

SCREENS = (Screen(width=None), Screen(width=80), Screen(width=41, ascii=True))
SHOWN = 8  # exchanges and messages shown one by one

_COLOUR = re.compile("\x1b\\[[0-9;]*m")
_HARMFUL = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, surrogates, and what breaks lines
_REORDERS = frozenset({"RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"})


def check_outputs(trace: Trace, screen: Screen) -> None:
    """Make everything, what is for a screen for this one, and check that it is harmless and can be read back."""
    check_ordinary_outputs(trace)
    for text in _on_screen(trace, screen):
        check_harmless(text)
    coloured = render_ladder(build_ladder(trace, code=True), Screen(width=80, color=True))
    check_harmless(_COLOUR.sub("", coloured))
    check_harmless(markdown.render_negotiation(explain_negotiations(trace)))
    made = list(records(trace, bodies=True))
    assert len(json.loads("".join(render_json(made)))) == len(made)
    for kind in COLUMNS:
        _check_table("".join(render_table(kind, made)), sum(one["type"] == kind for one in made))
    _check_table("".join(render_sections(trace)), None)
    for file in sdp_files(trace):
        assert file.name.isprintable()
        assert "/" not in file.name
    for call in trace.calls[:1]:
        check_ordinary_outputs(select(trace, Selection(call=call.number)))


def check_ordinary_outputs(trace: Trace) -> None:
    """Make what `export`, `analyze` and `chart` write when nothing else is asked for."""
    for line in "".join(render_ndjson(records(trace))).splitlines():
        check_harmless(line)
        assert isinstance(json.loads(line), dict)
    check_harmless(render_summary(summarise(trace), SCREENS[0]))
    check_harmless(render_ladder(build_ladder(trace), SCREENS[0]))


def _on_screen(trace: Trace, screen: Screen) -> Iterator[str]:
    yield render_summary(summarise(trace), screen)
    yield render_ladder(build_ladder(trace, verbose=True, packets=True, time_format=TimeFormat.DELTA), screen)
    yield render_waits(list_waits(trace, order="longest", code=True), screen)
    yield render_negotiation(explain_negotiations(trace), screen)
    for exchange in trace.exchanges[:SHOWN]:
        yield render_exchange(explain_exchange(trace, exchange.number, code=True, verbose=True), screen)
    for message in trace.messages[:SHOWN]:
        yield render_exchange(explain_message(trace, message, code=True, verbose=True), screen)


def check_harmless(text: str) -> None:
    """Raise AssertionError when a text holds what acts on a terminal, or cannot be encoded."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return
    text.encode()
    for sign in set(text) - {"\n"}:
        assert unicodedata.category(sign) not in _HARMFUL, f"{sign!r} in {text[:200]!r}"
        assert unicodedata.bidirectional(sign) not in _REORDERS, f"{sign!r} in {text[:200]!r}"


def _check_table(text: str, rows: int | None) -> None:
    """Check that each row of a table has as many cells as its head."""
    head, *body = csv.reader(io.StringIO(text, newline=""))
    assert all(len(row) == len(head) for row in body)
    assert rows in (None, len(body))
