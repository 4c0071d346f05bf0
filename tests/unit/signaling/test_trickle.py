"""What bodies of fragments say."""

from __future__ import annotations

import pytest

from sigtrace.notices import Notice
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.trickle import read_fragment
from tests.builders.exchanges import body_of

HOST = b"a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
CREDENTIALS = b"a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0U\r\n"
WHOLE = CREDENTIALS + b"m=audio 9 RTP/AVP 0\r\na=mid:0\r\n" + HOST + b"a=end-of-candidates\r\n"


def read(data: bytes, *, restarts: bool = False, missing: int = 0) -> list[str]:
    """Name what a body says: the kinds of contents, the codes of notices."""
    said = read_fragment(body_of(data, missing=missing), 7, restarts=restarts)
    return [one.code if isinstance(one, Notice) else one.kind.value for one in said]


@pytest.mark.parametrize(
    ("data", "restarts", "said"),
    [
        (WHOLE, False, ["candidate", "end-of-candidates"]),
        (WHOLE, True, ["ice-restart", "candidate", "end-of-candidates"]),
        (CREDENTIALS, True, ["ice-restart"]),
        (CREDENTIALS, False, []),
        (b"a=ice-ufrag:EsAw\r\n" + HOST, True, ["candidate"]),
        (b"", True, []),
        (b"BYE", True, ["signaling.malformed-fragment", "unreadable"]),
        (b"a=candidate:1 1 udp\r\n" + HOST, False, ["signaling.malformed-fragment", "candidate", "candidate"]),
    ],
)
def test_fragments_say_what_they_hold(data: bytes, restarts: bool, said: list[str]) -> None:  # noqa: FBT001 - a table
    """Each candidate is a content of its own; credentials restart ICE only where the request says so, and both are."""
    assert read(data, restarts=restarts) == said


def test_candidates_of_one_body_share_it() -> None:
    """A candidate has the section it is for, and the digest of the whole body."""
    first, end = read_fragment(body_of(WHOLE), 7, restarts=False)
    assert isinstance(first, Content)
    assert isinstance(end, Content)
    assert (first.mid, first.mline, first.sha256) == ("0", 0, body_of(WHOLE).sha256)
    assert first.candidate is not None
    assert first.candidate.address == "192.0.2.1"
    assert end.kind is SignalKind.END_OF_CANDIDATES


def test_part_of_a_fragment_is_read() -> None:
    """Of a body that was captured in part, the candidates that are there are told."""
    assert read(WHOLE[:-20], missing=20) == ["candidate"]
