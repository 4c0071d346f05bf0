"""The first bytes of an input → what it is: a capture, something compressed, or something else, named for a person."""

from __future__ import annotations

from enum import Enum

from sigtrace.errors import CaptureError
from sigtrace.value import Value

HEAD_LENGTH = 512  # bytes: enough for every magic below and to tell text from binary


class Compression(Enum):
    """How a capture is compressed; the value is the ending that `CaptureStarted.format` shows."""

    GZIP = "gz"
    ZSTD = "zst"
    XZ = "xz"
    BZIP2 = "bz2"
    LZ4 = "lz4"


class PcapKind(Value, frozen=True):
    """What a pcap magic says of the file (draft-ietf-opsawg-pcap §4; the modified kind: libpcap sf-pcap.c)."""

    name: str
    big_endian: bool
    nanosecond: bool
    header_length: int  # bytes of each record header


class PcapngKind(Value, frozen=True):
    """A pcapng capture; each of its sections says its own byte order (draft-ietf-opsawg-pcapng §4.1)."""

    name: str = "pcapng"


CaptureKind = PcapKind | PcapngKind

PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
PCAPNG_ORDERS = (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")  # the byte-order magic, 8 bytes behind it
PCAP_KINDS = {
    magic if big_endian else magic[::-1]: PcapKind(name, big_endian, nanosecond, header_length)
    for magic, name, nanosecond, header_length in (
        (b"\xa1\xb2\xc3\xd4", "pcap", False, 16),
        (b"\xa1\xb2\x3c\x4d", "pcap-ns", True, 16),
        (b"\xa1\xb2\xcd\x34", "pcap-modified", False, 24),  # Alexey Kuznetzov's patched tcpdump
    )
    for big_endian in (True, False)
}

ZSTD_SKIPPABLE = tuple(bytes((0x50 + low, 0x2A, 0x4D, 0x18)) for low in range(16))  # RFC 8878 §3.1.2; lz4 shares them
_COMPRESSIONS = {
    b"\x1f\x8b": Compression.GZIP,
    b"\x28\xb5\x2f\xfd": Compression.ZSTD,
    b"\xfd7zXZ\x00": Compression.XZ,
    b"BZh": Compression.BZIP2,
    b"\x04\x22\x4d\x18": Compression.LZ4,
}

_CONVERT = "convert it with `editcap -F pcapng IN OUT`"
_EXTRACT = "extract the capture from it first"
_OTHERS = (  # magic, what it looks like, what to try
    (b"snoop\x00\x00\x00", "a snoop capture", _CONVERT),
    (b"RTSS", "a Network Monitor 1 capture", _CONVERT),
    (b"GMBU", "a Network Monitor capture", _CONVERT),
    (b"TRSNIFF data", "a Sniffer capture", _CONVERT),
    (b"XCP\x00", "a NetXRay capture", _CONVERT),
    (b"btsnoop\x00", "a Bluetooth HCI log", _CONVERT),
    (b"PK\x03\x04", "a zip archive", _EXTRACT),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _EXTRACT),
    (b"Rar!", "a rar archive", _EXTRACT),
    (b"\x1f\x9d", "a file made by `compress`", _EXTRACT),
    (b"\x7fELF", "a program", ""),
    (b"MZ", "a program", ""),
    (b"%PDF", "a PDF document", ""),
    (b"\x89PNG", "a picture", ""),
    (b"SQLite format 3", "a database", ""),
    (b"#!rtpplay", "an rtpdump recording", "it holds media alone, and no signaling"),
)
_TEXTS = (  # how text begins, after white space
    (b"<?xml", "XML", "give the capture itself"),
    (b"<!doctype html", "a web page", "was the capture's link saved instead of the capture?"),
    (b"<html", "a web page", "was the capture's link saved instead of the capture?"),
    (b'{"log":', "a HAR file", "a browser's log has no packets: record with `tcpdump -w FILE` meanwhile"),
    (b"{", "JSON", "give the capture itself"),
    (b"[", "JSON", "give the capture itself"),
)

_ENDINGS = (  # of formats without a magic
    (".etl", "a Windows event trace", "convert it with `etl2pcapng IN OUT`"),
    (".erf", "an ERF capture", _CONVERT),
)


def detect_compression(head: bytes) -> Compression | None:
    """Return how the input is compressed, or None; by its first bytes, never by its name."""
    for magic, compression in _COMPRESSIONS.items():
        if head.startswith(magic):
            return compression
    return Compression.ZSTD if head[:4] in ZSTD_SKIPPABLE else None


def detect_capture(head: bytes, *, file: str) -> CaptureKind:
    """Return which capture format begins with `head`.

    Args:
        head: the first `HEAD_LENGTH` bytes, or all there are.
        file: how to name the input in an error.
    Raises: CaptureError: empty, or not a capture; it says what the input looks like, and what to try.
    """
    if head.startswith(PCAPNG_MAGIC) or _is_damaged_pcapng(head):
        return PcapngKind()
    if kind := PCAP_KINDS.get(head[:4]):
        return kind
    if not head:
        raise CaptureError(f"{file} is empty", hint="was the capture stopped before its first packet was written?")
    looks, hint = _describe(head)
    for ending, known, what in _ENDINGS:
        if file.lower().endswith(ending) and looks.startswith("binary data"):
            looks, hint = known, what
    raise CaptureError(f"{file} is not a capture: it looks like {looks}", hint=hint or "sigtrace reads pcap and pcapng")


def _is_damaged_pcapng(head: bytes) -> bool:
    """Tell whether a section header begins here with one byte of its type wrong: its byte order is said later."""
    wrong = sum(one != other for one, other in zip(head[:4], PCAPNG_MAGIC, strict=False))
    return wrong == 1 and head[8:12] in PCAPNG_ORDERS


def _describe(head: bytes) -> tuple[str, str]:
    """Return what something that is not a capture looks like, and what to try instead."""
    for magic, looks, hint in _OTHERS:
        if head.startswith(magic):
            return looks, hint
    if head[257:262] == b"ustar":
        return "a tar archive", _EXTRACT
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    squeezed = b"".join(text.split())
    for start, looks, hint in _TEXTS:
        if (text.startswith(start) or squeezed.startswith(start)) and _is_text(head):
            return looks, hint
    if _is_text(head):
        return "text", "make a capture with `tcpdump -w FILE`; what tcpdump prints cannot be read back"
    if not head.strip(b"\x00"):
        return "nothing but zero bytes", "was the capture copied before it was written to disk?"
    return f"binary data that begins with {head[:8].hex(' ')}", ""


def _is_text(head: bytes) -> bool:
    """Tell whether `head` is UTF-8 (perhaps cut inside a character) without control characters."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\t\r\n\f\x1b" for character in text)
