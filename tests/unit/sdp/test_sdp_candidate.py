"""ICE candidates, field by field."""

from __future__ import annotations

import pytest

from sigtrace.errors import DecodeError
from sigtrace.sdp.candidate import Candidate, decode_candidate, encode_candidate

_CHROMIUM = (
    "candidate:842163049 1 udp 1677729535 198.51.100.7 46154 typ srflx raddr 10.0.0.4 rport 46155 "
    "generation 2 ufrag Doe5 network-id 3 network-cost 900"
)


def test_candidate_of_chromium_has_every_field() -> None:
    """A server-reflexive candidate of libwebrtc is read whole."""
    candidate = decode_candidate(_CHROMIUM)
    assert candidate == Candidate(
        foundation="842163049",
        component=1,
        transport="udp",
        priority=1677729535,
        address="198.51.100.7",
        port=46154,
        kind="srflx",
        extensions=(
            ("raddr", "10.0.0.4"),
            ("rport", "46155"),
            ("generation", "2"),
            ("ufrag", "Doe5"),
            ("network-id", "3"),
            ("network-cost", "900"),
        ),
    )
    assert (candidate.related_address, candidate.related_port) == ("10.0.0.4", 46155)
    assert (candidate.generation, candidate.ufrag) == (2, "Doe5")
    assert (candidate.network_id, candidate.network_cost) == (3, 900)
    assert candidate.tcp_type is None


@pytest.mark.parametrize(
    "text",
    [
        _CHROMIUM,
        "a=" + _CHROMIUM,
        _CHROMIUM.removeprefix("candidate:"),
        "a=" + _CHROMIUM + "\r\n",
        _CHROMIUM.replace(" udp ", " UDP "),
        _CHROMIUM.replace("typ srflx", "TYP  SRFLX"),
    ],
)
def test_candidate_prefix_end_and_case_do_not_matter(text: str) -> None:
    """A candidate is the same with and without its prefixes and line end, and in any case of its words."""
    assert decode_candidate(text) == decode_candidate(_CHROMIUM)


def test_candidate_priority_is_taken_apart() -> None:
    """The priority of RFC 8445's formula gives its three parts back."""
    candidate = decode_candidate(f"1 2 udp {(126 << 24) + (65535 << 8) + 254} 192.0.2.7 5000 typ host")
    assert (candidate.type_preference, candidate.local_preference, candidate.priority_component) == (126, 65535, 2)


@pytest.mark.parametrize(
    ("address", "mdns"),
    [
        ("8e9b6d8c-2f4c-4bd5-8f1d-3c3b8a8d0f1e.local", True),
        ("HOST.LOCAL", True),
        ("192.0.2.7", False),
        ("fd77::11", False),
        ("local", False),
        ("host.local.example", False),
    ],
)
def test_candidate_mdns_names_are_known(address: str, *, mdns: bool) -> None:
    """A name under .local hides an address; other addresses and names do not."""
    candidate = decode_candidate(f"1 1 udp 1 {address} 9 typ host")
    assert (candidate.address, candidate.mdns) == (address, mdns)


def test_candidate_over_tcp_tells_who_connects() -> None:
    """The tcptype of RFC 6544 is read."""
    candidate = decode_candidate("103646582 1 tcp 1518214911 10.77.0.11 9 typ host tcptype active generation 0")
    assert (candidate.transport, candidate.port, candidate.tcp_type) == ("tcp", 9, "active")


def test_candidate_of_google_ice_is_kept_whole() -> None:
    """What libwebrtc wrote before 2014 is read, its extensions kept in order."""
    text = "1 2 ssltcp 2130706432 10.0.1.1 443 typ local name rtcp network_name en0 username u password p generation 0"
    candidate = decode_candidate(text)
    assert (candidate.transport, candidate.kind) == ("ssltcp", "local")
    assert [name for name, _ in candidate.extensions] == ["name", "network_name", "username", "password", "generation"]


@pytest.mark.parametrize("text", ["1 1 udp 1 ::1 9 typ host generation", "1 1 udp 1 ::1 9 typ host generation x"])
def test_candidate_with_an_unreadable_extension_is_kept(text: str) -> None:
    """An extension without value, or with a strange one, is kept as written and its number is unknown."""
    candidate = decode_candidate(text)
    assert candidate.generation is None
    assert encode_candidate(candidate) == "candidate:" + text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "8 fields"),
        ("1 1 udp 1 192.0.2.7 9 typ", "8 fields"),
        ("1 1 udp 1 192.0.2.7 9 type host", "typ"),
        ("1 0 udp 1 192.0.2.7 9 typ host", "component"),
        ("1 257 udp 1 192.0.2.7 9 typ host", "component"),
        ("1 1 udp 4294967296 192.0.2.7 9 typ host", "priority"),
        ("1 1 udp -1 192.0.2.7 9 typ host", "priority"),
        ("1 1 udp 1 192.0.2.7 65536 typ host", "port"),
        ("1 1 udp 1 192.0.2.7 ٣ typ host", "port"),
        ("1 1 udp 1 192.0.2.7 " + "9" * 5000 + " typ host", "port"),
        ("1 1 udp 1 192.0.2.7 9 typ srflx raddr 192.0.2.8 rport 65536", "related port"),
    ],
)
def test_candidate_that_is_none_is_refused(text: str, reason: str) -> None:
    """A text that is no candidate raises DecodeError and says why."""
    with pytest.raises(DecodeError, match=reason):
        decode_candidate(text)
