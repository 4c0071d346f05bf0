"""The law of damage: a byte that is wrong in a record's or block's header costs that record at most.

The records around it come out as they were, and count on: where the damaged one is lost, the numbers behind it are one
lower, as they are in Wireshark when it passes over a block. What the law cannot cover, because the rest of the capture
hangs on it and nothing says it twice:

- pcap: the file header. A wrong magic makes it no capture; a wrong link type or snap length is believed.
- pcap: the captured length of a record that was cut, where the wrong one ends exactly with a later record.
- pcapng: the inside of an interface description (link type, resolution) and the version of a section. And the type of a
  block that turns into another known one: a packet that reads as an interface description counts as one.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sigtrace.capture.batch import Record
from sigtrace.capture.pcapng.blocks import KNOWN_BLOCKS, BlockType, SectionFacts
from sigtrace.capture.writer import (
    encode_interface,
    encode_packet,
    encode_pcap_header,
    encode_pcap_record,
    encode_section_header,
)
from tests.builders.captures import ETHERNET, START_NS, make_records, read_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

LENGTHS = (
    60,
    0,
    1514,
    61,
    62,
    1,
    3,
    90,
    54,
    1400,
    9000,
    66,
    100,
    1514,
    0,
    333,
    60,
    4,
    54,
    40,
    100,
    1000,
    64,
    60,
    0,
    62,
)
# Every seventh packet was longer than what was captured of it, as with a snap length of its own.
VARIED = [
    one._replace(original=one.original + (100 if at % 7 == 3 else 0)) for at, one in enumerate(make_records(*LENGTHS))
]
MASKS = (0x01, 0x02, 0x08, 0x40, 0x80, 0xFF)
PCAP_HEADER = tuple(range(16))
BLOCK_HEADER = (*range(28), -4, -3, -2, -1)  # of an enhanced packet block, and the length at its end
PIECES = st.lists(st.integers(1, 700), max_size=20)


def encode(records: Sequence[Record], form: str, *, big_endian: bool) -> list[bytes]:
    """Return a capture's header and its records, each by itself."""
    if form == "pcapng":
        head = encode_section_header(SectionFacts(), big_endian=big_endian)
        head += encode_interface(ETHERNET, big_endian=big_endian)
        return [head, *(encode_packet(record, big_endian=big_endian) for record in records)]
    head = encode_pcap_header(link_type=1, big_endian=big_endian)
    return [head, *(encode_pcap_record(record, big_endian=big_endian) for record in records)]


def damaged(parts: Sequence[bytes], row: int, offset: int, mask: int) -> bytes:
    """Return the capture with one byte of one record changed."""
    part = bytearray(parts[row + 1])
    part[offset] ^= mask
    return b"".join((*parts[: row + 1], bytes(part), *parts[row + 2 :]))


def check_others(records: Sequence[Record], row: int, data: bytes, pieces: Sequence[int] = ()) -> None:
    """Check that all records but one come out as they were, in order, and that numbers count on."""
    got = read_bytes(data, pieces).records
    assert [record.number for record in got] == list(range(1, len(got) + 1))
    found = [(record.at_ns, record.data, record.original) for record in got]
    want = [(record.at_ns, record.data, record.original) for record in records]
    assert found[:row] == want[:row]
    after = len(want) - row - 1
    assert found[len(found) - after :] == want[row + 1 :]
    assert len(found) - after - row in (0, 1)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(("form", "header"), [("pcap", PCAP_HEADER), ("pcapng", BLOCK_HEADER)])
def test_every_byte_of_every_header_may_be_wrong(form: str, header: Sequence[int], *, big_endian: bool) -> None:
    """One wrong byte, anywhere in any header of a varied capture, costs that record at most."""
    parts = encode(VARIED, form, big_endian=big_endian)
    for row in range(len(VARIED)):
        for at, offset in enumerate(header):
            check_others(VARIED, row, damaged(parts, row, offset, MASKS[(row + at) % len(MASKS)]))


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("filling", [b"\0", b"\1"])
@pytest.mark.parametrize(
    ("lengths", "row", "wrong"),
    [
        (((1, 1), (1, 6), (1, 1)), 1, 3),  # the next header is not whole behind it
        (((1, 1), (1, 6), (1, 1)), 1, 6),  # as long as it was originally
        (((1, 1), (1, 6), (1, 1)), 0, 35),  # it ends with the capture
        (((66, 66), (14, 14), (137, 1137), (66, 66), (171, 171)), 1, 249),  # two records are in it
        (((2, 1002), (2, 2), (2, 2), (14, 14), (54, 59)), 2, 16),  # with the one behind it, it ends where one does
        (
            ((2, 7), (278, 278), (2, 7), (40, 40), (40, 40), (0, 1000), (60, 60)),
            0,
            160 << 24 | 2,
        ),  # no time is known yet
    ],
)
def test_a_wrong_captured_length_costs_one_record(
    lengths: Sequence[tuple[int, int]], row: int, wrong: int, filling: bytes, *, big_endian: bool
) -> None:
    """What looks right by chance behind a wrong length is not believed where the records in it lead on exactly."""
    records = [
        Record(at + 1, START_NS + at * 10**7, 0, 1, filling * length, original)
        for at, (length, original) in enumerate(lengths)
    ]
    parts = encode(records, "pcap", big_endian=big_endian)
    part = bytearray(parts[row + 1])
    struct.pack_into(">I" if big_endian else "<I", part, 8, wrong)
    parts[row + 1] = bytes(part)
    check_others(records, row, b"".join(parts))


@st.composite
def varied_records(draw: st.DrawFn) -> list[Record]:
    """Make records of all lengths, some of them cut, a few milliseconds apart, some out of order.

    The first ones are not empty: before any time is known, empty records are not told from zeros.
    """
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from((0, 1, 2, 14, 40, 54, 60, 66, 200, 1514)) | st.integers(0, 300),
                st.sampled_from((0, 0, 0, 0, 5, 1000)),
                st.integers(-20_000, 10**6),
                st.binary(min_size=1, max_size=40),
            ),
            min_size=3,
            max_size=12,
        )
    )
    lengths = [max(length, 1) if at < 3 else length for at, (length, *_) in enumerate(drawn)]
    return [
        Record(at + 1, START_NS + at * 10**7 + late * 1000, 0, 1, (data * 1514)[: lengths[at]], lengths[at] + cut)
        for at, (_, cut, late, data) in enumerate(drawn)
    ]


@settings(deadline=None, max_examples=150)
@given(st.data(), varied_records(), st.sampled_from(["pcap", "pcapng"]), st.booleans(), PIECES)
def test_a_wrong_byte_costs_one_record(
    data: st.DataObject,
    records: list[Record],
    form: str,
    big_endian: bool,  # noqa: FBT001
    pieces: list[int],
) -> None:
    """Whatever the packets are, and however the capture arrives, one wrong byte in a header costs a record at most."""
    row = data.draw(st.integers(0, len(records) - 1))
    offset = data.draw(st.sampled_from(PCAP_HEADER if form == "pcap" else BLOCK_HEADER))
    mask = data.draw(st.integers(1, 255))
    parts = encode(records, form, big_endian=big_endian)
    capture = damaged(parts, row, offset, mask)
    assume(not is_excepted(records[row], parts, row, capture, form=form, order=">" if big_endian else "<"))
    check_others(records, row, capture, pieces)


def is_excepted(record: Record, parts: Sequence[bytes], row: int, capture: bytes, *, form: str, order: str) -> bool:
    """Tell whether this damage is one of those that the law does not cover."""
    starts = [sum(map(len, parts[:at])) for at in range(1, len(parts) + 1)]
    at = starts[row]
    if form == "pcapng":
        return struct.unpack_from(f"{order}I", capture, at)[0] in KNOWN_BLOCKS - {BlockType.ENHANCED_PACKET}
    end = at + 16 + struct.unpack_from(f"{order}I", capture, at + 8)[0]
    return record.original != len(record.data) and end in starts[row + 2 :]


@settings(deadline=None, max_examples=80)
@given(st.data(), varied_records(), st.sampled_from(["pcap", "pcapng"]), st.booleans())
def test_a_header_that_is_lost_whole_costs_one_record(
    data: st.DataObject,
    records: list[Record],
    form: str,
    big_endian: bool,  # noqa: FBT001
) -> None:
    """A header of which every byte is overwritten costs its record.

    In pcap, a record before it that was cut is lost as well, since nothing proves its length.
    """
    row = data.draw(st.integers(0, len(records) - 1))
    before = records[row - 1] if row else None
    if form == "pcap" and (before is None or before.original != len(before.data)):
        return
    parts = encode(records, form, big_endian=big_endian)
    length = 16 if form == "pcap" else 28
    parts[row + 1] = b"\xff" * length + parts[row + 1][length:]
    check_others(records, row, b"".join(parts))
