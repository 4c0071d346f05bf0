"""Copies of a packet, told from retransmissions."""

from __future__ import annotations

import pytest

from sigtrace.packets.packet import ACK, SYN
from sigtrace.streams.copies import GENERATION, Copies
from tests.builders.conversations import MILLISECOND, SECOND, Conversation


@pytest.mark.parametrize(
    ("flags", "data", "first_identity", "identity", "interface", "apart_ns", "copy"),
    [
        (ACK, b"x", 7, 7, 0, 0, True),
        (ACK, b"x", 7, 7, 1, SECOND, True),
        (ACK, b"x", 7, 8, 0, 0, False),
        (ACK, b"x", -1, -1, 1, 10 * MILLISECOND, True),
        (ACK, b"x", -1, -1, 1, SECOND, False),
        (ACK, b"x", -1, -1, 0, 10_000, True),
        (ACK, b"x", -1, -1, 0, 200 * MILLISECOND, False),
        (SYN | ACK, b"", 0, 0, 0, SECOND, False),
        (SYN | ACK, b"", 0, 0, 0, 10_000, True),
        (ACK, b"", -1, -1, 0, 10_000, False),  # a duplicate acknowledgment
    ],
)
def test_seen(
    *,
    flags: int,
    data: bytes,
    first_identity: int,
    identity: int,
    interface: int,
    apart_ns: int,
    copy: bool,
) -> None:
    """Equal identity tells a copy; where there is none, interface and time do."""
    first = Conversation().client.segment(data, flags=flags, acknowledgment=1, identity=first_identity)
    second = first._replace(identity=identity, interface=interface, at_ns=first.at_ns + apart_ns)
    copies = Copies()
    assert not copies.seen(b"", first)
    assert copies.seen(b"", second) is copy


def test_memory_is_bounded() -> None:
    """Two generations of segments are remembered and no more."""
    copies = Copies()
    first = Conversation().client.segment(b"x", identity=1)
    for sequence in range(2 * GENERATION):
        copies.seen(b"", first._replace(sequence=sequence))
    assert len(copies.recent) + len(copies._older) <= 2 * GENERATION
    assert not copies.seen(b"", first._replace(sequence=0))
