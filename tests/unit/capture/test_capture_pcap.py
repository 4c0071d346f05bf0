"""pcap captures, whole and damaged."""

from __future__ import annotations

import struct

import pytest

from sigtrace.capture import reader
from sigtrace.capture.batch import CaptureEnded, CaptureStarted, Interface, Record
from sigtrace.capture.pcap import reader as pcap
from sigtrace.capture.writer import encode_pcap
from tests.builders.captures import START_NS, make_records, read_bytes

RECORDS = make_records(60, 0, 1514, 61, 62)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(("nanosecond", "name"), [(False, "pcap"), (True, "pcap-ns")])
def test_both_orders_and_both_fractions_are_read(name: str, *, big_endian: bool, nanosecond: bool) -> None:
    """The magic alone says how the numbers are written."""
    data = encode_pcap(RECORDS, link_type=1, big_endian=big_endian, nanosecond=nanosecond)
    contents = read_bytes(data)
    assert contents.records == RECORDS
    assert contents.items == [
        CaptureStarted(file="test", format=name),
        Interface(index=0, name=None, link_type=1, snap_length=262144),
        CaptureEnded(file="test", packets=5, bytes=len(data), truncated=False),
    ]


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_modified_format_has_longer_record_headers(order: str) -> None:
    """Kuznetzov's format has 8 more bytes before each packet, and they are no part of it."""
    data = struct.pack(f"{order}IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 101)
    for at in range(3):
        data += struct.pack(f"{order}IIIIIHBx", 1_700_000_000, at, 5, 9, 2, 0x800, 4) + b"hello"
    contents = read_bytes(data)
    assert contents.of(CaptureStarted)[0].format == "pcap-modified"
    assert contents.records == [Record(at + 1, START_NS + at * 1000, 0, 101, b"hello", 9) for at in range(3)]


def test_the_link_type_is_the_lower_half_of_its_field() -> None:
    """Bits that tell of a frame check sequence do not change the link type."""
    assert read_bytes(encode_pcap(RECORDS, link_type=0x2400_0001)).records == RECORDS


def test_an_original_shorter_than_captured_is_kept() -> None:
    """The lengths are what the capture says, even where they disagree."""
    record = RECORDS[0]._replace(original=7)
    assert read_bytes(encode_pcap([record, RECORDS[1]], link_type=1)).records == [record, RECORDS[1]]


def test_another_version_is_a_notice() -> None:
    """A version other than 2.4 is read as if it were."""
    data = bytearray(encode_pcap(RECORDS, link_type=1))
    data[6] = 3
    contents = read_bytes(bytes(data))
    assert contents.codes == [pcap.VERSION]
    assert contents.records == RECORDS


def test_no_packets_are_no_damage() -> None:
    """A file header alone is a whole capture."""
    contents = read_bytes(encode_pcap([], link_type=1))
    assert (contents.records, contents.codes) == ([], [])
    assert not contents.of(CaptureEnded)[0].truncated


def test_a_cut_file_header_is_a_cut_capture() -> None:
    """The capture is started and ended even when its header is cut off."""
    contents = read_bytes(encode_pcap([], link_type=1)[:23])
    assert [type(item).__name__ for item in contents.items] == ["CaptureStarted", "Notice", "CaptureEnded"]
    assert contents.codes == [reader.CUT]


@pytest.mark.parametrize("length", [0x7FFF_FFFF, 0xFFFF_FFFF, reader.MAX_RECORD_LENGTH + 1, 300_000])
@pytest.mark.parametrize("piece", [10_000, 50, 7])
def test_reading_goes_on_behind_an_absurd_length(length: int, piece: int) -> None:
    """Lengths that cannot be cost one record; a notice says where and how much."""
    data = bytearray(encode_pcap(RECORDS, link_type=1))
    at = 24 + 16 + 60 + 16  # the header of record 3
    data[at + 8 : at + 16] = struct.pack("<II", length, 77)
    contents = read_bytes(bytes(data), [piece] * 300)
    assert [record.data for record in contents.records] == [RECORDS[row].data for row in (0, 1, 3, 4)]
    assert contents.codes == [reader.ABSURD_LENGTH, reader.RESYNC]
    assert [item.offset for item in contents.items if hasattr(item, "offset")] == [at, at + 16 + 1514]


@pytest.mark.parametrize("length", [0, 59, 61, 5000, 262144, 300_000, 0xFFFF_FFFF])
@pytest.mark.parametrize("piece", [10_000, 50, 7])
def test_a_wrong_captured_length_gives_way_to_the_original_length(length: int, piece: int) -> None:
    """Where the captured length leads nowhere and the original length to the next record, nothing is lost."""
    for row in (0, 2, 4):
        data = bytearray(encode_pcap(RECORDS, link_type=1))
        at = len(encode_pcap(RECORDS[:row], link_type=1))
        data[at + 8 : at + 12] = struct.pack("<I", length)
        contents = read_bytes(bytes(data), [piece] * 300)
        assert contents.records == RECORDS
        assert contents.codes == [reader.CORRECTED_LENGTH]


@pytest.mark.parametrize(
    ("lengths", "row", "wrong"), [((60, 0, 0, 60), 1, 16), ((60, 0, 60), 1, 64), ((60, 0, 60), 1, 76)]
)
def test_a_record_that_holds_the_next_one_gives_it_back(lengths: tuple[int, ...], row: int, wrong: int) -> None:
    """A wrong length that ends where the next record does, or in the last one, does not hide that record."""
    records = make_records(*lengths)
    data = bytearray(encode_pcap(records, link_type=1))
    at = len(encode_pcap(records[:row], link_type=1))
    data[at + 8 : at + 12] = struct.pack("<I", wrong)
    contents = read_bytes(bytes(data))
    assert contents.records == records
    assert contents.codes == [reader.CORRECTED_LENGTH]


def test_a_capture_in_a_packet_stays_in_it() -> None:
    """Records that a packet carries, as when a capture is downloaded, are not taken for the capture's own."""
    inner = encode_pcap(make_records(60, 60, 60, 60), link_type=1)
    records = [Record(number, START_NS, 0, 1, inner, len(inner)) for number in range(1, 6)]
    for offset in range(16):
        data = bytearray(encode_pcap(records, link_type=1))
        data[24 + 2 * (16 + len(inner)) + offset] ^= 0x40
        contents = read_bytes(bytes(data))
        assert [record.data for record in contents.records] == [inner] * 5


def test_a_long_record_is_believed_when_another_follows() -> None:
    """A record above the usual length is kept when what follows it looks like a record, or is the end."""
    long = make_records(300_000, 60, 400_000)
    data = encode_pcap(long, link_type=1)
    assert read_bytes(data).records == long
    assert read_bytes(data, [24 + 16 + 300_000, 10, 100, 300_000]).records == long


def test_a_long_record_is_not_believed_when_none_follows() -> None:
    """A record above the usual length that leads into the middle of nothing is damage, and costs only itself."""
    records = make_records(60, 61, *[1000] * 600, 62)
    data = bytearray(encode_pcap(records, link_type=1))
    data[24 + 8 : 24 + 16] = struct.pack("<II", 300_001, 300_001)
    contents = read_bytes(bytes(data))
    assert [record.data for record in contents.records] == [record.data for record in records[1:]]
    assert contents.codes == [reader.ABSURD_LENGTH, reader.RESYNC]


def test_garbage_to_the_end_is_passed_over() -> None:
    """When no record follows the damage, what came before is kept and the capture counts as truncated."""
    contents = read_bytes(encode_pcap(RECORDS, link_type=1) + b"\xff" * 5000)
    assert contents.records == RECORDS
    assert contents.codes == [reader.ABSURD_LENGTH, reader.RESYNC]
    assert contents.of(CaptureEnded)[0].truncated


def test_damage_everywhere_does_not_flood() -> None:
    """However many records are damaged, a code has few notices."""
    good = encode_pcap(make_records(20, 20), link_type=1)[24:]
    bad = struct.pack("<4I", 0, 0, 0xFFFF_FFFF, 0)
    data = encode_pcap([], link_type=1) + (good + bad) * 200 + good
    contents = read_bytes(data)
    assert len(contents.records) >= 200
    assert contents.codes.count(reader.ABSURD_LENGTH) == reader.MAX_NOTICES


@pytest.mark.parametrize("lost", [1, 4, 8, 12, 60])
@pytest.mark.parametrize("piece", [10_000, 50, 7])
@pytest.mark.parametrize("behind", [1, 40])
def test_a_record_that_lost_bytes_costs_none_behind_it(lost: int, piece: int, behind: int) -> None:
    """Headers behind such a record begin before where they are expected, and are found all the same.

    Four bytes are the hard case: headers read that much late are like each other, and their lengths are right.
    """
    before, short, after = RECORDS[0], RECORDS[2], make_records(*[61, 62, 66] * behind)
    data = encode_pcap([before, short, *after], link_type=1)
    end = len(encode_pcap([before, short], link_type=1))
    contents = read_bytes(data[: end - lost] + data[end:], [piece] * 2000)
    assert [one.data for one in contents.records[2:]] == [one.data for one in after]
    assert [one.number for one in contents.records] == list(range(1, len(after) + 3))
    assert contents.codes[-1] == reader.RESYNC


def test_a_capture_in_a_packet_is_not_looked_back_at() -> None:
    """Records that a packet carries do not lead to where reading goes on, so they stay in it."""
    carried = encode_pcap(make_records(60, 60, 60), link_type=1)
    around = Record(1, START_NS, 0, 1, carried, len(carried))
    data = bytearray(encode_pcap([around, around, *RECORDS[2:]], link_type=1))
    second = 24 + 16 + len(carried)
    data[second + 8 : second + 16] = b"\xff" * 8
    contents = read_bytes(bytes(data))
    assert contents.records[0] == around
    assert [one.data for one in contents.records[-3:]] == [one.data for one in RECORDS[2:]]
    assert len(contents.records) <= 1 + 3 + 3


def test_a_clock_that_steps_is_believed() -> None:
    """Times that are years later from one record on, and lengths that disagree there, are no damage."""
    early = make_records(60, 61, 62)
    late = [one._replace(original=99) for one in make_records(*[63] * 12, first_ns=START_NS + 10**17)]
    contents = read_bytes(encode_pcap([*early, *late], link_type=1))
    assert [one.at_ns for one in contents.records] == [one.at_ns for one in (*early, *late)]
    assert contents.codes == []


@pytest.mark.parametrize("unset", [0, 120])
@pytest.mark.parametrize("count", [1, 20])
def test_a_clock_that_was_not_set_yet_is_no_other_format(unset: int, count: int) -> None:
    """A first packet from the seconds after 1970 does not make the headers behind it longer ones."""
    first = RECORDS[0]._replace(at_ns=unset * 10**9 + 5000)
    late = make_records(*[66, 90] * count)
    contents = read_bytes(encode_pcap([first, *late], link_type=1, nanosecond=False))
    assert contents.of(CaptureStarted)[0].format == "pcap"
    assert [one.data for one in contents.records] == [one.data for one in (first, *late)]


def test_order_is_kept_where_damage_is_not_told_any_more() -> None:
    """Behind the last notice that is listed, records found by looking back still come in their place."""
    records = make_records(*[60, 61, 62, 63] * (2 * reader.MAX_NOTICES))
    pieces = [encode_pcap([one], link_type=1)[24:] for one in records]
    damaged = b"".join(piece[:-4] if at % 4 == 1 else piece for at, piece in enumerate(pieces))
    contents = read_bytes(encode_pcap([], link_type=1) + damaged)
    assert contents.codes.count(reader.RESYNC) == reader.MAX_NOTICES
    assert [one.at_ns for one in contents.records] == [one.at_ns for one in records]
    assert [one.number for one in contents.records] == list(range(1, len(records) + 1))


@pytest.mark.parametrize("shorter", [4, 8])
def test_a_first_length_that_is_wrong_is_no_other_format(shorter: int) -> None:
    """A first record that leads to a header only if headers were longer is damaged, when the second one does not."""
    data = bytearray(encode_pcap(make_records(86, 66, 90, 70, 71, 72), link_type=1, nanosecond=False))
    data[32] -= shorter
    contents = read_bytes(bytes(data))
    assert contents.of(CaptureStarted)[0].format == "pcap"
    assert [len(one.data) for one in contents.records[1:]] == [66, 90, 70, 71, 72]


def test_empty_records_speak_against_no_clock() -> None:
    """Where time steps to its beginning among empty records, nothing but zeros is around, and that is no record."""
    records = [
        one._replace(at_ns=at_ns)
        for one, at_ns in zip(make_records(0, 0, 0), (31622400 * 10**9, 1000, 1000), strict=True)
    ]
    assert read_bytes(encode_pcap(records, link_type=0, nanosecond=False)).records == [
        one._replace(link_type=0) for one in records
    ]
