"""The readers beside tshark: the same numbers, times and lengths for every record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.pcapng.blocks import BlockType, SectionFacts
from sigtrace.capture.reader import ABSURD_LENGTH, CORRECTED_LENGTH
from sigtrace.capture.writer import (
    encode_block,
    encode_interface,
    encode_packet,
    encode_pcap,
    encode_pcapng,
    encode_section_header,
)
from sigtrace.sources.file import read
from tests.builders.captures import (
    ETHERNET,
    RAW_IP,
    copy_out,
    encode_obsolete_packet,
    encode_simple_packet,
    make_records,
    read_bytes,
)
from tests.builders.oracles import tshark_fields

if TYPE_CHECKING:
    from sigtrace.capture.batch import Record

RECORDS = make_records(60, 1514, 61, 300, 1, step_ns=1_234_567_891)
CAPTURES = Path(__file__).parents[3] / "captures"
REAL = ("any-interface", "basic-call-cut", "long-wait-garbled", "short-snap", "simple-call-garbled", "three-interfaces")


def rows_of(records: list[Record]) -> list[list[str]]:
    """Return records as tshark shows them."""
    return [
        [str(one.number), f"{one.at_ns // 10**9}.{one.at_ns % 10**9:09d}", str(one.original), str(len(one.data))]
        for one in records
    ]


def tshark_rows(capture: Path) -> list[list[str]]:
    """Return what tshark shows of a capture."""
    return tshark_fields(capture, "frame.number", "frame.time_epoch", "frame.len", "frame.cap_len")


def with_resolution(code: int, offset_seconds: int = 0) -> bytes:
    """Make a capture of which the interface counts time in this way."""
    data = encode_section_header(SectionFacts())
    data += encode_interface(ETHERNET, resolution=code, offset_seconds=offset_seconds)
    return data + b"".join(encode_packet(one, resolution=code, offset_seconds=offset_seconds) for one in RECORDS)


def mixed_sections() -> bytes:
    """Make a capture of sections in both orders, with several interfaces and all kinds of blocks."""
    both = [one._replace(interface=at % 2) for at, one in enumerate(RECORDS)]
    data = encode_pcapng(both, interfaces=[ETHERNET, RAW_IP])
    data += encode_pcapng(both, interfaces=[RAW_IP, ETHERNET], big_endian=True, resolution=6)
    data += encode_obsolete_packet(RECORDS[0], big_endian=True)
    data += encode_block(BlockType.CUSTOM, b"\x00\x00\x80\x00data", big_endian=True)
    data += encode_packet(RECORDS[1], resolution=6, big_endian=True)
    return data + encode_block(0x80000001, b"unknown", big_endian=True) + encode_pcapng(both, interfaces=[ETHERNET] * 2)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encode_pcap(RECORDS, link_type=1, big_endian=big, nanosecond=nano), id=f"pcap-{big}-{nano}")
        for big in (False, True)
        for nano in (False, True)
    ]
    + [
        pytest.param(encode_pcapng(RECORDS, interfaces=[ETHERNET], big_endian=big), id=f"ng-{big}")
        for big in (False, True)
    ]
    + [pytest.param(with_resolution(code), id=f"tsresol-{code}") for code in (0, 3, 6, 9, 0x8A, 0x94, 0xA0)]
    + [
        pytest.param(with_resolution(6, 1000), id="tsoffset"),
        pytest.param(mixed_sections(), id="mixed"),
    ],
)
def test_records_are_those_that_tshark_shows(data: bytes, tmp_path: Path) -> None:
    """Numbers, times and lengths agree for every record of every kind of capture."""
    capture = tmp_path / "capture"
    capture.write_bytes(data)
    rows = tshark_rows(capture)
    ours = {row[0]: row for row in rows_of(read_bytes(data).records)}
    assert ours
    assert [row for row in rows if row[0] in ours] == list(ours.values())
    assert len(rows) - len(ours) == data.count(b"\x00\x00\x80\x00data")  # custom blocks are listed, and are no packets


def test_simple_packets_are_numbered_as_tshark_does(tmp_path: Path) -> None:
    """A simple packet takes a number, though it has no time."""
    data = encode_section_header(SectionFacts()) + encode_interface(ETHERNET) + encode_packet(RECORDS[0])
    data += encode_simple_packet(bytes(60)) + encode_packet(RECORDS[1])
    (tmp_path / "capture").write_bytes(data)
    shown = tshark_fields(tmp_path / "capture", "frame.number", "frame.len")
    assert [[str(one.number), str(one.original)] for one in read_bytes(data).records] == shown


@pytest.mark.parametrize("name", REAL)
def test_captures_are_read_as_tshark_does(name: str) -> None:
    """Every record agrees with tshark, up to where damage makes tshark stop."""
    capture = next((CAPTURES / name).glob("*.pcap*"), None)
    if capture is None:
        pytest.skip(f"captures/{name} is not there")
    contents = copy_out(read(capture))
    ours, shown = rows_of(contents.records), tshark_rows(capture)
    assert ours[: len(shown)] == shown
    assert {ABSURD_LENGTH, CORRECTED_LENGTH} & set(contents.codes) or len(ours) == len(shown)
