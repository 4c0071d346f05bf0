"""Addresses of requests, and what answers point at."""

from __future__ import annotations

import pytest

from sigtrace.signaling.web_address import WebAddress, address_of, resolve
from tests.builders.exchanges import Wire

BASE = WebAddress("whip.example.com", "/live/endpoint?room=7")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (b"/resource/1", "whip.example.com/resource/1"),
        (b"resource/1", "whip.example.com/live/resource/1"),
        (b"./resource/1", "whip.example.com/live/resource/1"),
        (b"../resource/1", "whip.example.com/resource/1"),
        (b"../../../resource/./1/..", "whip.example.com/resource/"),
        (b"?id=1", "whip.example.com/live/endpoint?id=1"),
        (b"/whip?action=delete&token=1", "whip.example.com/whip?action=delete&token=1"),
        (b"", "whip.example.com/live/endpoint?room=7"),
        (b"  /resource/1  ", "whip.example.com/resource/1"),
        (b"/resource/1#part", "whip.example.com/resource/1"),
        (b"https://node3.example.org/r/1", "node3.example.org/r/1"),
        (b"HTTPS://Node3.Example.ORG:443/r/1", "node3.example.org/r/1"),
        (b"http://node3.example.org:80", "node3.example.org/"),
        (b"http://node3.example.org:8080?x", "node3.example.org:8080/?x"),
        (b"//node3.example.org/r/1", "node3.example.org/r/1"),
        (b"https://user:secret@node3.example.org/r/1", "node3.example.org/r/1"),
        (b"http://[2001:db8::1]:8080/r/1", "[2001:db8::1]:8080/r/1"),
        (b"/r/\xff", "whip.example.com/r/\\xff"),
    ],
)
def test_references_are_resolved(reference: bytes, expected: str) -> None:
    """A Location points where RFC 3986 says, whatever its form; scheme, user and default port are left out."""
    assert str(resolve(BASE, reference)) == expected


@pytest.mark.parametrize("reference", [b"turn:turn.example.net", b"urn:uuid:1", b"http:resource", b"mailto:a@b"])
def test_other_schemes_point_at_nothing(reference: bytes) -> None:
    """What is not on the web has no address."""
    assert resolve(BASE, reference) is None


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        ("/whip/endpoint", ((b"Host", b"Whip.Example.com:80"),), "whip.example.com/whip/endpoint"),
        ("/whip/endpoint", (), "10.77.0.1:8888/whip/endpoint"),
        ("http://other.example.com:81/whip", ((b"Host", b"whip.example.com"),), "other.example.com:81/whip"),
        ("*", ((b"Host", b"whip.example.com"),), "whip.example.com/"),
        ("//double/slash", ((b"Host", b"whip.example.com"),), "whip.example.com//double/slash"),
    ],
)
def test_requests_have_addresses(target: str, headers: tuple[tuple[bytes, bytes], ...], expected: str) -> None:
    """A request is for its target on its Host, else on the server's address; an absolute target names its own host."""
    exchange = Wire().add("10.77.0.11", target, 1.0, None, headers=headers)
    assert str(address_of(exchange)) == expected
