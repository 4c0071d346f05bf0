"""Fragments of descriptions: credentials, sections, candidates and their end."""

from __future__ import annotations

import pytest

from sigtrace.errors import DecodeError
from sigtrace.sdp.fragment import decode_fragment, encode_fragment

HOST = "candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host"
TCP = "candidate:2 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active"

AS_IN_RFC_9725 = (
    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0U\r\n"
    f"m=audio 9 RTP/AVP 0\r\na=mid:0\r\na={HOST}\r\na={TCP}\r\na=end-of-candidates\r\n"
)
AS_IN_RFC_8840 = (
    "a=group:BUNDLE 0 1\r\na=ice-options:trickle ice2\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0U\r\n"
    f"a={HOST}\r\na={TCP}\r\na=end-of-candidates\r\n"
)


@pytest.mark.parametrize("text", [AS_IN_RFC_9725, AS_IN_RFC_8840], ids=["in-front", "inside"])
def test_credentials_may_stand_in_front_or_inside(text: str) -> None:
    """Credentials before the first section and inside it are read alike, and so are the candidates."""
    fragment = decode_fragment(text)
    assert (fragment.ufrag, fragment.pwd) == ("EsAw", "P2uYro0U")
    assert [(one.text, one.mid, one.mline) for one in fragment.trickled] == [
        (HOST, "0", 0),
        (TCP, "0", 0),
        (None, "0", 0),
    ]
    assert [one.candidate.transport for one in fragment.trickled if one.candidate] == ["udp", "tcp"]
    assert fragment.malformed == ()


def test_session_lines_are_read() -> None:
    """Options and ICE lite come from the lines in front of the sections."""
    assert decode_fragment(AS_IN_RFC_8840).ice_options == ("trickle", "ice2")
    assert decode_fragment("a=ice-lite\r\na=ice-ufrag:289b\r\na=ice-pwd:0b66\r\n").ice_lite


def test_sections_keep_their_own_credentials() -> None:
    """Each section has its own mid and credentials; the fragment has those of the first."""
    fragment = decode_fragment(
        f"m=audio 9 RTP/AVP 0\na=mid:0\na=ice-ufrag:one\na=ice-pwd:p1\na={HOST}\n"
        f"m=video 9 RTP/AVP 0\na=mid:1\na=ice-ufrag:two\na=ice-pwd:p2\na={TCP}\n"
    )
    assert [(one.mid, one.ufrag, one.pwd) for one in fragment.sections] == [("0", "one", "p1"), ("1", "two", "p2")]
    assert (fragment.ufrag, fragment.pwd) == ("one", "p1")
    assert [(one.mid, one.mline) for one in fragment.trickled] == [("0", 0), ("1", 1)]


@pytest.mark.parametrize(("mid", "mline"), [("a=mid:0\n", 0), ("", 0), ("a=mid:1\n", None), ("a=mid:audio\n", None)])
def test_place_is_told_only_where_the_mid_agrees(mid: str, mline: int | None) -> None:
    """The place of a section in its fragment is that in the description, unless its mid is another number or a word."""
    assert decode_fragment(f"m=audio 9 RTP/AVP 0\n{mid}a={HOST}\n").trickled[0].mline == mline


@pytest.mark.parametrize("text", [f"a={HOST}\r\n", HOST, f"\r\n{HOST}\r\n\r\n", f"{HOST}\nend-of-candidates\n"])
def test_bare_candidates_are_read(text: str) -> None:
    """Candidates without a section, without a= and among blank lines are read, with no section named."""
    fragment = decode_fragment(text)
    first = fragment.trickled[0]
    assert (first.text, first.mid, first.mline) == (HOST, None, None)
    assert fragment.malformed == ()


def test_damaged_lines_are_listed() -> None:
    """A candidate that cannot be read is listed, kept as text, and the next one is read."""
    fragment = decode_fragment(f"m=audio 9 RTP/AVP 0\r\na=candidate:1 1 udp\r\nnonsense\r\na={HOST}\r\n")
    assert [(one.text, one.candidate is None) for one in fragment.trickled] == [
        ("candidate:1 1 udp", True),
        (HOST, False),
    ]
    assert [(one.number, one.text) for one in fragment.malformed] == [(2, "a=candidate:1 1 udp"), (3, "nonsense")]


@pytest.mark.parametrize("text", ["", "\r\n\r\n", "BYE", '{"candidate": ""}', "v=0\r\n"])
def test_what_is_no_fragment_raises(text: str) -> None:
    """A text without an attribute and without a section is no fragment."""
    with pytest.raises(DecodeError):
        decode_fragment(text)


@pytest.mark.parametrize("text", [AS_IN_RFC_9725, AS_IN_RFC_8840, f"{HOST}\n\na=x"])
def test_fragment_comes_back(text: str) -> None:
    """The text of a decoded fragment is the text."""
    assert encode_fragment(decode_fragment(text)) == text
