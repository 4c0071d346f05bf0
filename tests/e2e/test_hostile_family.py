"""Malice in what rooms, chats, dialects, Socket.IO and WHIP call things: harmless in every view and export."""

from __future__ import annotations

import io
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

import sigtrace
from sigtrace.render.terminal.exchange import render_exchange
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.layout import peers_that_fit
from sigtrace.render.terminal.screen import Screen
from sigtrace.views.exchange import explain_exchange
from sigtrace.views.ladder import build_ladder
from sigtrace.views.websocket_message import explain_message
from tests.builders.hostile_family import captures
from tests.e2e.command import CAPTURES, on_terminal, run
from tests.fuzz.outputs import SCREENS, check_outputs

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(captures())
DIALECT = CAPTURES.parent / "docs" / "how-to" / "example-dialect.toml"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
PROTOCOLS = {
    "skyrtc": {"skyrtc"},
    "chat": {"text-chat"},
    "generic": {"generic"},
    "envelope": {"relay"},
    "socketio": {"generic"},
    "whip": {"whip"},
}


def _harm(text: str) -> set[str]:
    return {one for one in text if one != "\n" and unicodedata.category(one) in HARMFUL}


@cache
def _trace(name: str) -> sigtrace.Trace:
    protocols = sigtrace.find_protocols([DIALECT])
    return sigtrace.analyze(sigtrace.read(io.BytesIO(captures()[name])), protocols=protocols)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_recognised(name: str) -> None:
    """What is hostile of a conversation does not hide what it is, so that all below tests what it says."""
    assert {session.protocol for session in _trace(name).sessions} == PROTOCOLS[name]


@pytest.mark.parametrize("screen", SCREENS, ids=["endless", "80", "41"])
@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_made_is_harmless(name: str, screen: Screen) -> None:
    """Every view in every notation and every export is harmless, and what is for programs can be read back."""
    check_outputs(_trace(name), screen)


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("name", NAMES)
def test_charts_and_messages_keep_their_width(name: str, width: int) -> None:
    """Nothing invisible or acting is left in a chart or a message shown by itself, and no line of it is wider."""
    trace, screen, peers = _trace(name), Screen(width), peers_that_fit(width, fallback=8)
    texts = [
        render_ladder(build_ladder(trace, max_peers=peers, verbose=True, code=True, packets=True), screen),
        *(render_exchange(explain_exchange(trace, one.number, verbose=True), screen) for one in trace.exchanges),
        *(render_exchange(explain_message(trace, one, verbose=True), screen) for one in trace.messages),
    ]
    for text in texts:
        assert not _harm(text)
        assert max(map(cell_len, text.split("\n"))) <= width


@pytest.mark.parametrize("name", NAMES)
def test_commands_are_harmless(name: str, tmp_path: Path) -> None:
    """The command line adds no harm, on a terminal or not, with a dialect, to what it prints or complains of."""
    path = tmp_path / "hostile.pcap"
    path.write_bytes(captures()[name])
    for words in (["analyze", "-v"], ["chart", "-v", "--code", "-n"]):
        done = run(*words, "--dialect", str(DIALECT), path, "--width", "80", "--color", "always")
        assert done.returncode in {0, 4}
        assert not _harm(COLOURS.sub("", done.stdout))
        assert not _harm(done.stderr)
    for words in (["export", "--bodies"], ["export", "--format", "csv", "--type", "act"], ["chart"]):
        assert not _harm(on_terminal(*words, path, NO_COLOR="1", COLUMNS="80"))
