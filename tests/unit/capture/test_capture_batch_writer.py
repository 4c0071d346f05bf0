"""Whole batches as packet blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrace.capture.batch import InterfaceStatistics, Record
from sigtrace.capture.batch_writer import block_lengths, encode_batch
from sigtrace.capture.options import MAX_VALUE_LENGTH
from sigtrace.capture.pcapng.blocks import SectionFacts, decode_statistics
from sigtrace.capture.writer import encode_interface, encode_packet, encode_section_header, encode_statistics
from tests.builders.batches import make_batch
from tests.builders.captures import ETHERNET, START_NS, make_records, read_bytes

RECORD = st.builds(
    Record,
    number=st.just(0),
    at_ns=st.integers(0, 2**63 - 1),
    interface=st.integers(0, 3),
    link_type=st.just(1),
    data=st.binary(max_size=70),
    original=st.integers(0, 2**32 - 1),
)
COMMENTS = st.dictionaries(st.integers(1, 12), st.lists(st.text(max_size=9), max_size=3).map(tuple), max_size=4)


@given(st.lists(RECORD, max_size=12), COMMENTS, st.integers(0, 5))
def test_batch_is_encoded_as_its_packets_are(
    records: list[Record], comments: dict[int, tuple[str, ...]], gap: int
) -> None:
    """A batch gives the very blocks that its packets give one by one, and says where each of them ends."""
    numbered = [record._replace(number=number) for number, record in enumerate(records, start=1)]
    blocks = [encode_packet(record, comments=comments.get(record.number, ())) for record in numbered]
    batch = make_batch(numbered, comments, gap=gap)
    encoded = encode_batch(batch, batch.interface)
    assert bytes(encoded.data) == b"".join(blocks)
    assert encoded.ends.tolist() == np.cumsum([len(block) for block in blocks]).tolist()
    assert block_lengths(batch).tolist() == [len(block) for block in blocks]


def test_positions_stand_for_interfaces() -> None:
    """A packet names its interface by the position that it is given, not by the number in the batch."""
    batch = make_batch([record._replace(interface=7) for record in make_records(5, 6)])
    encoded = encode_batch(batch, np.array([0, 2], np.int32))
    assert [int(word) for word in np.frombuffer(encoded.data, "<u4")[[2, 12]]] == [0, 2]


@pytest.mark.parametrize(("at_ns", "written"), [(-1, 0), (-(2**63) + 1, 0), (0, 0), (2**63 - 1, 2**63 - 1)])
def test_time_before_1970_becomes_1970(at_ns: int, written: int) -> None:
    """What an unsigned count of nanoseconds cannot tell is its nearest value."""
    (record,) = make_records(4)
    batch = make_batch([record._replace(at_ns=at_ns)])
    assert bytes(encode_batch(batch, batch.interface).data) == encode_packet(record._replace(at_ns=written))


def test_overlong_comment_is_cut() -> None:
    """A comment that no option can hold is cut to what one can, and the packet behind it is whole."""
    batch = make_batch(make_records(9, 10), {1: ("x" * 70_000,)})
    head = encode_section_header(SectionFacts()) + encode_interface(ETHERNET)
    contents = read_bytes(head + bytes(encode_batch(batch, batch.interface).data))
    assert contents.records == make_records(9, 10)
    assert contents.comments == {1: ("x" * MAX_VALUE_LENGTH,)}


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(("received", "dropped"), [(None, None), (0, 0), (2**40, None), (7, 3)])
def test_statistics_round_trip(received: int | None, dropped: int | None, *, big_endian: bool) -> None:
    """Statistics come back as they were written, also those that are not known."""
    statistics = InterfaceStatistics(interface=1, received=received, dropped=dropped)
    block = encode_statistics(statistics, start_ns=START_NS, end_ns=START_NS + 1, big_endian=big_endian)
    assert decode_statistics(block[8:-4], big_endian=big_endian) == statistics
