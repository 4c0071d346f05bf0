"""What is masked where headers and texts are shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sigtrace
from sigtrace.application.http.message import Body
from sigtrace.render.terminal.exchange import render_exchange
from sigtrace.render.terminal.screen import Screen
from sigtrace.value import replace
from sigtrace.views.exchange import explain_exchange
from sigtrace.views.masking import MASK, mask_header, mask_text

CAPTURES = Path(__file__).parents[3] / "captures"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", b"Bearer abc.def.ghi", "Bearer ***"),
        ("AUTHORIZATION", b"Basic dXNlcjpwYXNz", "Basic ***"),
        ("Authorization", b'Digest username="u", response="0a4f"', "Digest ***"),
        ("authorization", b"abc.def.ghi", "***"),
        ("Proxy-Authorization", b"Basic dXNlcjpwYXNz", "Basic ***"),
        ("X-Api-Key", b"abc", "***"),
        ("Cookie", b"sid=abc; theme=dark", "sid=***; theme=***"),
        ("Cookie", b"abc", "***"),
        ("Set-Cookie", b"sid=abc; Path=/; HttpOnly", "sid=***; Path=/; HttpOnly"),
        ("Link", b"<stun:stun.example.net>; rel=ice-server", "<stun:stun.example.net>; rel=ice-server"),
        (
            "Link",
            b'<turn:t>; rel="ice-server"; username="u"; credential="a;b, \\"c"; credential-type="password", <stun:s>',
            '<turn:t>; rel="ice-server"; username="u"; credential="***"; credential-type="password", <stun:s>',
        ),
        ("link", b"<turn:t>;credential = abc def ;username=u", '<turn:t>;credential = "***";username=u'),
        ("Link", b'<turn:t>; credential="never closed', '<turn:t>; credential="***"'),
        ("Link", b'<turn:t>; credential="a"b"; rel=x', '<turn:t>; credential="***"; rel=x'),
        ("Link", b"<turn:t>; credential*=UTF-8''abc; rel=x", '<turn:t>; credential*="***"; rel=x'),
        (
            "Link",
            b'<turn:t>; CREDENTIAL=abc, <turn:u>; Credential="d"',
            '<turn:t>; CREDENTIAL="***", <turn:u>; Credential="***"',
        ),
        ("Content-Type", b"application/sdp", "application/sdp"),
        ("WWW-Authenticate", b'Bearer realm="whip"', 'Bearer realm="whip"'),
    ],
)
def test_headers_are_masked(name: str, value: bytes, shown: str) -> None:
    """Values that log somebody in are masked, in whatever form they are written; everything else is as it was."""
    assert mask_header(name, value) == shown


SERVERS = {"turnservers": [{"username": "u", "credential": 'a"b\\', "url": "turn:t"}], "password": "x", "n": 1}


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_members_of_json_are_masked_at_any_depth(depth: int) -> None:
    """JSON in a string of JSON is masked like the outermost, and stays JSON."""
    text: object = SERVERS
    for _ in range(depth):
        text = json.dumps(text)
    assert isinstance(text, str)
    masked: object = mask_text(text)
    for _ in range(depth):
        assert isinstance(masked, str)
        masked = json.loads(masked)
    assert masked == {
        "turnservers": [{"username": "u", "credential": "***", "url": "turn:t"}],
        "password": "***",
        "n": 1,
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password": 1234, "a": 1}', '{"password": "***", "a": 1}'),
        ('42["x",{"credential":"never clo', '42["x",{"credential":"***"'),
        ('{"password":["a"]}', '{"password":["a"]}'),
        ("my password: abc", "my password: abc"),
        ('{"passwords": "abc"}', '{"passwords": "abc"}'),
    ],
)
def test_texts_are_masked(text: str, shown: str) -> None:
    """Numbers and values that are cut off are masked; lists, prose and other members are as they were."""
    assert mask_text(text) == shown


@given(st.text(), st.text())
def test_secret_in_json_never_shows(secret: str, other: str) -> None:
    """Whatever a credential is, it is gone, and all other members are as they were."""
    shown = json.loads(mask_text(json.dumps({"username": other, "credential": secret}, ensure_ascii=False)))
    assert shown["credential"] == "***"


@pytest.mark.parametrize("verbose", [False, True])
def test_show_masks_headers_and_bodies(verbose: bool) -> None:  # noqa: FBT001 - a parameter
    """An exchange is shown without its secrets, also when all of it is asked for."""
    trace = sigtrace.analyze(sigtrace.read(str(CAPTURES / "basic-call" / "basic-call.pcapng")))
    exchange = trace.exchanges[0]
    body = b'{"credential": "secret-1"}'
    request = replace(
        exchange.request,
        headers=((b"Authorization", b"Bearer secret-2"), (b"Link", b"<turn:t>; credential=secret-3")),
        body=Body(length=len(body), sha256="", data=body, missing=0, content=body),
    )
    spied = replace(trace, exchanges=(replace(exchange, request=request), *trace.exchanges[1:]))
    view = explain_exchange(spied, exchange.number, verbose=verbose)
    shown = render_exchange(view, Screen(width=100))
    assert shown.count(MASK) == 3
    assert "secret" not in shown
