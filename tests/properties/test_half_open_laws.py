"""Keeping handshakes aside never shows: the same deliveries and facts as when each is a connection at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.packets.packet import ACK, FIN, PSH, RST, SYN, Segment
from sigtrace.streams import reassembly
from sigtrace.streams.reassembly import Reassembler
from tests.builders.conversations import packed

if TYPE_CHECKING:
    from sigtrace.notices import Notice
    from sigtrace.streams.flow import Delivery, Flow

ENDS = [packed("10.0.0.1:1000"), packed("10.0.0.2:80"), packed("10.0.0.3:1001")]


@st.composite
def segments(draw: st.DrawFn) -> list[Segment]:
    """Make segments that are mostly handshakes, answered rightly and wrongly, repeated, copied, reset and followed."""
    made = []
    at_ns = 0
    for number in range(1, draw(st.integers(1, 15)) + 1):
        at_ns += draw(st.sampled_from([0, 1_000, 1_000_000, 200_000_000, 5_000_000_000]))
        source, destination = draw(st.sampled_from([(0, 1), (1, 0), (2, 1), (1, 2)]))
        payload = draw(st.sampled_from([b"", b"", b"", b"x", b"data"]))
        made.append(
            Segment(
                number=number,
                at_ns=at_ns,
                interface=draw(st.integers(0, 1)),
                source=ENDS[source],
                destination=ENDS[destination],
                sequence=draw(st.sampled_from([100, 100, 101, 500, 501, 2**32 - 1])),
                acknowledgment=draw(st.sampled_from([0, 101, 101, 501, 102, 9_000])),
                flags=draw(
                    st.sampled_from([SYN, SYN, SYN | ACK, SYN | ACK, ACK, ACK | PSH, FIN | ACK, RST, SYN | FIN])
                ),
                window=64240,
                payload=payload,
                length=len(payload),
                identity=draw(st.sampled_from([-1, 1, 2])),
            )
        )
    return made


def whole(made: list[Segment]) -> tuple[list[list[Delivery | Notice]], list[Flow]]:
    """Reassemble everything; return what each segment brought, and the facts."""
    reassembler = Reassembler()
    items = [list(reassembler.feed(segment)) for segment in made]
    return [*items, list(reassembler.close())], reassembler.flows()


def at_once(made: list[Segment]) -> tuple[list[list[Delivery | Notice]], list[Flow]]:
    """Do the same where each handshake is a connection at once."""
    opens, reassembly.opens = reassembly.opens, lambda _: False
    try:
        return whole(made)
    finally:
        reassembly.opens = opens


@settings(max_examples=150, deadline=None)
@given(segments())
def test_handshakes_kept_aside_never_show(made: list[Segment]) -> None:
    """Whatever follows a SYN or its answer, each segment brings the same items, and all facts are the same."""
    assert whole(made) == at_once(made)


SYN_SENT = Segment(1, 0, 0, ENDS[0], ENDS[1], 100, 0, SYN, 64240, b"", 0, -1)
ANSWER = Segment(2, 1, 0, ENDS[1], ENDS[0], 500, 101, SYN | ACK, 64240, b"", 0, -1)
LAST = Segment(3, 2, 0, ENDS[0], ENDS[1], 101, 501, ACK, 64240, b"", 0, -1)


@pytest.mark.parametrize(
    ("followed", "connections"),
    [
        ([SYN_SENT], 0),
        ([SYN_SENT, ANSWER], 0),
        ([ANSWER], 0),
        ([SYN_SENT, ANSWER, LAST], 1),
        ([SYN_SENT, ANSWER._replace(acknowledgment=9_000)], 1),
        ([SYN_SENT, ANSWER._replace(payload=b"early", length=5)], 1),
        ([SYN_SENT, ANSWER._replace(flags=SYN)], 1),
        ([SYN_SENT._replace(payload=b"early", length=5)], 1),
        ([SYN_SENT._replace(flags=SYN | FIN)], 1),
    ],
)
def test_handshakes_are_kept_aside(followed: list[Segment], connections: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SYN and its answer make no connection until something else comes; what only looks like them does at once."""
    made: list[object] = []
    connection = reassembly.Connection
    monkeypatch.setattr(reassembly, "Connection", lambda *given: made.append(given) or connection(*given))
    reassembler = Reassembler()
    for segment in followed:
        reassembler.feed(segment)
    assert len(made) == connections


TO_ITSELF = [one._replace(source=ENDS[0], destination=ENDS[0]) for one in (SYN_SENT, ANSWER, LAST)]


@pytest.mark.parametrize(
    "made", [[SYN_SENT, ANSWER], [SYN_SENT, ANSWER, LAST], [ANSWER, LAST], TO_ITSELF[:2], TO_ITSELF]
)
def test_what_rarely_comes_alone_does_not_show_either(made: list[Segment]) -> None:
    """Nor does it show where nothing follows a handshake, or where both of its ends are the same."""
    assert whole(made) == at_once(made)
