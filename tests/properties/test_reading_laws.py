"""Laws of reading: however bytes come from a disk or a pipe, the same items come of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sigtrace.capture.writer import encode_pcap, encode_pcapng
from sigtrace.sources.windows import Filler, read_windows
from tests.builders.captures import ETHERNET, Contents, copy_out, make_records, read_bytes, reader_for
from tests.builders.trickle import Trickle

PIECES = st.lists(st.integers(1, 3000), min_size=1, max_size=8)
READY = st.lists(st.booleans(), min_size=1, max_size=5)
LENGTHS = st.integers(1, 20_000)


@st.composite
def captures(draw: st.DrawFn) -> bytes:
    """Make a capture, pcap or pcapng, that may be cut and have wrong bytes behind its head."""
    records = make_records(*draw(st.lists(st.integers(0, 200) | st.integers(1000, 9000), max_size=30)))
    data = bytearray(
        encode_pcap(records, link_type=1) if draw(st.booleans()) else encode_pcapng(records, interfaces=[ETHERNET])
    )
    for place, value in draw(st.lists(st.tuples(st.integers(40, 10**6), st.integers(0, 255)), max_size=3)):
        if place < len(data):
            data[place] = value
    return bytes(data[: draw(st.integers(24, len(data)) | st.just(len(data)))])


def read_through(data: bytes, stream: Trickle, length: int) -> Contents:
    """Read a capture in windows of a length."""
    reader, filler = reader_for(data), Filler(stream, length)
    buffers = filler.fill_again_and_again(filler.new_buffer())
    contents = copy_out(read_windows(reader, buffers, length, lambda _: None))
    contents.items.append(reader.close())
    return contents


@given(captures(), PIECES, READY, LENGTHS)
def test_pieces_do_not_matter(data: bytes, pieces: list[int], ready: list[bool], length: int) -> None:
    """Whatever is read at a time, and however long a window is, the items are those of the whole at once."""
    assert read_through(data, Trickle(data, pieces, ready), length) == read_bytes(data)
