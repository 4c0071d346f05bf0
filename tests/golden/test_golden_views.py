"""Captures and their views as reviewed text: `<capture>/<view>.txt` beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sigtrace
from sigtrace.render.markdown import render_negotiation as render_markdown
from sigtrace.render.terminal.exchange import render_exchange
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.layout import peers_that_fit
from sigtrace.render.terminal.negotiation import render_negotiation
from sigtrace.render.terminal.screen import Screen
from sigtrace.render.terminal.summary import render_summary
from sigtrace.render.terminal.waits import render_waits
from sigtrace.value import replace
from sigtrace.views.exchange import explain_exchange
from sigtrace.views.ladder import build_ladder
from sigtrace.views.negotiation import explain_negotiations
from sigtrace.views.summary import summarise
from sigtrace.views.waits import list_waits
from sigtrace.views.websocket_message import explain_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.trace import Trace

GOLDEN = Path(__file__).parent
CAPTURES = GOLDEN.parent.parent / "captures"
NARROW = Screen(width=80)
WIDE = Screen(width=None)
PLAIN = Screen(width=100, ascii=True)


def _chart(trace: Trace, screen: Screen = NARROW, *, code: bool = False, verbose: bool = False) -> str:
    max_peers = peers_that_fit(screen.width, fallback=8)
    return render_ladder(build_ladder(trace, code=code, packets=code, verbose=verbose, max_peers=max_peers), screen)


VIEWS: dict[str, Callable[[Trace], str]] = {
    "summary": lambda trace: render_summary(summarise(trace), NARROW),
    "chart": _chart,
    "chart-wide": lambda trace: _chart(trace, WIDE),
    "chart-code": lambda trace: _chart(trace, PLAIN, code=True),
    "chart-verbose": lambda trace: _chart(trace, WIDE, verbose=True),
    "waits": lambda trace: render_waits(list_waits(trace), NARROW),
    "sdp": lambda trace: render_negotiation(explain_negotiations(trace), NARROW),
    "sdp-markdown": lambda trace: render_markdown(explain_negotiations(trace)),
    "show-first": lambda trace: render_exchange(explain_exchange(trace, trace.exchanges[0].number), NARROW),
    "show-message": lambda trace: render_exchange(explain_message(trace, trace.messages[-1]), NARROW),
}
MAIN = ("summary", "chart")
SPECIAL = ("show-message",)
CASES = {
    "basic-call": tuple(view for view in VIEWS if view not in SPECIAL),
    "basic-call-cut": MAIN,
    "basic-call-gap": MAIN,
    "browser-call": ("summary", "chart", "waits", "sdp"),
    "queued-messages": ("summary", "chart", "waits"),
    "any-interface": ("summary",),
    "autocall": MAIN,
    "errors": MAIN,
    "glare": MAIN,
    "hostile-text": (*MAIN, "chart-wide", "waits", "sdp", "sdp-markdown"),
    "ipv6-only": ("summary", "chart-wide", "sdp"),
    "killed-peer": (*MAIN, "waits"),
    "never-delivered": (*MAIN, "sdp"),
    "offer-loopback": MAIN,
    "odd-requests": MAIN,
    "quit-server": MAIN,
    "re-offer": (*MAIN, "sdp"),
    "reference-2011": MAIN,
    "refused": MAIN,
    "replaced-wait": (*MAIN, "waits"),
    "server-restart": MAIN,
    "silent-server": MAIN,
    "started-mid-call": (*MAIN, "sdp"),
    "third-party": (*MAIN, "chart-wide", "sdp"),
    "two-servers": MAIN,
    "unanswered-offer": MAIN,
    "websocket-deflate": (*MAIN, "chart-verbose", "waits", "sdp", "show-message"),
    "chat-rooms": ("summary", "chart-wide"),
    "generic-http": (*MAIN, "waits"),
    "generic-websocket": MAIN,
    "signalmaster": ("summary", "chart-wide", "waits"),
    "signalmaster-09": MAIN,
    "signalmaster-gap": ("summary",),
    "socketio-rooms": ("summary", "chart-wide", "waits"),
    "skyrtc-mesh": ("summary", "chart-wide", "chart-code", "sdp"),
    "skyrtc-mesh-gap": MAIN,
    "skyrtc-odd": ("summary", "chart-wide"),
    "websocket-late": MAIN,
    "whep": (*MAIN, "sdp"),
    "whip": (*MAIN, "sdp"),
}


@cache
def _trace(capture: str) -> Trace:
    """Analyse under a name that does not depend on where the checkout is."""
    path = next(path for path in (CAPTURES / capture).iterdir() if path.suffix in {".pcap", ".pcapng"})
    trace = sigtrace.analyze(sigtrace.read(str(path)))
    return _renamed(trace, path.name)


def _renamed(trace: Trace, name: str) -> Trace:
    return replace(trace, captures=tuple(replace(capture, file=name) for capture in trace.captures))


@pytest.mark.parametrize(("capture", "view"), [(capture, view) for capture, views in CASES.items() for view in views])
def test_view_is_as_reviewed(capture: str, view: str, compare_golden: Callable[[Path, str], None]) -> None:
    """A view of a capture is the text that a person has read and found good."""
    compare_golden(GOLDEN / capture / f"{view}.txt", VIEWS[view](_trace(capture)))
