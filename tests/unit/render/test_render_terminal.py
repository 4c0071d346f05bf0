"""Text on a terminal: harmless, in its width, and the same without colours."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import sigtrace
from sigtrace.packets.endpoint import Endpoint
from sigtrace.render.escape import make_ascii, make_visible
from sigtrace.render.markdown import render_negotiation as render_markdown
from sigtrace.render.terminal.canvas import Canvas
from sigtrace.render.terminal.exchange import render_exchange
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.layout import peers_that_fit
from sigtrace.render.terminal.line import Line
from sigtrace.render.terminal.negotiation import render_negotiation
from sigtrace.render.terminal.screen import Screen
from sigtrace.render.terminal.summary import render_summary
from sigtrace.render.terminal.table import Cell, TableColumn, render_table
from sigtrace.render.terminal.waits import render_waits
from sigtrace.render.terminal.wrap import wrap
from sigtrace.value import replace
from sigtrace.views.exchange import explain_exchange
from sigtrace.views.ladder import build_ladder
from sigtrace.views.ladder_rows import ColumnKind, Lifeline, Mark, Quiet, Tone
from sigtrace.views.negotiation import explain_negotiations
from sigtrace.views.summary import summarise
from sigtrace.views.waits import list_waits

if TYPE_CHECKING:
    from sigtrace.trace import Trace

CAPTURES = Path(__file__).parents[3] / "captures"
HOSTILE = "[red]\x1b[31mbob\x07\u202e\u2066\u200b\x00\n\r\x9b2J@`<img>|**"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@cache
def _trace(name: str) -> Trace:
    path = next(path for path in (CAPTURES / name).iterdir() if path.suffix in {".pcap", ".pcapng"})
    return sigtrace.analyze(sigtrace.read(str(path)))


def _renamed(*names: str) -> Trace:
    trace = _trace("third-party")
    server = Endpoint("2001:db8:85a3::8a2e:370:7334", 8888)
    return replace(
        trace,
        captures=tuple(replace(capture, file="call.pcapng") for capture in trace.captures),
        peers=tuple(replace(peer, name=name) for peer, name in zip(trace.peers, names, strict=True)),
        sessions=tuple(replace(session, server=server) for session in trace.sessions),
        exchanges=tuple(replace(exchange, server=server) for exchange in trace.exchanges),
    )


def _everything(trace: Trace, screen: Screen) -> str:
    max_peers = peers_that_fit(screen.width, fallback=8)
    ladder = build_ladder(trace, code=True, packets=True, verbose=True, max_peers=max_peers)
    return "".join(
        [
            render_summary(summarise(trace), screen),
            render_ladder(ladder, screen),
            render_ladder(build_ladder(trace, max_peers=max_peers), screen),
            render_waits(list_waits(trace), screen),
            render_negotiation(explain_negotiations(trace), screen),
        ]
    )


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("alice@host-a", "alice@host-a"),
        ("李华 Söhne 🙂", "李华 Söhne 🙂"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("\ud800\U000e0041", "\\ud800\\U000e0041"),
    ],
)
def test_what_acts_on_a_terminal_becomes_visible(text: str, visible: str) -> None:
    """Controls and what reorders or hides text is spelled out; all other text is as it was."""
    assert make_visible(text) == visible


@given(st.text())
def test_no_text_stays_harmful(text: str) -> None:
    """Whatever comes, nothing that acts is left, the result can be encoded, and a second time changes nothing."""
    visible = make_visible(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", visible)
    assert make_visible(visible) == visible
    visible.encode()
    assert make_ascii(text).replace("\u00a0", " ").isascii()


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("color", [False, True])
def test_hostile_names_and_bodies_do_nothing(*, ascii_only: bool, color: bool) -> None:
    """Escapes, markup and bidirectional marks in names reach no output as such, colours aside."""
    text = _everything(_renamed(HOSTILE, HOSTILE, HOSTILE), Screen(100, color, ascii_only))
    bare = COLOURS.sub("", text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066]", bare)
    assert "\\x1b[31mbob" in bare
    assert "\x1b[31mbob" not in text
    assert "[red]" in bare
    if ascii_only:
        assert bare.isascii()


@pytest.mark.parametrize("names", [("alice", "bob", "carol"), ("王小明的很长的名字@测试主机一号", "李华", "δ" * 50)])
@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_line_is_wider_than_the_screen(names: tuple[str, ...], width: int, *, ascii_only: bool) -> None:
    """Wide characters, long names and IPv6 servers stay within the screen, counted in cells."""
    for line in _everything(_renamed(*names), Screen(width, ascii=ascii_only)).splitlines():
        assert cell_len(line) <= width, line


def test_lifelines_stand_below_each_other() -> None:
    """In every row the lifelines are in the same cells, also where wide characters are on the arrows."""
    text = render_ladder(build_ladder(_renamed("王小明", "李华", "卡罗尔")), Screen(None))
    places = set()
    for line in text.splitlines()[2:]:
        cells = "".join(character + "\0" * (cell_len(character) - 1) for character in line)
        places |= {place for place, character in enumerate(cells) if character in "│┃┼╂"}
    assert len(places) == 4


def test_colours_change_no_text() -> None:
    """Without its colours, a coloured output is the plain one."""
    trace = _trace("third-party")
    assert COLOURS.sub("", _everything(trace, Screen(80, color=True))) == _everything(trace, Screen(80))


def test_ascii_output_is_ascii() -> None:
    """Glyphs have plain forms, and text of strangers is spelled out."""
    assert _everything(_renamed("李华", "Söhne", "µ"), Screen(120, ascii=True)).isascii()


@pytest.mark.parametrize("width", [None, 30, 80])
def test_a_server_alone_is_drawn(width: int | None) -> None:
    """A session of which no arrow is known has a chart of the server alone, with an edge or without."""
    ladder = build_ladder(_trace("quit-server"))
    server = next(column for column in ladder.sections[0].columns if column.kind is ColumnKind.SERVER)
    states = (Lifeline.SERVER,)
    rows = (
        Quiet(duration="2 s", duration_ns=2_000_000_000, lifelines=states),
        Mark(time="2.0", delta="", at_ns=0, column=None, text="ends", tone=Tone.HOUSEKEEPING, lifelines=states),
    )
    alone = replace(ladder, sections=(replace(ladder.sections[0], columns=(server,), rows=rows),))
    lines = render_ladder(alone, Screen(width=width)).splitlines()
    assert any("2 s quiet" in line for line in lines)
    assert lines[-1].endswith("│ ends")


def test_without_an_edge_nothing_is_cut() -> None:
    """In a pipe the chart is as wide as it needs, and names are whole."""
    name = "n" * 60
    assert name in render_ladder(build_ladder(_renamed(name, "b", "c")), Screen(None))


def test_the_usual_capture_fits_one_screen() -> None:
    """The summary of a plain call has at most 40 lines of 80 columns."""
    lines = render_summary(summarise(_trace("basic-call")), Screen(80)).splitlines()
    assert 15 <= len(lines) <= 40


@pytest.mark.parametrize(("width", "peers"), [(80, 3), (120, 5), (160, 7), (20, 2), (None, 8)])
def test_room_for_peers(width: int | None, peers: int) -> None:
    """Eighty columns hold three peers and the server; no screen is too narrow for two."""
    assert peers_that_fit(width, fallback=8) == peers


def test_an_exchange_shows_hostile_bodies_harmlessly() -> None:
    """A body that holds escapes is spelled out."""
    trace = _trace("basic-call")
    exchange = trace.exchange(1)
    assert exchange is not None
    assert exchange.response is not None
    body = replace(exchange.response.body, data=b"\x1b]0;title\x07", content=b"\x1b]0;title\x07")
    hostile = replace(exchange, response=replace(exchange.response, body=body))
    text = render_exchange(explain_exchange(replace(trace, exchanges=(hostile, *trace.exchanges[1:])), 1), Screen(80))
    assert "\\x1b]0;title\\x07" in text
    assert "\x1b" not in text


def test_markdown_obeys_no_stranger() -> None:
    """Names cannot break out of a table cell, become HTML, or act on a terminal."""
    text = render_markdown(explain_negotiations(_renamed(HOSTILE, "a|b", "[x](http://y)")))
    assert "\x1b" not in text
    assert "<img>" not in text
    assert "a\\|b" in text
    assert "`[x](http://y)`" in text


def test_a_fence_is_longer_than_backticks_inside_it() -> None:
    """A description with a line of backticks stays inside its block."""
    view = explain_negotiations(_trace("basic-call"))
    (call,) = view.calls
    (one,) = call.rounds
    raw = tuple(replace(each, sdp="v=0\r\n````\r\n") for each in one.raw)
    text = render_markdown(replace(view, calls=(replace(call, rounds=(replace(one, raw=raw),)),)))
    assert "`````sdp\nv=0\n````\n`````\n" in text


def test_a_line_breaks_at_spaces_and_keeps_units() -> None:
    """A number and its unit stay together, and a word that is too long is cut."""
    screen = Screen(80)
    assert [part.replace("\u00a0", " ") for part in wrap("hung for 1.02 s", 10, screen)] == ["hung for", "1.02 s"]
    assert len(wrap("with 401 (packet 62)", 18, screen)) == 2
    assert wrap("with 401 (packet 62)", 18, screen)[0] == "with 401"
    assert wrap("abcdefghij", 4, screen) == ["abcd", "efgh", "ij"]
    assert wrap("", 10, screen) == []


def test_a_table_leaves_empty_columns_out_and_gives_way_where_it_is_widest() -> None:
    """A column without content takes no room, and the widest one breaks."""
    columns = (TableColumn("a"), TableColumn("b"), TableColumn("c", least=4))
    rows = [[Cell("1"), Cell(""), Cell("wide " * 8)]]
    lines = [str(line) for line in render_table(columns, rows, Screen(20))]
    assert lines[0] == "a  c"
    assert len(lines) == 4
    assert all(cell_len(line) <= 20 for line in lines)


def test_a_table_takes_brief_texts_before_it_shortens_and_then_leaves_columns_out() -> None:
    """Brief texts stand in all rows or in none; then the column goes that says least."""
    columns = (TableColumn("who", least=5), TableColumn("from", least=10, drop=1), TableColumn("what", least=4))
    rows = [
        [Cell("alice@host-a", brief="alice"), Cell("10.77.0.11"), Cell("more")],
        [Cell("x"), Cell("10.77.0.1"), Cell("less")],
    ]

    def first(width: int | None) -> str:
        return [str(line) for line in render_table(columns, rows, Screen(width))][1]

    assert first(None) == first(30) == "alice@host-a  10.77.0.11  more"
    assert first(29) == first(23) == "alice  10.77.0.11  more"
    assert first(22) == "alice@host-a  more"


def test_lines_stand_beneath_their_row() -> None:
    """What explains a row follows it, before the next row."""
    beneath = [[Line(Screen()).add("one")], []]
    lines = render_table((TableColumn("t"),), [[Cell("a")], [Cell("b")]], Screen(), beneath=beneath)
    assert [str(line) for line in lines] == ["t", "a", "one", "b"]


def test_what_terminals_measure_differently_is_spelled_out() -> None:
    """Joined emoji and variation selectors are as wide as their escapes, on every terminal."""
    assert make_visible("\U0001f469\u200d\U0001f467 \u2764\ufe0f") == "\U0001f469\\u200d\U0001f467 \u2764\\ufe0f"


@given(st.text(max_size=40), st.integers(0, 30))
def test_shortening_fits_and_keeps_both_ends(text: str, width: int) -> None:
    """A shortened text is never wider than asked for."""
    screen = Screen(80)
    assert screen.cells(screen.shorten(screen.clean(text), width)) <= width


def test_a_line_ends_without_spaces() -> None:
    """Nothing invisible is left at the end of a line."""
    assert str(Line(Screen(80)).add("a").add("  ").add("   ", "dim")) == "a"


def test_a_canvas_counts_cells() -> None:
    """After a wide character with a mark on it, what follows stands two cells further."""
    canvas = Canvas(Screen(80))
    canvas.write(0, "李\u0301x", "")
    canvas.write(4, "│", "")
    assert str(canvas.paint(Line(Screen(80)), 0)) == "李\u0301x │"
