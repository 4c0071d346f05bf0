"""Texts that could harm who looks at them, and captures in which every text that can be chosen is such a one."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from sigtrace.capture.batch import Interface, NameResolution
from sigtrace.capture.pcapng.blocks import SectionFacts
from sigtrace.capture.writer import (
    encode_block,
    encode_interface,
    encode_name_resolution,
    encode_packet,
    encode_pcap,
    encode_section_header,
)
from sigtrace.packets.packet import ACK, FIN, SYN
from sigtrace.text import decode_text
from tests.builders.packets import ethernet, ipv4, record, tcp

if TYPE_CHECKING:
    from sigtrace.capture.batch import Record

CONTROLS = [
    "\x1b[2J",
    "\x1b]8;;https://evil.example/\x1b\\",
    "\x9b31m",
    "\x07",
    "\x08",
    "\r",
    "\x00",
    "\x7f",
    "\n",
    "\t",
]
DIRECTIONS = [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c"]
UNSEEN = ["\u200b", "\u200c", "\u200d", "\ufeff", "\U000e0041", "\ufe0f", "\U000e0100", "\u2028", "\u2029", "\x85"]
ODD = ["\ufdd0", "\uffff", "\U0010ffff", "\ue000", "\u0378", "\u3164", "\u115f", "\U0001f3fd", "\U0001f1e9"]
MARKS = "".join(map(chr, range(0x300, 0x370))) * 9
WIDE = ["\u738b\u5c0f\u660e", "\U0001f642", "\uff1d1+1", "e\u0301", "\u0301", MARKS]
MARKUP = ["[red]", "[link=https://evil.example]x[/link]", ":boom:", "<script>alert(1)</script>", "<img/src=x>", "<!--"]
MARKDOWN = [
    "|",
    "`",
    "```",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "# h",
    "**",
    "~~",
    "\\",
    "> ",
]
LINKS = [
    "https://evil.example",
    "www.evil.example",
    "evil.example",
    "a@evil.example",
    "@all",
    "#12",
    "<a@b.cc>",
    "&lt;",
]
CELLS = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", ";=1", '"', "'", ";", ",", " =1", "\uff0b1", "\t=1"]
SHELL = ["$(id)", "`id`", "'; rm x; '", "-x", "../", "~", "!!", "\\x41", "\\xff", "\\ud800", "\\"]

TEXTS = (*CONTROLS, *DIRECTIONS, *UNSEEN, *ODD, *WIDE, *MARKUP, *MARKDOWN, *LINKS, *CELLS, *SHELL, " ", "a", "bob")

hostile = st.lists(st.sampled_from(TEXTS) | st.text(max_size=3), max_size=8).map("".join)
"""Any text, mostly of what does harm."""

INVALID = (
    b"\xff",
    b"\xe9",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xf0\x9f",
    b"\x80",
    b"\\xff",
    b"\\x5c",
    b"\\",
    b"xff",
    b"\x1b[m",
)
hostile_bytes = st.lists(st.sampled_from(INVALID) | st.binary(max_size=4), max_size=10).map(b"".join)
"""Any bytes, mostly such as are not UTF-8, or look like what stands for them."""

CLIENT, SERVER = ("10.77.0.11", 40000), ("10.77.0.1", 8888)


def exchange_records(*pairs: tuple[bytes, bytes]) -> list[Record]:
    """Make the records of requests with their responses, each on a connection of its own."""
    frames: list[bytes] = []
    for place, (request, response) in enumerate(pairs):
        client = (CLIENT[0], CLIENT[1] + place)
        frames += [
            _frame(client, SERVER, 100, 0, SYN),
            _frame(SERVER, client, 500, 101, SYN | ACK),
            *_sent(client, SERVER, 101, 501, request),
            *_sent(SERVER, client, 501, 101 + len(request), response),
            _frame(client, SERVER, 101 + len(request), 501 + len(response), FIN | ACK),
            _frame(SERVER, client, 501 + len(response), 102 + len(request), FIN | ACK),
        ]
    return [record(data, number=n, at_ns=10**18 + n * 10**6) for n, data in enumerate(frames, 1)]


def exchange_capture(*pairs: tuple[bytes, bytes]) -> bytes:
    """Make a capture of requests with their responses."""
    return encode_pcap(exchange_records(*pairs), link_type=1)


def _sent(
    source: tuple[str, int], target: tuple[str, int], start: int, acknowledgment: int, data: bytes
) -> list[bytes]:
    return [
        _frame(source, target, start + place, acknowledgment, ACK, data[place : place + 1400])
        for place in range(0, len(data), 1400)
    ]


def _frame(  # noqa: PLR0917 - in the order of the wire
    source: tuple[str, int], target: tuple[str, int], sequence: int, acknowledgment: int, flags: int, data: bytes = b""
) -> bytes:
    segment = tcp(source[1], target[1], sequence=sequence, acknowledgment=acknowledgment, flags=flags, payload=data)
    return ethernet(ipv4(source[0], target[0], segment))


def annotated_capture(records: list[Record], text: bytes) -> bytes:
    """Make a pcapng capture in which the section, the interface, a name and every packet say `text` of themselves."""
    spelled = decode_text(text)  # the writer gives the bytes again
    section = SectionFacts(comments=(spelled,), hardware=spelled, operating_system=spelled, application=spelled)
    interface = Interface(index=0, link_type=1, snap_length=0, name=spelled)
    names = encode_name_resolution(
        [NameResolution(address=bytes((10, 77, 0, 1)), names=(spelled.replace("\x00", ""),))]
    )
    return b"".join(
        [
            encode_section_header(section),
            encode_interface(interface),
            names,
            encode_block(0xBAD, struct.pack("<I", 32473) + text),  # a custom block: anybody's
            *(encode_packet(one, comments=[spelled]) for one in records),
        ]
    )
