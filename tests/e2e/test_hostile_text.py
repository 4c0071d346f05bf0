"""A capture full of malice, through every command and format: harmless for whoever looks, whole for programs."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

import sigtrace
from sigtrace.export.records import records
from sigtrace.render.terminal.exchange import render_exchange
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.layout import peers_that_fit
from sigtrace.render.terminal.negotiation import render_negotiation
from sigtrace.render.terminal.screen import Screen
from sigtrace.render.terminal.summary import render_summary
from sigtrace.render.terminal.waits import render_waits
from sigtrace.text import encode_text
from sigtrace.views.exchange import explain_exchange
from sigtrace.views.ladder import build_ladder
from sigtrace.views.negotiation import explain_negotiations
from sigtrace.views.summary import summarise
from sigtrace.views.times import TimeFormat
from sigtrace.views.waits import list_waits
from tests.builders.hostile import annotated_capture, exchange_records
from tests.e2e.command import BASIC, CAPTURES, COMMAND, environment, on_terminal, run

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = CAPTURES / "hostile-text" / "hostile-text.pcapng"
TRUTH = HOSTILE.parent / "truth.json"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
FULL_WIDTH = "\uff1d\uff0b\uff0d\uff20"
HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
VIEWS = [
    ["analyze"],
    ["chart"],
    ["chart", "-v", "--code", "-n"],
    ["waits", "--code"],
    ["sdp"],
]


def _harm(text: str) -> set[str]:
    """Return what in an output could act or hide."""
    return {one for one in text if one != "\n" and unicodedata.category(one) in HARMFUL}


@pytest.mark.parametrize("view", [*([*one, HOSTILE] for one in VIEWS), ["show", "-v", HOSTILE, "15"]])
def test_views_are_harmless(view: list[str | Path]) -> None:
    """No control character, no mark of direction, no line wider than asked for, colours aside, on stdout and stderr."""
    done = run(*view, "--width", "80", "--color", "always")
    text = COLOURS.sub("", done.stdout)
    assert done.returncode == 0
    assert not _harm(text)
    assert not _harm(done.stderr)
    assert max(map(cell_len, text.split("\n"))) <= 80


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_views_keep_their_width(width: int, *, ascii_only: bool) -> None:
    """On screens of every width no line is wider, and what is drawn in ASCII is ASCII."""
    trace, screen = _trace(), Screen(width, ascii=ascii_only)
    peers = peers_that_fit(width, fallback=8)
    texts = [
        render_summary(summarise(trace), screen),
        render_ladder(build_ladder(trace, max_peers=peers), screen),
        render_ladder(build_ladder(trace, max_peers=peers, code=True, packets=True, verbose=True), screen),
        render_ladder(build_ladder(trace, max_peers=2, time_format=TimeFormat.ABSOLUTE), screen),
        render_waits(list_waits(trace, code=True), screen),
        render_negotiation(explain_negotiations(trace), screen),
        *(render_exchange(explain_exchange(trace, one.number, verbose=True), screen) for one in trace.exchanges),
    ]
    for text in texts:
        assert not _harm(text)
        assert max(map(cell_len, text.split("\n"))) <= width
        assert text.isascii() or not ascii_only


@cache
def _trace() -> sigtrace.Trace:
    return sigtrace.analyze(sigtrace.read(HOSTILE))


@pytest.mark.parametrize("width", ["80", "160"])
def test_lifelines_stand_below_each_other(width: str) -> None:
    """However wide and strange the names are, every row of the chart has its lifelines in the same cells."""
    lines = run("chart", HOSTILE, "--width", width, "--call", "1").stdout.split("\n")
    begin = next(place for place, line in enumerate(lines) if line.lstrip().startswith("#"))
    rows = [_cells(line) for line in lines[begin + 2 :] if line]
    columns = {place for place in range(int(width)) if sum(row[place : place + 1] in {"│", "┃"} for row in rows) > 20}
    assert len(columns) >= 3
    for row in rows:
        strays = {place for place, sign in enumerate(row) if sign in "│┃"} - columns
        assert not strays, row


def _cells(line: str) -> str:
    """Write a line so that each character stands for a cell."""
    return "".join(one + "\0" * (cell_len(one) - 1) for one in line if cell_len(one))


@pytest.mark.parametrize(
    "arguments",
    [
        ["sdp", "--format", "raw"],
        ["sdp", "--format", "json"],
        ["sdp", "--format", "csv"],
        ["sdp", "--format", "markdown"],
        ["export", "--bodies", "--flows"],
        ["export", "--format", "json", "--bodies"],
        ["export", "--format", "csv", "--type", "signal", "--bodies"],
        ["waits", "--format", "csv"],
        ["chart"],
    ],
)
def test_a_terminal_sees_no_harm(arguments: list[str]) -> None:
    """What is meant for programs is harmless for who looks at it on a terminal."""
    assert not _harm(on_terminal(*arguments, HOSTILE, NO_COLOR="1", COLUMNS="80"))


@pytest.mark.parametrize("program", ["tshark", "scapy"])
def test_what_others_dissect_is_harmless(program: str) -> None:
    """What tshark and scapy print of hostile packets is spelled out and folded."""
    if program == "tshark" and not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    wanted = next(one for one in _export() if one["type"] == "exchange" and "\x1b" in (one["host"] or ""))
    text = run("packet", HOSTILE, str(wanted["request_packets"][0]), "--with", program, "--width", "80").stdout
    assert "evil.example" in text
    assert not _harm(text)
    assert max(map(cell_len, text.split("\n"))) <= 80


# --- data


@cache
def _lines() -> tuple[str, ...]:
    text = run("export", "--bodies", HOSTILE).stdout
    assert text.endswith("\n")
    return tuple(text[:-1].split("\n"))


@cache
def _export() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in _lines())


def test_every_line_is_an_object_for_every_parser() -> None:
    """Each line is strict JSON: two Python parsers read the same, and there is no other end of a line in it."""
    for line, read in zip(_lines(), _export(), strict=True):
        assert msgspec.json.decode(line) == read
        assert line.splitlines() == [line]
        assert not _harm(line)
    assert json.loads(run("export", "--bodies", "--format", "json", HOSTILE).stdout) == list(_export())


READER = """
for (const line of require("fs").readFileSync(0, "utf8").trimEnd().split("\\n")) {
  const one = JSON.parse(line);
  console.log(JSON.stringify([one.name, one.target, one.host, one.text].map(field => field ?? null)));
}
"""


@pytest.mark.parametrize(
    "reader",
    [
        ["jq", "-c", "[.name, .target, .host, .text]"],
        [
            "node",
            "-e",
            READER,
        ],
    ],
    ids=["jq", "node"],
)
def test_other_parsers_read_the_same(reader: list[str]) -> None:
    """What jq and JavaScript read in the export is what Python reads."""
    if not shutil.which(reader[0]):
        pytest.skip(f"{reader[0]} is not installed")
    text = "".join(f"{line}\n" for line in _lines())
    done = subprocess.run(reader, input=text.encode(), capture_output=True, check=True, timeout=30)
    theirs = [json.loads(line) for line in done.stdout.decode().strip("\n").split("\n")]
    assert theirs == [[one.get(key) for key in ("name", "target", "host", "text")] for one in _export()]


def test_targets_and_bodies_come_back_byte_for_byte() -> None:
    """What the endpoints logged of targets and messages, as bytes, is what the export holds, as text."""
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))
    logged = {row["target"].encode("latin-1") for row in truth["exchanges"]}
    exchanges = [one for one in _export() if one["type"] == "exchange"]
    assert {encode_text(one["target"]) for one in exchanges} == logged
    sent = {row["request_body"]["sha256"] for row in truth["exchanges"] if row["kind"] == "message"}
    texts = [encode_text(one["text"]) for one in _export() if one["type"] == "signal"]
    assert {hashlib.sha256(text).hexdigest() for text in texts} == sent


def test_tables_hold_their_rows_and_no_formula(tmp_path: Path) -> None:
    """Every table has a line for each record, and no cell, however it is split, begins like a formula."""
    assert run("export", "--bodies", "--format", "csv", "-o", tmp_path, HOSTILE).returncode == 0
    tables = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    tables["sections"] = run("sdp", "--format", "csv", HOSTILE).stdout
    for kind, text in tables.items():
        assert not _harm(text)
        rows = list(csv.reader(text.split("\n")[:-1], strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}
        if kind != "sections":
            assert len(rows) - 1 == sum(one["type"] == kind for one in _export())
        for cell in (part for row in rows for whole in row for part in (whole, *whole.split(";"))):
            assert not re.match(rf"[\s\"']*[=+@{FULL_WIDTH}]|[\s\"']*-(?!\d+$)", cell) or cell.startswith("'"), cell


def test_markdown_has_no_link_picture_or_html_of_strangers() -> None:
    """Rendered, the negotiations hold our own HTML alone, and their tables have as many cells in every row."""
    text = run("sdp", "--format", "markdown", HOSTILE).stdout
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
    tokens = parser.parse(text)
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    assert not {"link_open", "image", "s_open", "code_block"} & {token.type for token in flat}
    assert {token.content for token in flat if token.type == "html_inline"} <= {"<br>"}
    for block in (token.content for token in tokens if token.type == "html_block"):
        assert re.fullmatch(
            r"(?:<details>\n<summary>[^<>]*(?:<code>[^<>]*</code>[^<>]*)*</summary>|</details>)\n?", block
        )
    rows = [token.type for token in tokens if token.type in {"tr_open", "th_open", "td_open"}]
    widths = {len(row.split()) for row in " ".join(rows).split("tr_open") if row}
    assert widths == {2, 4}
    headings = [token for token in tokens if token.type == "heading_open"]
    assert len(headings) == sum(line.startswith("#") for line in text.split("\n"))
    plain = [inner.content for token in tokens for inner in token.children or () if inner.type == "text"]
    assert not [part for part in plain if re.search(r"https?://|www\.|@\w|\w\.[a-z]{2}|:\w+:", part)]


def test_raw_descriptions_are_files_with_the_bytes_of_the_wire(tmp_path: Path) -> None:
    """Every description is a file in the folder, under a plain name, and holds what was sent."""
    assert run("sdp", "--format", "raw", "-o", tmp_path / "sdp", HOSTILE).returncode == 0
    files = sorted((tmp_path / "sdp").iterdir())
    assert files == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) == sum(one["type"] == "description" for one in _export())
    assert all(re.fullmatch(r"call-\d-(offer|answer)-[A-Za-z0-9_-]+\.sdp", path.name) for path in files)
    assert any(b"\xe9\xff(1)" in path.read_bytes() for path in files)
    piped = subprocess.run(
        [*COMMAND, "sdp", "--format", "raw", str(HOSTILE)], capture_output=True, env=environment(), check=True
    )
    assert b"\xe9\xff(1)" in piped.stdout


# --- names of files, and what a capture says of itself

NAME = os.fsdecode("\x1b[31m\u202e$(id)`id`'\n -".encode() + b"\xff.pcapng")


@pytest.mark.parametrize("name", [NAME, "-rf '{x,y}~!*.pcapng"])
def test_a_file_may_be_called_anything(name: str, tmp_path: Path) -> None:
    """Its name acts nowhere, comes back from the export, and what analyze suggests to type finds the file."""
    path = tmp_path / name
    path.write_bytes(BASIC.read_bytes())
    done = _in(tmp_path, "analyze", f"./{name}")
    assert done.returncode == 0
    assert not _harm(done.stdout)
    file = json.loads(_in(tmp_path, "export", f"./{name}").stdout.split("\n")[0])["file"]
    assert encode_text(file) == os.fsencode(name)
    suggested = re.findall(r"^ {9}(sigtrace show .*)$", done.stdout, re.MULTILINE)
    assert len(suggested) == 1
    python = " ".join(map(shlex.quote, COMMAND))
    shell = subprocess.run(
        ["bash", "-c", suggested[0].replace("sigtrace", python, 1)],
        cwd=tmp_path,
        capture_output=True,
        env=environment(),
        check=False,
    )
    assert (shell.returncode, shell.stdout[:8]) == (0, b"EXCHANGE"), shell.stderr


def test_errors_about_a_hostile_name_are_two_plain_lines(tmp_path: Path) -> None:
    """A missing file, a text file and a folder with such a name are complained about without harm."""
    (tmp_path / f"t{NAME}").write_text("text")
    (tmp_path / f"d{NAME}").mkdir()
    for name in (NAME, f"t{NAME}", f"d{NAME}"):
        done = _in(tmp_path, "analyze", name)
        assert done.returncode == 3
        assert done.stderr.count("\n") == 2
        assert not _harm(done.stderr)


def _in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [os.fsencode(one) for one in (*COMMAND, *arguments)],
        cwd=folder,
        capture_output=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_comments_and_names_in_a_capture_are_kept_and_harmless(tmp_path: Path) -> None:
    """What a pcapng file says of itself, its interfaces and packets comes back as bytes, and acts in no view."""
    text = b"\x1b[2J\xe2\x80\xae[red]=1+1\xff\\xff|<b>\r\n\x9b" + "李\u2028".encode()
    head = b"GET /sign_in?bob HTTP/1.0\r\n\r\n"
    answer = b"HTTP/1.1 200 Added\r\nPragma: 1\r\nContent-Length: 8\r\n\r\nbob,1,1\n"
    path = tmp_path / "annotated.pcapng"
    path.write_bytes(annotated_capture(exchange_records((head, answer)), text))
    capture = next(records(sigtrace.analyze(sigtrace.read(path))))
    assert [encode_text(one) for one in capture["comments"]] == [text]
    assert encode_text(capture["interfaces"][0]["name"]) == text
    shown = run("show", path, "1", "--width", "80").stdout
    assert "\\x1b[2J\\u202e[red]=1+1\\xff\\x5cxff|<b>" in shown
    for output in (shown, run("analyze", "-v", path).stdout, run("export", path).stdout):
        assert not _harm(output)
