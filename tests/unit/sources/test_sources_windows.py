"""Bytes into buffers, and buffers into windows."""

from __future__ import annotations

import pytest

from sigtrace.capture.writer import encode_pcapng
from sigtrace.errors import SourceError
from sigtrace.sources.windows import ALIGNMENT, ROOM_LENGTH, Buffer, Filler, read_windows
from tests.builders.captures import ETHERNET, copy_out, make_records, reader_for
from tests.builders.trickle import Trickle

DATA = bytes(range(256)) * 4


def contents(buffer: Buffer) -> bytes:
    """Return what was read into a buffer."""
    return buffer.memory[buffer.start : buffer.end].tobytes()


def test_a_buffer_gets_all_that_is_there() -> None:
    """Pieces that can be had without waiting come together, up to the length of the buffer."""
    filler = Filler(Trickle(DATA, [10]), 64)
    buffer = filler.new_buffer()
    assert filler.fill(buffer)
    assert contents(buffer) == DATA[:64]


def test_nothing_is_waited_for_once_something_came() -> None:
    """Where more would have to be waited for, what came is given."""
    filler = Filler(Trickle(DATA, [10], [True, False]), 64)
    buffer = filler.new_buffer()
    assert [contents(buffer) for _ in range(3) if filler.fill(buffer)] == [DATA[:10], DATA[10:30], DATA[30:50]]


def test_bytes_keep_their_alignment() -> None:
    """A byte's place in memory is its place in the stream, up to multiples of the alignment."""
    filler = Filler(Trickle(DATA, [7, 3], [False]), 64)
    buffer, at = filler.new_buffer(), 0
    while filler.fill(buffer):
        assert buffer.memory[buffer.start :].ctypes.data % ALIGNMENT == at % ALIGNMENT
        at += buffer.end - buffer.start
    assert at == len(DATA)


def test_what_came_before_an_error_is_given() -> None:
    """A reading error comes behind all bytes that were read before it."""
    filler = Filler(Trickle(DATA[:100], [30], error=SourceError("it broke")), 64)
    buffer = filler.new_buffer()
    assert [contents(buffer) for _ in range(2) if filler.fill(buffer)] == [DATA[:64], DATA[64:100]]
    for _ in range(2):
        with pytest.raises(SourceError, match="it broke"):
            filler.fill(buffer)


def test_a_rest_that_is_longer_than_the_room() -> None:
    """A record that needs many buffers comes whole, and so do the short ones on both sides of it."""
    records = make_records(60, 3 * ROOM_LENGTH, 60, 60, 2 * ROOM_LENGTH, 60)
    data = encode_pcapng(records, interfaces=[ETHERNET])
    filler = Filler(Trickle(data, [len(data)]), 50_000)
    taken: list[int] = []
    items = read_windows(
        reader_for(data), filler.fill_again_and_again(filler.new_buffer()), filler.length, taken.append
    )
    assert copy_out(items).records == records
    assert taken == [*range(50_000, len(data), 50_000), len(data)]
