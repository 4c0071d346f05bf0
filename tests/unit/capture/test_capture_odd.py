"""Captures that are odd, but legal, beside tshark: each record with its number, time and lengths.

Where tshark shows something else, the table says what, and why that is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sigtrace.capture.batch import CaptureStarted, DecryptionSecrets
from sigtrace.capture.pcap.reader import VERSION
from sigtrace.capture.pcapng.blocks import BYTE_ORDER_MAGIC, BlockType, SectionFacts
from sigtrace.capture.reader import CORRECTED_LENGTH, TIME_RANGE
from sigtrace.capture.writer import (
    encode_block,
    encode_interface,
    encode_packet,
    encode_pcap,
    encode_pcapng,
    encode_secrets,
    encode_section_header,
)
from tests.builders.captures import ETHERNET, START_NS, make_records, read_bytes
from tests.builders.oracles import tshark_fields

if TYPE_CHECKING:
    from pathlib import Path

    from sigtrace.capture.batch import Record

RECORDS = make_records(60, 61, 62, 63)
SECOND = 10**9
HEADER = encode_section_header(SectionFacts())
BODY = encode_interface(ETHERNET) + b"".join(map(encode_packet, RECORDS))


class Odd(NamedTuple):
    """One odd capture."""

    data: bytes
    codes: tuple[str, ...] = ()  # what we say of it
    tshark: str = ""  # what tshark shows instead, and why; empty where it shows the same


def pcap(**changes: list[int]) -> bytes:
    """Make a pcap capture with other fields, one value a record."""
    return encode_pcap(
        [one._replace(**{name: values[at] for name, values in changes.items()}) for at, one in enumerate(RECORDS)],
        link_type=1,
    )


def raw_pcap(*records: bytes, magic: int = 0xA1B2C3D4, minor: int = 4) -> bytes:
    """Make a pcap capture of microseconds out of encoded records."""
    return struct.pack("<IHHiIII", magic, 2, minor, 0, 0, 65535, 1) + b"".join(records)


def long_header(at: int, more: bytes) -> bytes:
    """Make a record with a longer header."""
    return struct.pack("<4I", 1_700_000_000, at, 60 + at, 60 + at) + more + b"h" * (60 + at)


def packet_at(ticks: int, *, resolution: int = 6, offset_seconds: int = 0) -> bytes:
    """Make a pcapng capture of one packet, at a time as its interface counts it."""
    body = struct.pack("<5I", 0, ticks >> 32, ticks & 0xFFFFFFFF, 4, 4) + b"abcd"
    interface = encode_interface(ETHERNET, resolution=resolution, offset_seconds=offset_seconds)
    return HEADER + interface + encode_block(BlockType.ENHANCED_PACKET, body)


def section(length: int, minor: int = 0) -> bytes:
    """Encode a section header that says how long its section is."""
    return encode_block(BlockType.SECTION_HEADER, struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, minor, length))


def with_blocks(*blocks: bytes) -> bytes:
    """Make a pcapng capture with other blocks between its packets."""
    packets = map(encode_packet, RECORDS)
    return HEADER + encode_interface(ETHERNET) + b"".join(part for pair in zip(packets, blocks) for part in pair)  # noqa: B905


TICKS = 12_345_678_901
CLAMPED = "times after 2262 as they are; ours are nanoseconds in 64 bits, and are clamped with a notice"
RAW_OPTIONS = struct.pack("<5I", 0, 0, 1, 3, 3) + b"abc\xee" + struct.pack("<HH", 1, 2) + b"hi\xff\xff"
UNPADDED = struct.pack("<II5I", 6, 35, 0, 0, 9, 3, 3) + b"abc\x00" + struct.pack("<I", 35)
ODD = {
    "original shorter than captured": Odd(pcap(original=[10, 0, 61, 7])),
    "no bytes captured": Odd(pcap(data=[b""] * 4)),
    "no bytes at all": Odd(pcap(data=[b""] * 4, original=[0] * 4)),
    "times go back": Odd(pcap(at_ns=[START_NS - at * SECOND for at in range(4)])),
    "times go back by years": Odd(pcap(at_ns=[START_NS - at * 10**17 for at in range(4)])),
    "times jump to and fro": Odd(pcap(at_ns=[START_NS, 5, START_NS + 1, 2**31 * SECOND])),
    "after 2038": Odd(pcap(at_ns=[2**31 * SECOND + at for at in range(4)])),
    "round 2106": Odd(pcap(at_ns=[(2**32 - 2 + at) % 2**32 * SECOND for at in range(4)])),
    "at 1970": Odd(pcap(at_ns=[0, 1, 2, 3])),
    "microseconds above a second": Odd(
        raw_pcap(*[struct.pack("<4I", 1_700_000_000, 1_500_000, 4, 4) + b"abcd"] * 3),
        tshark="the same instant, written as 1700000000.1500000000",
    ),
    "frame check sequence bits": Odd(encode_pcap(RECORDS, link_type=0x2400_0001)),
    "modified": Odd(raw_pcap(*(long_header(at, bytes(8)) for at in range(4)), magic=0xA1B2CD34)),
    "modified, ordinary magic": Odd(raw_pcap(*(long_header(at, b"\x02\0\0\0\x08\0\x04\0") for at in range(4)))),
    "modified, longer": Odd(raw_pcap(*(long_header(at, bytes(12)) for at in range(4)), magic=0xA1B2CD34)),
    "Nokia's": Odd(raw_pcap(*(long_header(at, b"\x01\0\0\0") for at in range(4)))),
    "version 2.3, lengths swapped": Odd(
        raw_pcap(*[struct.pack("<4I", 1_700_000_000, 7, 1500, 60) + b"h" * 60] * 3, minor=3),
        (VERSION, CORRECTED_LENGTH, CORRECTED_LENGTH, CORRECTED_LENGTH),
        tshark="the greater length as the original one; we take it for damage, and give the same bytes",
    ),
    **{
        f"resolution {code:#x}": Odd(
            packet_at(TICKS, resolution=code), *(((TIME_RANGE,), CLAMPED) if code in (0, 0x80) else ())
        )
        for code in (0, 1, 3, 6, 9, 10, 12, 18, 19, 20, 40, 127, 0x80, 0x81, 0x8A, 0xA0, 0xBF, 0xC0, 0xFF)
    },
    "before 1970": Odd(packet_at(5, offset_seconds=-1000)),
    "after 2106": Odd(packet_at(2**33 * 10**6)),
    "after 2262": Odd(packet_at(2**59), (TIME_RANGE,), CLAMPED),
    "section lengths": Odd(section(len(BODY)) + BODY + section(len(BODY)) + BODY),
    "a wrong section length": Odd(section(8) + BODY),
    "minor version 2": Odd(section(-1, minor=2) + BODY),
    "unknown blocks": Odd(with_blocks(encode_block(0x12345, b"x" * 9), encode_block(0x80000001, b""), b"", b"")),
    "secrets": Odd(with_blocks(encode_secrets(DecryptionSecrets(kind=0x544C534B, data=b"x")), b"", b"", b"")),
    "options without end, padding not zero": Odd(
        HEADER + encode_interface(ETHERNET, resolution=6) + encode_block(BlockType.ENHANCED_PACKET, RAW_OPTIONS)
    ),
    "a length that does not count the padding": Odd(
        HEADER + encode_interface(ETHERNET, resolution=6) + UNPADDED + encode_packet(RECORDS[0], resolution=6),
        (CORRECTED_LENGTH,),
    ),
    "orders by turns": Odd(
        HEADER + BODY + encode_pcapng(RECORDS, interfaces=[ETHERNET], big_endian=True) + HEADER + BODY
    ),
    "a journal entry": Odd(
        with_blocks(encode_block(BlockType.JOURNAL_EXPORT, b"__REALTIME_TIMESTAMP=1\nMESSAGE=hi\n"), b"", b"", b""),
        tshark="the journal entry as well, under the number that we leave out",
    ),
    "seventy thousand interfaces": Odd(
        HEADER + encode_interface(ETHERNET) * 70_001 + encode_packet(RECORDS[0]._replace(interface=70_000))
    ),
}
FORMATS = {
    "modified": "pcap-modified",
    "modified, ordinary magic": "pcap-modified",
    "modified, longer": "pcap-modified",
    "Nokia's": "pcap-nokia",
}


def row_of(one: Record) -> list[str]:
    """Return a record as tshark shows it."""
    seconds, fraction = divmod(one.at_ns, SECOND)
    return [str(one.number), f"{seconds}.{fraction:09d}", str(len(one.data)), str(one.original)]


def shown_instead(name: str, row: list[str], shown: list[list[str]]) -> list[str] | None:
    """Return what tshark is known to show in the place of a row of ours; None where that is not there."""
    theirs = next((one for one in shown if one[0] == row[0]), None)
    if theirs is None:
        return None
    match name:
        case "microseconds above a second":
            return [row[0], "1700000000.1500000000", *row[2:]]
        case "version 2.3, lengths swapped":
            return [*row[:3], "1500"]
        case "resolution 0x0" | "resolution 0x80":
            return [row[0], f"{TICKS}.000000000", *row[2:]]
        case "after 2262":
            return [row[0], "576460752303.423488000", *row[2:]]
    return row


@pytest.mark.parametrize("name", ODD)
def test_odd_captures_are_read_as_tshark_does(name: str, tmp_path: Path) -> None:
    """Every record is there as tshark shows it, and nothing is said of it but what the table says."""
    odd = ODD[name]
    (tmp_path / "capture").write_bytes(odd.data)
    shown = tshark_fields(tmp_path / "capture", "frame.number", "frame.time_epoch", "frame.cap_len", "frame.len")
    contents = read_bytes(odd.data)
    rows = [row_of(one) for one in contents.records]
    assert rows
    assert contents.codes == list(odd.codes)
    if not odd.tshark:
        assert rows == shown
    else:
        assert rows != shown
        expected = [shown_instead(name, row, shown) for row in rows]
        assert [one for one in shown if one[0] in {row[0] for row in rows}] == expected


@pytest.mark.parametrize("name", [name for name, odd in ODD.items() if len(odd.data) < 100_000])
def test_windows_do_not_matter_to_odd_captures(name: str) -> None:
    """However an odd capture arrives, the same records come out."""
    data = ODD[name].data
    whole = read_bytes(data)
    for piece in (1, 7, 30):
        assert read_bytes(data, [piece] * (len(data) // piece)).records == whole.records


@pytest.mark.parametrize("name", FORMATS)
def test_longer_headers_are_told_by_what_they_lead_to(name: str) -> None:
    """A capture with longer record headers than its magic says is named as what it is."""
    contents = read_bytes(ODD[name].data)
    assert contents.of(CaptureStarted)[0].format == FORMATS[name]
    assert all(set(record.data) == {ord("h")} for record in contents.records)
