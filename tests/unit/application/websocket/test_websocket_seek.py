"""The search for the next frame: where it is certain, what it holds, and what it lets go."""

from __future__ import annotations

import random

import pytest

from sigtrace.application.websocket.chain import Chain
from sigtrace.application.websocket.message import Opcode
from sigtrace.application.websocket.seek import MAX_CHAINS, MAX_COMBED, MAX_HELD, Seeker
from sigtrace.streams.flow import CHUNK_COST, Chunk
from tests.builders.websocket import asked, encode_frame, text

NOISE = random.Random(1).randbytes  # noqa: S311 - chance that is no secret


def seeker(*, masked: bool = False, compressible: bool = True) -> Seeker:
    """Begin a search."""
    return Seeker(masked=masked, compressible=compressible)


def chunk(data: bytes, packet: int = 1) -> Chunk:
    """Make a chunk."""
    return Chunk(data, packet * 1000, packet)


@pytest.mark.parametrize("masked", [True, False])
def test_frames_in_the_middle_of_a_chunk_are_found(masked: bool) -> None:  # noqa: FBT001 - a table's column
    """Frames behind the rest of another one are found at their first byte."""
    make = asked if masked else encode_frame
    frames = b"".join(make(Opcode.TEXT, b'{"a message": "with enough text"}') for _ in range(3))
    one = seeker(masked=masked)
    rest = b"rest of something" * 10
    (found,) = one.feed(chunk(rest + frames))
    assert found == chunk(rest + frames)
    assert (one.offset, one.skipped, one.missing) == (len(rest), len(rest), 0)


def test_a_frame_over_many_chunks_is_held_until_it_is_certain() -> None:
    """The chunks come back as they were, with their times and packets."""
    frame = encode_frame(Opcode.BINARY, NOISE(5000))
    chunks = [chunk(frame[at : at + 1448], at // 1448 + 1) for at in range(0, len(frame), 1448)]
    one = seeker()
    assert [found for part in chunks for found in one.feed(part)] == []
    assert one.feed(chunk(text("and on"), 9)) == [*chunks, chunk(text("and on"), 9)]
    assert (one.skipped, one.offset) == (0, 0)


def test_a_gap_within_a_held_frame_is_held_too() -> None:
    """The frame that may have begun lives on, and the gap comes back in its place."""
    frame = encode_frame(Opcode.BINARY, NOISE(1000))
    one = seeker(compressible=False)
    one.feed(chunk(frame[:500]))
    one.gap(100, 2, 2000)
    one.feed(chunk(frame[600:], 3))
    found = one.feed(chunk(text("the next message, which is certain"), 4))
    assert [item.packet for item in found] == [1, 2, 3, 4]
    assert one.missing == 0


def test_what_is_held_is_bounded() -> None:
    """Random bytes without end are let go, and counted."""
    one = seeker()
    size = 0
    while size < 3 * MAX_HELD:
        data = NOISE(1448)
        size += len(data)
        assert one.feed(chunk(data)) == ()
        assert one.held <= MAX_HELD + 2000 + CHUNK_COST * (MAX_HELD // 1448 + MAX_CHAINS + 2)
    assert one.cut() == ()
    assert one.skipped == size


def test_after_a_long_search_only_beginnings_of_chunks_are_tried() -> None:
    """They still find the next frames."""
    one = seeker(compressible=False)
    for _ in range(MAX_COMBED // 1000 + 2):
        one.feed(chunk(b"\xff" * 1000))
    frames = text("a message that comes much later") + text("and another one")
    assert one.feed(chunk(b"\xff" + frames)) == ()
    assert one.feed(chunk(frames)) == [chunk(frames)]


def test_the_last_frame_of_a_stream_needs_less_proof() -> None:
    """One frame that fills a chunk is taken when nothing follows."""
    one = seeker()
    frame = encode_frame(Opcode.BINARY, NOISE(100))
    assert one.feed(chunk(frame)) == ()
    assert one.cut() == [chunk(frame)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x83\x00",  # reserved opcode
        b"\x92\x00",  # reserved bit
        b"\x81\x80abcd",  # masked, where it must not be
        b"\x09\x00",  # a fragmented control frame
        b"\x89\x7e\x00\x7e" + bytes(126),  # a long one
        b"\x82\x7e\x00\x05hello",  # a length that is not minimal
        b"\x82\x7f\xff" + bytes(7),  # no length
        b"\x81\x02\xff\xff",  # no text
        b"\x88\x01a",  # half a code
        b"\x88\x02\x00\x01",  # no code
        b"\x88\x00\x89\x00",  # a frame after the close
        b"\x81\x01a\x80\x00",  # a continuation of nothing
        b"\x01\x01a\x81\x00",  # a message within a message
        b"\x02\x00\x80\x00",  # an empty fragment
        b"\xc0\x01a",  # a compressed continuation
    ],
)
def test_what_cannot_be_ends_a_chain(data: bytes) -> None:
    """Each of these is no chain of frames, in one piece or byte by byte."""
    chain = Chain(masked=False, compressible=True)
    assert not chain.feed(data)
    chain = Chain(masked=False, compressible=True)
    assert not all(chain.feed(bytes([byte])) for byte in data)


def test_nothing_is_proven_by_what_is_not_final() -> None:
    """Two bytes of length before each message, as other protocols have, prove nothing."""
    chain = Chain(masked=None, compressible=True)
    for _ in range(1000):
        assert chain.feed(b"\x00\x02ab")
    assert chain.bits == 0
