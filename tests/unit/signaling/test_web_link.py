"""Link headers of RFC 8288."""

from __future__ import annotations

import pytest

from sigtrace.signaling.web_link import MAX_LINKS, decode_links, links_of
from tests.builders.exchanges import Wire

TURN = (
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; '
    'username="user"; credential="my;Pa,ss"; credential-type="password"'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<stun:stun.example.net>; rel=ice-server", [("stun:stun.example.net", {"rel": "ice-server"})]),
        (
            TURN,
            [
                (
                    "turn:turn.example.net?transport=udp",
                    {"rel": "ice-server", "username": "user", "credential": "my;Pa,ss", "credential-type": "password"},
                )
            ],
        ),
        ('<a>; rel="x" , <b>;REL=y', [("a", {"rel": "x"}), ("b", {"rel": "y"})]),
        ('<a>;title="say \\"hi\\", <c>; rel=no";rel=x', [("a", {"title": 'say "hi", <c>; rel=no', "rel": "x"})]),
        ("<a>", [("a", {})]),
        ("<a>; crossorigin; rel=x", [("a", {"crossorigin": "", "rel": "x"})]),
        ('<a>; credential="cut', [("a", {"credential": "cut"})]),
        ("<a", []),
        ("nonsense", []),
        ("", []),
    ],
)
def test_links_are_decoded(text: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    """Each link has its target and parameters, quoted or not, and what follows a place that is none is left."""
    assert [(link.target, dict(link.parameters)) for link in decode_links(text)] == expected


def test_links_of_several_headers_are_one_list() -> None:
    """A message may have several Link headers, in any case of their name."""
    wire = Wire()
    exchange = wire.add(
        "10.77.0.11", "/", 1.0, 1.1, response_headers=((b"Link", b"<a>; rel=x"), (b"LINK", TURN.encode()))
    )
    assert exchange.response is not None
    assert [link.relations for link in links_of(exchange.response)] == [("x",), ("ice-server",)]


def test_links_are_bounded() -> None:
    """No more links are read than a server could mean."""
    assert len(decode_links(", ".join(["<a>; rel=x"] * 1000))) == MAX_LINKS
