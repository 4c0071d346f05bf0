"""Laws of the capture readers: windows do not matter, cuts lose only the last record, damage never raises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.capture.batch import CaptureEnded, DecryptionSecrets, Record
from sigtrace.capture.pcapng.blocks import BlockType, SectionFacts
from sigtrace.capture.reader import CUT, RESYNC
from sigtrace.capture.writer import (
    encode_block,
    encode_interface,
    encode_packet,
    encode_pcap,
    encode_pcapng,
    encode_secrets,
    encode_section_header,
)
from sigtrace.notices import Notice
from tests.builders.captures import (
    ETHERNET,
    RAW_IP,
    START_NS,
    Contents,
    encode_obsolete_packet,
    encode_simple_packet,
    encode_statistics,
    make_records,
    read_bytes,
)

PIECES = st.lists(st.integers(1, 400), max_size=40)


@st.composite
def captures(draw: st.DrawFn) -> bytes:
    """Make a capture of any kind: pcap, or pcapng of several sections with all sorts of blocks."""
    if draw(st.booleans()):
        records = make_records(*draw(st.lists(st.integers(0, 90), max_size=12)))
        return encode_pcap(records, link_type=1, nanosecond=draw(st.booleans()), big_endian=draw(st.booleans()))
    return b"".join(draw(st.lists(sections(), min_size=1, max_size=3)))


@st.composite
def sections(draw: st.DrawFn) -> bytes:
    """Make one pcapng section."""
    big = draw(st.booleans())
    inner = encode_pcapng(make_records(8, 9), interfaces=[ETHERNET], big_endian=big)
    packets = st.builds(
        Record,
        number=st.just(0),
        at_ns=st.integers(0, 10**6).map(lambda late: START_NS + late * 1000),
        interface=st.integers(0, 2),
        link_type=st.just(1),
        data=st.binary(max_size=70) | st.just(inner),
        original=st.integers(0, 2000),
    )
    comments = st.lists(st.text(max_size=5), max_size=2)
    secrets = DecryptionSecrets(kind=1, data=b"secret")
    block = st.one_of(
        st.builds(lambda one, said: encode_packet(one, comments=said, big_endian=big), packets, comments),
        packets.map(lambda one: encode_packet(one, big_endian=big)),
        packets.map(lambda one: encode_obsolete_packet(one, big_endian=big)),
        st.binary(max_size=30).map(lambda data: encode_simple_packet(data, big_endian=big)),
        st.sampled_from(
            [
                encode_interface(RAW_IP, resolution=6, big_endian=big),
                encode_statistics(0, big_endian=big),
                encode_secrets(secrets, big_endian=big),
                encode_block(BlockType.CUSTOM, b"pen data", big_endian=big),
                encode_block(0x1234, b"unknown", big_endian=big),
            ]
        ),
    )
    header = encode_section_header(SectionFacts(), big_endian=big) + encode_interface(ETHERNET, big_endian=big)
    return header + b"".join(draw(st.lists(block, max_size=12)))


def damage(data: bytes, places: list[tuple[int, int]]) -> bytes:
    """Change some bytes behind the magic."""
    damaged = bytearray(data)
    for place, value in places:
        damaged[12 + place % (len(data) - 12)] = value
    return bytes(damaged)


DAMAGED = st.builds(damage, captures(), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6))


def essence(contents: Contents) -> tuple[object, ...]:
    """What of a capture must not depend on the windows: all but the order among items of different types."""
    notices = sorted(
        (item.code, item.text, item.packet or 0, item.offset or 0)
        for item in contents.items
        if isinstance(item, Notice)
    )
    others = sorted(
        (item for item in contents.items if not isinstance(item, Notice)), key=lambda item: type(item).__name__
    )
    return contents.records, contents.comments, notices, others


@settings(deadline=None)
@given(captures(), PIECES)
def test_windows_do_not_matter(data: bytes, pieces: list[int]) -> None:
    """However a capture is divided into windows, the same records and items come out."""
    assert essence(read_bytes(data, pieces)) == essence(read_bytes(data))


@settings(deadline=None)
@given(DAMAGED, PIECES)
def test_windows_do_not_matter_to_damage(data: bytes, pieces: list[int]) -> None:
    """A damaged capture, too, gives the same however it arrives."""
    assert essence(read_bytes(data, pieces)) == essence(read_bytes(data))


@settings(deadline=None)
@given(DAMAGED)
def test_damage_never_raises(data: bytes) -> None:
    """Whatever is damaged, the capture ends in order, and numbers rise."""
    contents = read_bytes(data)
    numbers = [record.number for record in contents.records]
    assert numbers == sorted(set(numbers))
    ended = contents.of(CaptureEnded)
    assert [(one.packets, one.bytes) for one in ended] == [(len(numbers), len(data))]


@settings(max_examples=10, deadline=None)
@given(captures())
def test_a_cut_keeps_what_came_before(data: bytes) -> None:
    """A capture that is cut at any byte gives all its records up to there, whole, and says when one was cut."""
    whole = read_bytes(data).records
    count = 0
    for cut in range(4, len(data)):
        contents = read_bytes(data[:cut])
        assert contents.records == whole[: len(contents.records)]
        assert len(contents.records) >= count
        count = len(contents.records)
        assert contents.of(CaptureEnded)[0].truncated == (CUT in contents.codes)


def test_a_cut_packet_is_not_ended_by_its_own_numbers() -> None:
    """Where a packet that carries a capture is cut off, an original length of 28 does not end its block there."""
    inner = encode_pcapng(make_records(8, 9), interfaces=[ETHERNET])
    records = [make_records(len(inner))[0]._replace(data=inner, original=28), *make_records(5)]
    whole = encode_pcapng(records, interfaces=[ETHERNET])
    first = len(encode_pcapng(records[:1], interfaces=[ETHERNET]))
    for cut in range(first - len(inner), first):
        assert read_bytes(whole[:cut]).records == []


@settings(deadline=None)
@given(captures(), st.integers(0, 7), st.binary(min_size=1, max_size=3000))
def test_garbage_between_sections_costs_no_later_section(data: bytes, shift: int, garbage: bytes) -> None:
    """A section behind garbage is read whole, whatever the garbage is."""
    if not data.startswith(b"\x0a\x0d\x0d\x0a"):
        return
    noise = bytes(byte or 1 for byte in garbage) + bytes(shift)
    last = encode_pcapng(make_records(60, 61, 62), interfaces=[ETHERNET])
    contents = read_bytes(data + noise + last)
    assert [record.data for record in contents.records[-3:]] == [record.data for record in make_records(60, 61, 62)]


@pytest.mark.parametrize("length", [0, 3, 50])
def test_a_lost_stretch_is_told_and_passed(length: int) -> None:
    """When a stretch of a pcap capture is overwritten, the records behind it come out again."""
    data = bytearray(encode_pcap(make_records(*[100] * 200), link_type=1))
    at = 24 + 116 * 50 + 8
    data[at : at + 1000 + length] = b"\xff" * (1000 + length)
    contents = read_bytes(bytes(data))
    assert len(contents.records) >= 189
    assert RESYNC in contents.codes


def test_hostile_blocks_cost_linear_time() -> None:
    """Blocks made to break every run are read, each once: thousands of alternations do not slow the reader down."""
    packet = encode_packet(make_records(0)[0])
    fake = encode_packet(make_records(0)[0]._replace(data=packet * 3, original=9))
    simple, obsolete = encode_simple_packet(b""), encode_obsolete_packet(make_records(0)[0])
    data = encode_section_header(SectionFacts()) + encode_interface(ETHERNET) + (fake + simple + obsolete) * 5000
    assert len(read_bytes(data).records) == 15_000
    absurd = np.full(100_000, 0x06, np.uint32).tobytes()
    assert read_bytes(encode_section_header(SectionFacts()) + absurd).records == []
