"""Copies of a packet, told from retransmissions."""

from __future__ import annotations

import numpy as np
import pytest

from sigtrace.packets.packet import ACK, SYN
from sigtrace.packets.rows import Rows
from sigtrace.packets.sieve import Sieve
from sigtrace.streams.copies import GENERATION, Copies, SeenRun
from tests.builders.conversations import MASK, MILLISECOND, SECOND, Conversation
from tests.builders.frames import encode_frame
from tests.builders.packets import batch_of


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
    assert not copies.seen(b"", first, 1)
    assert copies.seen(b"", second, 2) is copy


def test_memory_is_bounded() -> None:
    """Two generations of segments are remembered and no more."""
    copies = Copies()
    first = Conversation().client.segment(b"x", identity=1)
    for turn in range(1, 3 * GENERATION + 1):
        if turn >= copies.turning:
            copies.rotate(turn)
        copies.seen(b"", first._replace(sequence=turn), turn)
        assert len(copies.recent) + len(copies._older) <= 2 * GENERATION
    assert copies.seen(b"", first._replace(sequence=2 * GENERATION), turn)
    assert not copies.seen(b"", first._replace(sequence=GENERATION), turn)


def test_generations_that_were_passed_over() -> None:
    """When turns go on by more than two generations at once, nothing is remembered of what was before."""
    copies = Copies()
    first = Conversation().client.segment(b"x", identity=1)
    copies.seen(b"", first, 1)
    copies.rotate(2 * GENERATION)
    assert not copies.seen(b"", first, 2 * GENERATION)


@pytest.mark.parametrize(
    ("turn", "seen"),
    [
        (GENERATION + 5, [True, True, True]),
        (2 * GENERATION, [False, True, True]),
        (3 * GENERATION, [False, False, False]),
    ],
)
def test_copies_of_a_run(turn: int, seen: list[bool]) -> None:
    """A row of a run is remembered as if it had come by itself, until its own turn is two generations back."""
    talk = Conversation()
    sent = talk.client.send(b"abc", mss=1)
    rows, _ = Sieve().sift(batch_of([encode_frame(segment)[0] for segment in sent]))
    assert isinstance(rows, Rows)
    copies, ends = Copies(), talk.client.endpoint + talk.server.endpoint
    copies.add_run(ends, SeenRun(rows, np.arange(3), GENERATION - 1))
    copies.rotate(turn)
    assert [copies.seen(ends, segment, turn) for segment in rows.segments()] == seen


def test_all_new() -> None:
    """Rows are all new unless one of them may be a copy: of a segment, of one a generation ago, of one in a run."""
    talk = Conversation()
    sent = [talk.client.segment(acknowledgment=MASK - 4 + at, identity=7) for at in range(10)]
    rows, _ = Sieve().sift(batch_of([encode_frame(segment)[0] for segment in sent]))
    assert isinstance(rows, Rows)
    ends = talk.client.endpoint + talk.server.endpoint
    run = SeenRun(rows, np.arange(3, 8), 0)  # numbers wrap within it

    def all_new(places: list[int], *, rotate: bool = False, together: bool = False) -> bool:
        copies = Copies()
        if together:
            copies.add_run(ends, SeenRun(rows, np.array(places), GENERATION - 20))
        else:
            for segment in rows.segments(np.array(places)):
                copies.seen(ends, segment, GENERATION - 1)
        if rotate:
            copies.rotate(GENERATION)
        assert copies.all_new(b"other ends", run)
        return copies.all_new(ends, run)

    for how in ({}, {"rotate": True}, {"together": True}, {"together": True, "rotate": True}):
        assert all_new([0, 1, 2], **how)
        assert all_new([8, 9], **how)
        assert not all_new([1, 3], **how)
        assert not all_new([7, 9], **how)
    assert not all_new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], together=True)


def test_all_new_asks_for_what_came_since() -> None:
    """What is remembered after rows were asked about counts when they are asked about again."""
    talk = Conversation()
    sent = [talk.client.segment(acknowledgment=100 + at, identity=7) for at in range(10)]
    rows, _ = Sieve().sift(batch_of([encode_frame(segment)[0] for segment in sent]))
    assert isinstance(rows, Rows)
    copies, ends = Copies(), talk.client.endpoint + talk.server.endpoint
    run = SeenRun(rows, np.arange(5, 8), 0)
    told = []
    for turn, segment in enumerate(rows.segments(np.array([9, 0, 6]))):
        told.append(copies.all_new(ends, run))
        copies.seen(ends, segment, turn)
    assert told == [True, True, True]
    assert not copies.all_new(ends, run)
