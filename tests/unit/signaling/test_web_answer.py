"""What answers say beside their bodies."""

from __future__ import annotations

import pytest

from sigtrace.signaling.web_answer import describe_ice_server, describe_status, explain_refusal, media_type_of
from sigtrace.signaling.web_link import decode_links
from tests.builders.exchanges import Wire

PROBLEM = (b"Content-Type", b"application/problem+json; charset=utf-8")


@pytest.mark.parametrize(
    ("status", "asked", "headers", "body", "why"),
    [
        (401, (), (PROBLEM,), b'{"title": "No token", "detail": "send one", "status": 401}', "No token; send one"),
        (401, (), (), b'{"title": "No token"}', ""),
        (400, (), (PROBLEM,), b'["title"]', ""),
        (400, (), (PROBLEM,), b"not JSON", ""),
        (503, (), ((b"retry-after", b"5"),), b"", "retry after 5 s"),
        (503, (), ((b"Retry-After", b"Fri, 31 Dec 1999"),), b"", "retry after Fri, 31 Dec 1999"),
        (409, (), (PROBLEM, (b"Retry-After", b"2")), b'{"title": "No stream"}', "No stream; retry after 2 s"),
        (412, ((b"IF-MATCH", b'"old"'),), (), b"", 'If-Match: "old"'),
        (428, (), (), b"", "no If-Match"),
        (404, ((b"If-Match", b'"old"'),), (), b"", ""),
    ],
)
def test_refusals_are_explained(
    status: int,
    asked: tuple[tuple[bytes, bytes], ...],
    headers: tuple[tuple[bytes, bytes], ...],
    body: bytes,
    why: str,
) -> None:
    """The reason is what the problem says, the precondition that failed, and when to come again."""
    exchange = Wire().add(
        "10.77.0.11",
        "/",
        1.0,
        1.1,
        headers=asked,
        response_headers=headers,
        answer=(body, None),
        status=status,
        reason=b"Why",
    )
    assert explain_refusal(exchange) == why
    assert exchange.response is not None
    assert describe_status(exchange.response) == f"{status} Why"


def test_media_types_have_no_parameters() -> None:
    """A media type is compared without its parameters and case; none is empty."""
    exchange = Wire().add(
        "10.77.0.11", "/", 1.0, 1.1, headers=((b"CONTENT-TYPE", b" Application/SDP ; charset=utf-8"),)
    )
    assert exchange.request is not None
    assert exchange.response is not None
    assert media_type_of(exchange.request) == b"application/sdp"
    assert media_type_of(exchange.response) == b""


def test_ice_servers_are_described_without_their_credentials() -> None:
    """A server is shown with its user, and that there is a credential; never the credential."""
    text = '<turn:t>; rel="ice-server"; username="u"; credential="secret", <stun:s>; rel=ice-server'
    assert [describe_ice_server(link) for link in decode_links(text)] == [
        "turn:t, user name u, credential ***",
        "stun:s",
    ]
