"""What the first bytes of an input are taken for."""

from __future__ import annotations

import bz2
import gzip
import lzma

import lz4.frame
import pytest
import zstandard

from sigtrace.capture.detect import Compression, PcapKind, PcapngKind, detect_capture, detect_compression
from sigtrace.errors import CaptureError


@pytest.mark.parametrize(
    ("magic", "kind"),
    [
        ("a1b2c3d4", PcapKind("pcap", big_endian=True, nanosecond=False, header_length=16)),
        ("d4c3b2a1", PcapKind("pcap", big_endian=False, nanosecond=False, header_length=16)),
        ("a1b23c4d", PcapKind("pcap-ns", big_endian=True, nanosecond=True, header_length=16)),
        ("4d3cb2a1", PcapKind("pcap-ns", big_endian=False, nanosecond=True, header_length=16)),
        ("a1b2cd34", PcapKind("pcap-modified", big_endian=True, nanosecond=False, header_length=24)),
        ("34cdb2a1", PcapKind("pcap-modified", big_endian=False, nanosecond=False, header_length=24)),
        ("0a0d0d0a", PcapngKind()),
    ],
)
def test_every_magic_is_known(magic: str, kind: PcapKind | PcapngKind) -> None:
    """A capture is recognised by its first four bytes."""
    assert detect_capture(bytes.fromhex(magic) + bytes(20), file="x") == kind


@pytest.mark.parametrize(
    ("data", "compression"),
    [
        (gzip.compress(b"x", mtime=0), Compression.GZIP),
        (bz2.compress(b"x"), Compression.BZIP2),
        (lzma.compress(b"x"), Compression.XZ),
        (zstandard.compress(b"x"), Compression.ZSTD),
        (lz4.frame.compress(b"x"), Compression.LZ4),
        (bytes.fromhex("5a2a4d18"), Compression.ZSTD),
        (bytes.fromhex("a1b2c3d4"), None),
        (b"", None),
    ],
)
def test_compression_is_known_by_content(data: bytes, compression: Compression | None) -> None:
    """A compressed file is recognised by its first bytes."""
    assert detect_compression(data) is compression


@pytest.mark.parametrize(
    ("head", "said", "hint"),
    [
        (b"", "is empty", "stopped before"),
        (b"09:15:01.2 IP 10.0.0.1.8888 > 10.0.0.2.5: Flags [S]\n", "looks like text", "tcpdump -w"),
        ("peer joined: Zoë".encode()[:-1], "looks like text", "tcpdump -w"),
        (b"\n <!DOCTYPE html><html>", "a web page", "link"),
        (b'{"log": {"version": "1.2"}}', "a HAR file", "no packets"),
        (b"snoop\x00\x00\x00\x00\x00\x00\x02", "a snoop capture", "editcap"),
        (b"PK\x03\x04\x14\x00", "a zip archive", "extract"),
        (bytes(257) + b"ustar\x00", "a tar archive", "extract"),
        (b"\x7fELF\x02\x01", "a program", "pcap and pcapng"),
        (bytes(40), "nothing but zero bytes", "copied before"),
        (b"\xff\xfe\x00\x01\x02\x03\x04\x05\x06", "begins with ff fe 00 01 02 03 04 05", "pcap and pcapng"),
    ],
)
def test_what_is_no_capture_is_named(head: bytes, said: str, hint: str) -> None:
    """The error says what the input looks like instead, and what to try."""
    with pytest.raises(CaptureError, match=said) as caught:
        detect_capture(head, file="x.pcap")
    assert str(caught.value).startswith("x.pcap")
    assert hint in caught.value.hint
