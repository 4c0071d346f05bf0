"""pcapng captures: every kind of block, whole and damaged."""

from __future__ import annotations

import struct

import pytest

from sigtrace.capture import reader
from sigtrace.capture.batch import (
    CaptureEnded,
    CaptureStarted,
    DecryptionSecrets,
    Interface,
    InterfaceStatistics,
    NameResolution,
    Record,
)
from sigtrace.capture.options import Option
from sigtrace.capture.pcapng import batches
from sigtrace.capture.pcapng import reader as pcapng
from sigtrace.capture.pcapng.blocks import BlockType, SectionFacts
from sigtrace.capture.writer import (
    encode_block,
    encode_interface,
    encode_name_resolution,
    encode_packet,
    encode_pcapng,
    encode_secrets,
    encode_section_header,
)
from sigtrace.notices import Notice
from tests.builders.captures import (
    ETHERNET,
    RAW_IP,
    START_NS,
    encode_obsolete_packet,
    encode_simple_packet,
    encode_statistics,
    make_records,
    read_bytes,
)

RECORDS = make_records(60, 0, 1514, 61, 62)
HEADER = encode_section_header(SectionFacts())
ORDERS = pytest.mark.parametrize("big_endian", [False, True])


@ORDERS
def test_a_section_its_interfaces_and_packets_are_read(*, big_endian: bool) -> None:
    """Everything a plain capture holds comes out, in order."""
    records = [RECORDS[0], RECORDS[1]._replace(interface=1, link_type=101), *RECORDS[2:]]
    section = SectionFacts("a machine", "an OS", "a program", ("first", "second"))
    data = encode_pcapng(records, interfaces=[ETHERNET, RAW_IP], section=section, big_endian=big_endian)
    contents = read_bytes(data)
    assert contents.records == records
    assert contents.items == [
        CaptureStarted(
            file="test",
            format="pcapng",
            hardware="a machine",
            operating_system="an OS",
            application="a program",
            comments=("first", "second"),
        ),
        ETHERNET,
        RAW_IP,
        CaptureEnded(file="test", packets=5, bytes=len(data), truncated=False),
    ]


@ORDERS
def test_comments_stay_with_their_packets(*, big_endian: bool) -> None:
    """Comments are found among other options, in any place, and only packets that have some are listed."""
    comments = {1: ("one",), 4: ("two", "three")}
    data = encode_pcapng(RECORDS, interfaces=[ETHERNET], comments=comments, big_endian=big_endian)
    assert read_bytes(data).comments == comments


def test_a_comment_behind_many_options_is_found() -> None:
    """The number of options before a comment does not matter."""
    for others in range(12):
        options = b"".join(struct.pack("<HHI", 2, 4, 7) for _ in range(others)) + b"\x01\x00\x02\x00hi\x00\x00"
        body = struct.pack("<5I", 0, 0, 0, 3, 3) + b"abc\x00" + options
        data = HEADER + encode_interface(ETHERNET) + encode_block(BlockType.ENHANCED_PACKET, body)
        assert read_bytes(data).comments == {1: ("hi",)}


@ORDERS
@pytest.mark.parametrize("resolution", [6, 9, 3, 0x80 | 10, 0x80 | 20, 0x80 | 32])
@pytest.mark.parametrize("offset_seconds", [0, 1_000_000_000, -5])
def test_times_are_exact_in_every_resolution(resolution: int, offset_seconds: int, *, big_endian: bool) -> None:
    """Powers of 10 and of 2, and offsets, give the nanosecond that was meant."""
    record = RECORDS[0]._replace(at_ns=START_NS + 500_000_000)
    interface = encode_interface(ETHERNET, resolution=resolution, offset_seconds=offset_seconds, big_endian=big_endian)
    packet = encode_packet(record, resolution=resolution, offset_seconds=offset_seconds, big_endian=big_endian)
    data = encode_section_header(SectionFacts(), big_endian=big_endian) + interface + packet
    assert read_bytes(data).records == [record]


def test_picoseconds_need_an_offset() -> None:
    """A resolution beyond nanoseconds is rounded down to them."""
    data = HEADER + encode_interface(ETHERNET, resolution=12, offset_seconds=1_699_990_000)
    data += encode_packet(RECORDS[0]._replace(at_ns=START_NS + 1), resolution=12, offset_seconds=1_699_990_000)
    assert read_bytes(data).records[0].at_ns == START_NS + 1


def test_interfaces_may_count_time_differently() -> None:
    """Each packet's time is counted as its own interface does."""
    resolutions = [6, 9, 0x80 | 10]
    data = HEADER + b"".join(encode_interface(ETHERNET, resolution=code) for code in resolutions)
    records = [RECORDS[row]._replace(interface=row % 3, at_ns=START_NS + row * 500_000_000) for row in range(5)]
    data += b"".join(encode_packet(one, resolution=resolutions[one.interface]) for one in records)
    assert read_bytes(data).records == records


def test_the_time_zone_changes_nothing() -> None:
    """`if_tzone` is ignored."""
    body = struct.pack("<HHI", 1, 0, 0) + struct.pack("<HHI", 10, 4, 3600) + struct.pack("<HHB3x", 9, 1, 9) + bytes(4)
    data = HEADER + encode_block(BlockType.INTERFACE_DESCRIPTION, body) + encode_packet(RECORDS[0])
    assert read_bytes(data).records == RECORDS[:1]


@ORDERS
def test_obsolete_packets_are_packets(*, big_endian: bool) -> None:
    """The obsolete packet block is read, with its 16-bit interface number beside its drop count."""
    data = encode_section_header(SectionFacts(), big_endian=big_endian)
    data += encode_interface(ETHERNET, resolution=6, big_endian=big_endian)
    data += encode_interface(RAW_IP, resolution=6, big_endian=big_endian)
    records = [one._replace(interface=1, link_type=101) for one in RECORDS]
    data += b"".join(encode_obsolete_packet(one, drops=9, big_endian=big_endian) for one in records)
    assert read_bytes(data).records == records


@ORDERS
def test_simple_packets_get_the_time_before_them(*, big_endian: bool) -> None:
    """Simple packets have no time: theirs is that of the packet before, and a notice says so once."""
    data = encode_section_header(SectionFacts(), big_endian=big_endian)
    data += encode_interface(ETHERNET, big_endian=big_endian)
    data += encode_simple_packet(b"first", big_endian=big_endian)
    data += encode_packet(RECORDS[0], big_endian=big_endian)
    data += encode_simple_packet(b"second", 90, big_endian=big_endian)
    data += encode_packet(RECORDS[1], big_endian=big_endian)
    contents = read_bytes(data)
    assert contents.records == [
        Record(1, 0, 0, 1, b"first", 5),
        RECORDS[0]._replace(number=2),
        Record(3, RECORDS[0].at_ns, 0, 1, b"second\x00\x00", 90),
        RECORDS[1]._replace(number=4),
    ]
    assert contents.codes == [batches.NO_TIME]


def test_a_simple_packet_is_cut_by_the_snap_length() -> None:
    """What a simple packet captured is bounded by the interface's snap length, as it does not say so itself."""
    interface = encode_interface(Interface(index=0, name=None, link_type=1, snap_length=5))
    assert read_bytes(HEADER + interface + encode_simple_packet(b"12345\0\0\0", 90)).records[0].data == b"12345"


@ORDERS
def test_sections_have_orders_and_interfaces_of_their_own(*, big_endian: bool) -> None:
    """Interfaces are counted over the whole capture, and each section is read in its own byte order."""
    first = encode_pcapng(RECORDS, interfaces=[ETHERNET, RAW_IP], big_endian=big_endian)
    facts = SectionFacts(application="editor", comments=("later",))
    second = encode_pcapng(RECORDS, interfaces=[ETHERNET], big_endian=not big_endian, section=facts)
    contents = read_bytes(first + second + first)
    assert [record.interface for record in contents.records] == [0] * 5 + [2] * 5 + [3] * 5
    assert [record.number for record in contents.records] == list(range(1, 16))
    assert [record.data for record in contents.records] == [record.data for record in RECORDS] * 3
    assert [interface.index for interface in contents.of(Interface)] == [0, 1, 2, 3, 4]
    assert [notice.text for notice in contents.of(Notice)] == ["a further section begins: editor; later"]


@ORDERS
def test_what_stands_beside_the_packets_is_kept(*, big_endian: bool) -> None:
    """Names, statistics and secrets come out as items."""
    names = [
        NameResolution(address=bytes((10, 0, 0, 1)), names=("server", "server.example")),
        NameResolution(address=bytes(15) + b"\x01", names=("localhost",)),
    ]
    secrets = DecryptionSecrets(kind=0x544C534B, data=b"CLIENT_RANDOM 00 11\n")
    order = ">" if big_endian else "<"
    counted = [Option(4, struct.pack(f"{order}Q", 70)), Option(5, struct.pack(f"{order}Q", 2)), Option(7, bytes(8))]
    data = encode_pcapng(RECORDS, interfaces=[ETHERNET], big_endian=big_endian)
    data += encode_name_resolution(names, big_endian=big_endian) + encode_secrets(secrets, big_endian=big_endian)
    data += encode_statistics(0, counted, big_endian=big_endian) + encode_statistics(0, big_endian=big_endian)
    contents = read_bytes(data)
    assert contents.of(NameResolution) == names
    assert contents.of(DecryptionSecrets) == [secrets]
    assert contents.of(InterfaceStatistics) == [
        InterfaceStatistics(interface=0, received=70, dropped=2),
        InterfaceStatistics(interface=0, received=None, dropped=None),
    ]
    assert contents.codes == []


def test_unknown_blocks_are_skipped() -> None:
    """A block of a type we do not know changes nothing."""
    data = HEADER + encode_interface(ETHERNET)
    data += b"".join(encode_block(0x80000001, b"who knows") + encode_packet(record) for record in RECORDS)
    contents = read_bytes(data)
    assert (contents.records, contents.codes) == (RECORDS, [])


@pytest.mark.parametrize("kind", [BlockType.CUSTOM, BlockType.CUSTOM_NOT_COPIED, BlockType.JOURNAL_EXPORT])
def test_blocks_that_wireshark_lists_take_a_number(kind: BlockType) -> None:
    """Custom blocks and journal entries are no packets, but the packets behind them keep Wireshark's numbers."""
    data = HEADER + encode_interface(ETHERNET) + encode_packet(RECORDS[0])
    data += encode_block(kind, b"\x00\x00\x00\x00data") + encode_packet(RECORDS[1])
    contents = read_bytes(data)
    assert [record.number for record in contents.records] == [1, 3]
    assert contents.of(CaptureEnded)[0].packets == 2


def test_a_packet_that_claims_more_than_its_block_has_is_cut() -> None:
    """The captured length is bounded by the block, and a notice names the packet."""
    body = struct.pack("<5I", 0, 0, 0, 99, 200) + b"12345678"
    data = HEADER + encode_interface(ETHERNET) + encode_packet(RECORDS[0])
    data += encode_block(BlockType.ENHANCED_PACKET, body) + encode_packet(RECORDS[1])
    contents = read_bytes(data)
    assert [record.data for record in contents.records] == [RECORDS[0].data, b"12345678", RECORDS[1].data]
    assert [(notice.code, notice.packet) for notice in contents.of(Notice)] == [(batches.OVERRUN, 2)]


def test_an_interface_that_was_never_described_is_stood_in_for() -> None:
    """Packets of undescribed interfaces are read like the section's first, under an interface of their own."""
    data = HEADER + encode_packet(RECORDS[0]._replace(at_ns=1000), resolution=6)
    data += encode_interface(RAW_IP) + encode_packet(RECORDS[1])
    data += encode_packet(RECORDS[2]._replace(interface=7, at_ns=2000), resolution=6)
    contents = read_bytes(data)
    assert [(record.interface, record.link_type) for record in contents.records] == [(0, 1), (1, 101), (0, 1)]
    assert [record.at_ns for record in contents.records] == [1000, RECORDS[1].at_ns, 2000]
    assert contents.codes == [batches.UNDESCRIBED]
    assert [interface.index for interface in contents.of(Interface)] == [0, 1]


def test_times_out_of_range_are_clamped_once() -> None:
    """A time beyond what 64 bits of nanoseconds hold is clamped; one notice says so."""
    late = encode_block(BlockType.ENHANCED_PACKET, struct.pack("<5I", 0, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0))
    contents = read_bytes(HEADER + encode_interface(ETHERNET, resolution=6) + late * 3)
    assert [record.at_ns for record in contents.records] == [2**63 - 1] * 3
    assert contents.codes == [reader.TIME_RANGE]


@pytest.mark.parametrize("length", [0, 8, 11, 1513, 0xFFFFFFFC, reader.MAX_BLOCK_LENGTH + 4])
@pytest.mark.parametrize("piece", [10_000, 50, 7])
@ORDERS
def test_reading_goes_on_behind_an_absurd_length(length: int, piece: int, *, big_endian: bool) -> None:
    """Block lengths that cannot be cost one block; notices say where and how much."""
    interface = encode_interface(ETHERNET, big_endian=big_endian)
    packets = [encode_packet(record, big_endian=big_endian) for record in RECORDS]
    wrong = struct.pack(">I" if big_endian else "<I", length)
    packets[2] = packets[2][:4] + wrong + packets[2][8:-4] + wrong
    data = encode_section_header(SectionFacts(), big_endian=big_endian) + interface + b"".join(packets)
    contents = read_bytes(data, [piece] * 300)
    assert [record.data for record in contents.records] == [RECORDS[row].data for row in (0, 1, 3, 4)]
    assert contents.codes == [reader.ABSURD_LENGTH, reader.RESYNC]
    passed = contents.of(Notice)[1]
    assert passed.text.startswith(f"{len(packets[2])} damaged bytes")


def test_blocks_that_lost_their_alignment_are_found() -> None:
    """Bytes lost or added between blocks shift what follows, and it is read all the same."""
    packets = [encode_packet(record) for record in RECORDS]
    for junk in (b"\xff", b"\xff" * 6, b"\x00" * 11):
        data = HEADER + encode_interface(ETHERNET) + packets[0] + junk + b"".join(packets[1:])
        contents = read_bytes(data)
        assert contents.records == RECORDS
        assert contents.codes == [reader.ABSURD_LENGTH, reader.RESYNC]


def test_a_wrong_trailing_length_is_a_notice() -> None:
    """The leading length counts where a block begins behind it."""
    packets = [encode_packet(record) for record in RECORDS]
    packets[1] = packets[1][:-4] + b"\x01\x02\x03\x04"
    packets[4] = packets[4][:-4] + b"\x01\x02\x03\x04"
    contents = read_bytes(HEADER + encode_interface(ETHERNET) + b"".join(packets))
    assert contents.records == RECORDS
    assert contents.codes == [pcapng.TRAILING_LENGTH] * 2


@pytest.mark.parametrize("length", [0, 8, 11, 16, 1513, 1640, 4000, 2**20, 0xFFFFFFFC])
@pytest.mark.parametrize("piece", [10_000, 50, 7])
@ORDERS
def test_a_wrong_length_at_the_start_gives_way_to_the_one_at_the_end(
    length: int, piece: int, *, big_endian: bool
) -> None:
    """A packet is read whole by the length at its end, with options or without, as is any block."""
    order = ">" if big_endian else "<"
    comments = {2: ("said",), 5: ("last",)}
    interface = encode_interface(ETHERNET, big_endian=big_endian)
    packets = [
        encode_packet(record, comments=comments.get(record.number, ()), big_endian=big_endian) for record in RECORDS
    ]
    for row in (-1, 1, 2, 4):
        blocks = [interface, *packets]
        blocks[row + 1] = blocks[row + 1][:4] + struct.pack(f"{order}I", length) + blocks[row + 1][8:]
        data = encode_section_header(SectionFacts(), big_endian=big_endian) + b"".join(blocks)
        contents = read_bytes(data, [piece] * 300)
        assert (contents.records, contents.comments) == (RECORDS, comments)
        assert contents.codes == [reader.CORRECTED_LENGTH]


def test_a_block_whose_lengths_are_both_wrong_is_passed_over() -> None:
    """Where neither length leads to a block, the next one is searched for."""
    packets = [encode_packet(record) for record in RECORDS]
    wrong = struct.pack("<I", len(packets[1]) + 100)
    packets[1] = packets[1][:4] + wrong + packets[1][8:-4] + wrong
    contents = read_bytes(HEADER + encode_interface(ETHERNET) + b"".join(packets))
    assert [record.data for record in contents.records] == [RECORDS[row].data for row in (0, 2, 3, 4)]
    assert contents.codes == [reader.ABSURD_LENGTH, reader.RESYNC]


@pytest.mark.parametrize("row", [1, 3])
@pytest.mark.parametrize("comments", [(), ("said of it",)])
@pytest.mark.parametrize("piece", [10_000, 50, 7])
@ORDERS
def test_a_length_that_swallows_blocks_is_found_out(
    row: int, comments: tuple[str, ...], piece: int, *, big_endian: bool
) -> None:
    """A leading length that ends where another block does, or behind the capture, costs its own block alone."""
    packets = [encode_packet(record, comments=comments, big_endian=big_endian) for record in RECORDS]
    for length in (len(packets[row]) + len(packets[row + 1]), 2**20):
        spoiled = packets[row][:4] + struct.pack(">I" if big_endian else "<I", length) + packets[row][8:]
        data = encode_pcapng([], interfaces=[ETHERNET], big_endian=big_endian)
        data += b"".join((*packets[:row], spoiled, *packets[row + 1 :]))
        contents = read_bytes(data, [piece] * 300)
        others = [one.data for one in contents.records if one.data != RECORDS[row].data]
        assert others == [RECORDS[at].data for at in range(5) if at != row]
        assert contents.codes


@ORDERS
def test_a_packet_longer_than_any_is_no_cut(*, big_endian: bool) -> None:
    """A last block of impossible length, whose packet is as long, hides no block behind it."""
    packets = [encode_packet(record, big_endian=big_endian) for record in RECORDS]
    words = struct.pack(">2I" if big_endian else "<2I", 2**22, 2**21)
    packets[1] = packets[1][:4] + words[:4] + packets[1][8:20] + words[4:] + packets[1][24:]
    contents = read_bytes(encode_pcapng([], interfaces=[ETHERNET], big_endian=big_endian) + b"".join(packets))
    assert [one.data for one in contents.records[-3:]] == [RECORDS[at].data for at in (2, 3, 4)]


@pytest.mark.parametrize("comments", [(), ("said of it",)])
@ORDERS
def test_a_block_with_both_lengths_damaged_is_no_cut(comments: tuple[str, ...], *, big_endian: bool) -> None:
    """A block that reaches behind the capture is damage, not a cut, when blocks follow where its packet ends."""
    packets = [encode_packet(record, comments=comments, big_endian=big_endian) for record in RECORDS]
    long = struct.pack(">I" if big_endian else "<I", 2**20)
    packets[1] = packets[1][:4] + long + packets[1][8:-4] + b"told"
    data = encode_pcapng([], interfaces=[ETHERNET], big_endian=big_endian) + b"".join(packets)
    contents = read_bytes(data)
    others = [one.data for one in contents.records if one.data != RECORDS[1].data]
    assert others == [RECORDS[at].data for at in (0, 2, 3, 4)]
    assert contents.codes


def test_a_capture_in_a_packet_stays_in_it() -> None:
    """Blocks that a packet carries are not taken for the capture's own, whichever length of the packet is wrong."""
    inner = encode_pcapng(make_records(60, 60, 60), interfaces=[ETHERNET])
    records = [Record(number, START_NS, 0, 1, inner, len(inner)) for number in range(1, 4)]
    packets = [encode_packet(record) for record in records]
    for offset in (4, 5, 6, 7, -4, -3, -2, -1):
        damaged = bytearray(packets[1])
        damaged[offset] ^= 0x40
        data = HEADER + encode_interface(ETHERNET) + packets[0] + bytes(damaged) + packets[2]
        assert read_bytes(data).records == records


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (BlockType.INTERFACE_DESCRIPTION, b"\x01\x00"),
        (BlockType.INTERFACE_STATISTICS, b"\x00\x00\x00\x00"),
        (BlockType.INTERFACE_STATISTICS, struct.pack("<III", 7, 0, 0)),
        (BlockType.NAME_RESOLUTION, struct.pack("<HH", 1, 400)),
        (BlockType.DECRYPTION_SECRETS, struct.pack("<II", 1, 400)),
        (BlockType.ENHANCED_PACKET, bytes(16)),
        (BlockType.SIMPLE_PACKET, b""),
    ],
)
def test_a_block_that_is_damaged_inside_is_passed_over(kind: BlockType, body: bytes) -> None:
    """A block whose inside is not what its type says is a notice, and the packets around it are read."""
    data = HEADER + encode_interface(ETHERNET) + encode_packet(RECORDS[0]) + encode_block(kind, body)
    contents = read_bytes(data + encode_packet(RECORDS[1]))
    assert contents.records == RECORDS[:2]
    assert contents.codes == [pcapng.DAMAGED_BLOCK]


def test_a_block_before_any_section_is_damage() -> None:
    """When the first section header is damaged beyond its type, blocks before the next section are passed over."""
    first = bytearray(HEADER + encode_interface(ETHERNET) + encode_packet(RECORDS[0]))
    first[4:12] = b"\x0c\x00\x00\x00" * 2
    contents = read_bytes(bytes(first) + encode_pcapng(RECORDS, interfaces=[ETHERNET]))
    assert [record.data for record in contents.records] == [record.data for record in RECORDS]
    assert reader.RESYNC in contents.codes


@ORDERS
def test_a_section_of_no_known_order_has_that_of_its_length(*, big_endian: bool) -> None:
    """A section header with a damaged byte-order magic is read in the order in which its length stands at both ends."""
    for offset in range(8, 12):
        damaged = bytearray(encode_pcapng(RECORDS, interfaces=[ETHERNET], big_endian=big_endian))
        damaged[offset] ^= 0xFF
        for piece in (7, 10_000):
            contents = read_bytes(bytes(damaged), [piece] * 40)
            assert contents.records == RECORDS
            assert contents.codes == [pcapng.DAMAGED_BLOCK]


@ORDERS
def test_a_section_is_known_by_its_magic_too(*, big_endian: bool) -> None:
    """A section header with a damaged type still begins a section, at the start of the capture and later."""
    section = encode_pcapng(RECORDS, interfaces=[ETHERNET], big_endian=big_endian)
    for offset in range(4):
        damaged = bytearray(section)
        damaged[offset] ^= 0x10
        for before in (b"", encode_pcapng([], interfaces=[], big_endian=not big_endian)):
            contents = read_bytes(before + bytes(damaged))
            assert contents.records == RECORDS
            assert contents.codes == [pcapng.DAMAGED_BLOCK]


def test_a_section_without_order_or_length_is_searched_past() -> None:
    """A section header with a damaged magic and length gives way to the next section."""
    damaged = bytearray(encode_pcapng(RECORDS, interfaces=[ETHERNET]))
    damaged[4] ^= 0xFF
    damaged[8] ^= 0xFF
    contents = read_bytes(bytes(damaged) + encode_pcapng(RECORDS, interfaces=[ETHERNET]))
    assert contents.records == RECORDS
    assert contents.codes == [reader.ABSURD_LENGTH, reader.RESYNC]


def test_an_unknown_version_is_read_with_a_notice() -> None:
    """A section of version 2 is read as if it were version 1."""
    data = bytearray(encode_pcapng(RECORDS, interfaces=[ETHERNET]))
    data[12] = 2
    contents = read_bytes(bytes(data))
    assert contents.records == RECORDS
    assert contents.codes == [pcapng.DAMAGED_BLOCK]


def test_payload_that_looks_like_blocks_is_payload() -> None:
    """A capture inside a packet's bytes gives no packets, however it is aligned."""
    inner = encode_pcapng(make_records(60, 60, 60), interfaces=[ETHERNET])
    records = [
        Record(number, START_NS, 0, 1, bytes(shift) + inner * 3, shift + 3 * len(inner))
        for number, shift in enumerate((0, 1, 2, 3, 0, 4, 8), start=1)
    ]
    contents = read_bytes(encode_pcapng(records, interfaces=[ETHERNET]))
    assert (contents.records, contents.codes) == (records, [])


def test_many_interfaces_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interfaces above the bound are taken for undescribed, with one notice each way."""
    monkeypatch.setattr(pcapng, "MAX_INTERFACES", 10)
    data = HEADER + encode_interface(ETHERNET) * 13 + encode_packet(RECORDS[0]._replace(interface=11))
    contents = read_bytes(data)
    assert contents.codes == [pcapng.INTERFACE_LIMIT, batches.UNDESCRIBED]
    assert len(contents.of(Interface)) == 11
    assert contents.records[0].interface == 10


def test_seventy_thousand_interfaces_are_told_apart() -> None:
    """A packet may name an interface beyond what 16 bits count."""
    data = HEADER + encode_interface(ETHERNET) * 70_000 + encode_interface(RAW_IP)
    contents = read_bytes(data + encode_packet(RECORDS[0]._replace(interface=70_000)))
    assert contents.codes == []
    assert contents.records == [RECORDS[0]._replace(interface=70_000, link_type=101)]


def test_interfaces_are_bounded_over_all_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many sections cannot announce more interfaces than one: the rest is taken for Ethernet, and packets are read."""
    monkeypatch.setattr(pcapng, "MAX_INTERFACES", 10)
    section = encode_pcapng(RECORDS, interfaces=[ETHERNET] * 4)
    contents = read_bytes(section * 5)
    assert [record.data for record in contents.records] == [record.data for record in RECORDS] * 5
    assert [interface.index for interface in contents.of(Interface)] == list(range(11))
    assert {record.interface for record in contents.records} == {0, 4, 8, 10}
    assert pcapng.INTERFACE_LIMIT in contents.codes


def test_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names beyond the bound are left out, with one notice, over all blocks."""
    monkeypatch.setattr(pcapng, "MAX_NAMES", 5)
    names = [NameResolution(address=bytes((10, 0, 0, last)), names=("a",)) for last in range(4)]
    contents = read_bytes(HEADER + encode_name_resolution(names) * 4 + encode_interface(ETHERNET))
    assert contents.of(NameResolution) == [*names, names[0]]
    assert contents.codes == [pcapng.NAMES_LIMIT]


def test_secrets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets beyond the bound are left out, with one notice; shorter ones behind them may still fit."""
    monkeypatch.setattr(pcapng, "MAX_SECRETS_LENGTH", 10)
    secrets = [DecryptionSecrets(kind=1, data=bytes(length)) for length in (8, 8, 2, 4)]
    contents = read_bytes(HEADER + b"".join(map(encode_secrets, secrets)))
    assert contents.of(DecryptionSecrets) == [secrets[0], secrets[2]]
    assert contents.codes == [pcapng.SECRETS_LIMIT]


def test_options_are_bounded() -> None:
    """Of a section header full of options, the first ones are read, with a notice; the packets come as ever."""
    comment = struct.pack("<HH", 1, 1) + b"a\0\0\0"
    body = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + comment * 200_000
    data = encode_block(BlockType.SECTION_HEADER, body) + encode_interface(ETHERNET) + encode_packet(RECORDS[0])
    contents = read_bytes(data)
    assert len(contents.of(CaptureStarted)[0].comments) == 2**20 // 8
    assert contents.codes == [pcapng.OPTIONS_LIMIT]
    assert contents.records == RECORDS[:1]
