"""Laws about text of strangers: its bytes come back from an export, and no notation obeys it."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import unicodedata
from functools import cache
from pathlib import Path

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

import sigtrace
from sigtrace.export.ndjson import encode_value
from sigtrace.export.records import records
from sigtrace.export.sdp_files import sdp_files
from sigtrace.export.table import encode_row, safe_cell
from sigtrace.render.markdown import render_negotiation as render_markdown
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.screen import Screen
from sigtrace.render.terminal.summary import render_summary
from sigtrace.text import encode_text
from sigtrace.value import replace
from sigtrace.views.abridged import abridged
from sigtrace.views.command import quote_file
from sigtrace.views.ladder import build_ladder
from sigtrace.views.negotiation import explain_negotiations
from sigtrace.views.summary import summarise
from tests.builders.hostile import exchange_capture, hostile, hostile_bytes

CAPTURES = Path(__file__).parents[2] / "captures"
SLOWLY = settings(deadline=None, max_examples=60)


def _harm(text: str) -> set[str]:
    return {
        one for one in text if one != "\n" and unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    }


def _without(data: bytes, signs: bytes) -> bytes:
    return bytes(one for one in data if one not in signs)


def _exported(*pairs: tuple[bytes, bytes]) -> list[dict[str, object]]:
    """Take requests and responses the whole way, and read the export again."""
    trace = sigtrace.analyze(sigtrace.read(io.BytesIO(exchange_capture(*pairs))))
    lines = [encode_value(record) for record in records(trace, bodies=True)]
    assert not any(_harm(line) for line in lines)
    read = [json.loads(line) for line in lines]
    assert [msgspec.json.decode(line) for line in lines] == read
    return read


@SLOWLY
@given(hostile_bytes, hostile_bytes, hostile_bytes)
@example(b"\\xff\xff", b"\\x5c\x80", b"\xc0\\x5cxff")
def test_heads_come_back_from_the_export(target: bytes, host: bytes, reason: bytes) -> None:
    """Target, Host and reason phrase are the bytes of the wire, whatever these were."""
    target = b"/" + _without(target, b"\r\n \t")
    host, reason = (b"x" + _without(text, b"\r\n") + b"x" for text in (host, reason))
    request = b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
    (exchange,) = (
        one
        for one in _exported((request, b"HTTP/1.1 200 " + reason + b"\r\nContent-Length: 0\r\n\r\n"))
        if one["type"] == "exchange"
    )
    assert [encode_text(str(exchange[key])) for key in ("target", "host", "reason")] == [target, host, reason]


@SLOWLY
@given(hostile_bytes, hostile_bytes, hostile_bytes)
def test_names_and_messages_come_back_from_the_export(name: bytes, text: bytes, session: bytes) -> None:
    """The name that the server lists, a message, and the SDP inside of JSON are the bytes of the wire."""
    name = b"n" + _without(name, b"\r\n \t,")
    text = b"t" + text
    session = _without(session, bytes(range(0x20)) + b'"\\')  # what JSON escapes is another matter
    wrapped = b'{"type":"offer","sdp":"v=0\\r\\ns=' + session + b'\\r\\n"}'
    listed = name + b",1,1\n"
    signed_in = b"HTTP/1.1 200 Added\r\nPragma: 1\r\nContent-Length: %d\r\n\r\n%b" % (len(listed), listed)
    read = _exported((b"GET /sign_in?" + name + b" HTTP/1.0\r\n\r\n", signed_in), _posted(text), _posted(wrapped))
    assert [encode_text(str(one["name"])) for one in read if one["type"] == "peer" and one["id"] == 1] == [name]
    assert [encode_text(str(one["text"])) for one in read if one["type"] == "signal"] == [text, wrapped]
    (sdp,) = (encode_text(str(one["sdp"])) for one in read if one["type"] == "description")
    assert sdp == b"v=0\r\ns=" + session + b"\r\n"


def _posted(body: bytes) -> tuple[bytes, bytes]:
    head = b"POST /message?peer_id=1&to=2 HTTP/1.0\r\nContent-Length: %d\r\nContent-Type: text/plain\r\n\r\n"
    return head % len(body) + body, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


# --- notations


@cache
def _call() -> sigtrace.Trace:
    return sigtrace.analyze(sigtrace.read(CAPTURES / "basic-call" / "basic-call.pcapng"))


def _renamed(name: str, file: str = "call.pcapng") -> sigtrace.Trace:
    trace = _call()
    return replace(
        trace,
        peers=tuple(replace(peer, name=name) for peer in trace.peers),
        captures=tuple(replace(capture, file=file) for capture in trace.captures),
    )


@SLOWLY
@given(hostile, hostile, st.sampled_from([60, 80, 160]), st.booleans())
def test_screens_obey_no_name(name: str, file: str, width: int, ascii_only: bool) -> None:  # noqa: FBT001
    """Whatever peers and files are called, nothing acts and no line is wider than the screen."""
    trace, screen = _renamed(name, file or "-"), Screen(width, ascii=ascii_only)
    for text in (render_summary(summarise(trace), screen), render_ladder(build_ladder(trace, max_peers=2), screen)):
        assert not _harm(text)
        assert max(map(cell_len, text.split("\n"))) <= width


@SLOWLY
@given(hostile)
@example("<img src=x onerror=alert(1)>")
@example("a@evil.example|x")
def test_markdown_obeys_no_name(name: str) -> None:
    """Whatever peers are called, the page has its own structure alone, and its own HTML."""
    page = render_markdown(explain_negotiations(_renamed(name)))
    plain = render_markdown(explain_negotiations(_renamed("bob")))
    assert not _harm(page)
    assert _structure(page) == _structure(plain)


def _structure(page: str) -> list[str]:
    """Return what a page is made of, without its words and code."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    made = []
    for token in parser.parse(page):
        inner = [one.type for one in token.children or () if one.type not in {"text", "code_inline"}]
        tags = re.findall(r"<(?!/?code>)[^>]*>?", token.content) if token.type == "html_block" else []
        made += [token.type, *inner, *tags]
    return made


@given(hostile)
@example("a;=1")
@example(' "=1')
def test_cells_are_text_in_every_spreadsheet(text: str) -> None:
    """A cell comes back from the table as it was written, and nowhere begins with what would be computed."""
    cell = safe_cell(text)
    (row,) = csv.reader([encode_row(["1", cell])], strict=True)
    assert row == ["1", cell]
    assert not _harm(cell)
    for part in (cell, *cell.split(";")):
        assert not re.match("['\"\\s]*[=+@\uff1d\uff0b\uff0d\uff20-]", part) or part.startswith("'")
    inside = safe_cell([text])
    assert json.loads(inside) == json.loads(encode_value([text]))
    assert not any(re.match("['\"\\s\\\\]*[=+@\uff1d\uff0b\uff0d\uff20-]", part) for part in inside.split(";"))


@given(hostile.filter(bool))
def test_a_quoted_file_is_one_word(name: str) -> None:
    """What is suggested to type is one word of a shell without harm in it; plain names come back from it."""
    name = name.replace("\x00", "")
    word = quote_file(name)
    assert not _harm(word)
    if not word.startswith("$'"):
        assert shlex.split(word) in ([name], [f"./{name}"])
    else:
        assert re.fullmatch(r"\$'(?:[^'\\]|\\['\\]|\\[0-3][0-7]{2})*'", word)


@given(hostile, st.integers(4, 80))
def test_what_is_abridged_fits(text: str, length: int) -> None:
    """An abridged text is as long as was asked for at most, and a short one is whole."""
    assert len(abridged(text, length)) <= length
    if len(text) <= length and text.isascii() and text.isprintable():
        assert abridged(text, length) == text


@SLOWLY
@given(st.lists(hostile, min_size=2, max_size=2))
def test_files_of_descriptions_have_names_of_their_own(names: list[str]) -> None:
    """Whatever peers are called, names of files are plain and differ, also where capital letters do not count."""
    trace = _call()
    peers = tuple(replace(peer, name=name) for peer, name in zip(trace.peers, names, strict=True))
    made = [file.name for file in sdp_files(replace(trace, peers=peers))]
    assert all(re.fullmatch(r"call-1-[a-z]+-[A-Za-z0-9_-]{1,40}-\d\.sdp", one) for one in made)
    assert len({one.lower() for one in made}) == len(made) == 2
