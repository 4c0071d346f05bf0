"""Inflating: the examples of RFC 7692 §7.2.3, contexts kept, not kept and lost, and bombs."""

from __future__ import annotations

import zlib

import pytest

from sigtrace.application.websocket.deflate import MAX_STREAMS, Inflater
from sigtrace.errors import DecodeError
from tests.builders.websocket import Deflater


def inflate(inflater: Inflater, *pieces: bytes) -> bytes:
    """Inflate one message."""
    inflater.begin()
    return b"".join([*(out for piece in pieces for out in inflater.feed(piece)), *inflater.end()])


@pytest.mark.parametrize(
    "payload",
    [
        "f248cdc9c90700",  # §7.2.3.1: one block
        "000500faff48656c6c6f00",  # §7.2.3.3: a block that is not compressed
        "f348cdc9c9070000",  # §7.2.3.4: a final block
        "f248050000 00ffffcac9c90700",  # §7.2.3.5: two blocks
    ],
)
def test_examples_of_the_rfc(payload: str) -> None:
    """Each of the RFC's messages is Hello, in one piece and byte by byte, twice in a row."""
    data = bytes.fromhex(payload)
    inflater = Inflater(takes_over=True)
    assert inflate(inflater, data) == b"Hello"
    assert inflate(inflater, *(bytes([byte]) for byte in data)) == b"Hello"


def test_a_message_may_refer_to_the_one_before() -> None:
    """RFC 7692 §7.2.3.2: the second Hello needs the first."""
    first, second = bytes.fromhex("f248cdc9c90700"), bytes.fromhex("f200110000")
    inflater = Inflater(takes_over=True)
    assert (inflate(inflater, first), inflate(inflater, second)) == (b"Hello", b"Hello")
    inflater = Inflater(takes_over=False)
    assert inflate(inflater, first) == b"Hello"
    with pytest.raises(DecodeError):
        inflate(inflater, second)


@pytest.mark.parametrize("bits", range(9, 16))
@pytest.mark.parametrize("takes_over", [True, False])
def test_every_window_is_read(bits: int, takes_over: bool) -> None:  # noqa: FBT001 - a table's column
    """Messages compressed with any window, with and without the context, come back."""
    deflater = Deflater(takes_over=takes_over, bits=bits)
    inflater = Inflater(takes_over=takes_over)
    for number in range(20):
        message = b"number %d of many messages that are alike; " % number * 200
        assert inflate(inflater, deflater.deflate(message)) == message


def test_messages_without_the_context_are_read_with_it() -> None:
    """Where the agreement is not known, keeping the context does no harm."""
    deflater = Deflater(takes_over=False)
    inflater = Inflater(takes_over=True)
    for number in range(5):
        message = b"the same words again, %d" % number
        assert inflate(inflater, deflater.deflate(message)) == message


def test_a_lost_context_is_noticed_and_found_again() -> None:
    """A message that needs what was lost does not inflate; one that does not need it does, and what follows that."""
    deflater = Deflater()
    lost = deflater.deflate(b"words that come again, all of them")
    needs = deflater.deflate(b"words that come again, all of them")
    deflater._context = deflater._begin()  # as a sender does that flushes all
    fresh = deflater.deflate(b"something else, on its own")
    refers = deflater.deflate(b"something else, on its own")
    inflater = Inflater(takes_over=True)
    inflate(inflater, lost)
    inflater.lose()
    with pytest.raises(DecodeError):
        inflate(inflater, needs)
    inflater.lose()
    assert inflate(inflater, fresh) == inflate(inflater, refers) == b"something else, on its own"
    assert inflater.lost


def test_a_bomb_comes_in_pieces() -> None:
    """A message that grows a thousandfold is given out piece by piece, so that who reads can stop."""
    inflater = Inflater(takes_over=True)
    inflater.begin()
    pieces = inflater.feed(Deflater().deflate(bytes(50 << 20)))
    assert max(len(next(pieces)) for _ in range(10)) <= 256 << 10


def test_final_blocks_are_bounded() -> None:
    """A message of nothing but final blocks is given up."""
    block = zlib.compressobj(wbits=-15).flush()
    inflater = Inflater(takes_over=True)
    assert inflate(inflater, block * MAX_STREAMS) == inflate(inflater, block * MAX_STREAMS + b"\0") == b""
    with pytest.raises(DecodeError, match="final blocks"):
        inflate(inflater, block * (MAX_STREAMS + 1))


def test_what_a_context_takes_is_counted() -> None:
    """Memory is taken from the first message on, and with no context taken over given back after each."""
    message = Deflater().deflate(b"abc")
    for takes_over in (True, False):
        inflater = Inflater(takes_over=takes_over)
        assert inflater.memory == 0
        inflate(inflater, message)
        assert (inflater.memory > 0) is takes_over
