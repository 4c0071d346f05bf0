"""Polling bodies of every protocol → Engine.IO packets."""

from __future__ import annotations

import pytest

from sigtrace.application.socketio.engine import EnginePacket
from sigtrace.application.socketio.jsonp import (
    unwrap_elements,
    unwrap_form,
    unwrap_legacy_form,
    unwrap_script,
)
from sigtrace.application.socketio.packet import EnginePacketKind
from sigtrace.application.socketio.payload import MAX_PAYLOAD_PACKETS, decode_payload, split_legacy, undouble

MESSAGE = EnginePacketKind.MESSAGE
PING = EnginePacket(EnginePacketKind.PING)
NOOP = EnginePacket(EnginePacketKind.NOOP)


def text(data: str) -> EnginePacket:
    """A message of text."""
    return EnginePacket(MESSAGE, data.encode())


def data(data: bytes) -> EnginePacket:
    """A message of bytes."""
    return EnginePacket(MESSAGE, data, binary=True)


WHOLE: list[tuple[int, bytes, list[EnginePacket]]] = [
    # protocol 4
    (4, b"", []),
    (4, b"2", [PING]),
    (4, b'42["a"]\x1e6', [text('2["a"]'), NOOP]),
    (4, b"451-[]\x1ebAQID\x1eb", [text("51-[]"), data(b"\1\2\3"), data(b"")]),
    (4, "42é中😀".encode(), [text("2é中😀")]),
    # protocol 3, lengths in UTF-16 units
    (3, b"0:", []),
    (3, b"1:6", [NOOP]),
    (3, b"1:21:6", [PING, NOOP]),
    (3, '6:42["é"1:2'.encode(), [text('2["é"'), PING]),
    (3, "4:42😀1:2".encode(), [text("2😀"), PING]),
    (3, b"6:b4AQID1:6", [data(b"\1\2\3"), NOOP]),
    # the same counted in bytes and in characters, as servers in other languages do
    (3, "4:42é1:2".encode(), [text("2é"), PING]),
    (3, "3:42😀1:2".encode(), [text("2😀"), PING]),
    # protocol 3, binary
    (3, b"\x00\x01\xff6", [NOOP]),
    (3, b"\x00\x04\xff42\xc3\xa9\x01\x04\xff\x04abc\x00\x01\xff2", [text("2é"), data(b"abc"), PING]),
    (3, b"\x00\x01\x02\xff4" + b"x" * 11, [text("x" * 11)]),
    (2, b"1:6", [NOOP]),
]


@pytest.mark.parametrize(("protocol", "body", "packets"), WHOLE)
def test_whole_bodies(protocol: int, body: bytes, packets: list[EnginePacket]) -> None:
    """Each packet of a body is found, and nothing is left over."""
    payload = decode_payload(body, protocol)
    assert payload.packets == packets
    assert payload.damage == ()


@pytest.mark.parametrize(
    ("protocol", "body", "packets"),
    [
        (4, b'42["a"]\x1ex\x1e6', [text('2["a"]'), NOOP]),
        (4, b"6\x1e", [NOOP]),
        (4, b"bA", []),
        (3, b"1:69:4", [NOOP]),
        (3, b"1:6rest", [NOOP]),
        (3, b"\x00\x01\xff6\x00\x09\xff4", [NOOP]),
        (3, b"\x01\x01\xff\x09\x00\x01\xff6", [NOOP]),
        (3, b"\x00", []),
        (3, b"\x00\x00\xff", []),
        (3, b"9999999999:4", []),
    ],
)
def test_damaged_bodies(protocol: int, body: bytes, packets: list[EnginePacket]) -> None:
    """What is no packet is left out and told; the packets around it are found where lengths or separators allow."""
    payload = decode_payload(body, protocol)
    assert payload.packets == packets
    assert len(payload.damage) == 1


@pytest.mark.parametrize("body", [b"1:6" * (MAX_PAYLOAD_PACKETS + 2), b"\x00\x01\xff6" * (MAX_PAYLOAD_PACKETS + 2)])
def test_too_many_packets(body: bytes) -> None:
    """Beyond the bound the rest of a body is told, not read."""
    payload = decode_payload(body, 3)
    assert len(payload.packets) == MAX_PAYLOAD_PACKETS
    assert payload.damage == (f"{2 * len(body) // (MAX_PAYLOAD_PACKETS + 2)} bytes that do not divide into packets",)


def test_too_many_packets_between_separators() -> None:
    """The same of protocol 4, where the rest keeps its separators."""
    payload = decode_payload(b"\x1e".join([b"6"] * (MAX_PAYLOAD_PACKETS + 2)), 4)
    assert len(payload.packets) == MAX_PAYLOAD_PACKETS
    assert payload.damage == ("3 bytes that do not divide into packets",)


@pytest.mark.parametrize(
    ("encoded", "inner"),
    [
        ("Ã©".encode(), "é".encode()),
        ("é".encode(), None),
        ("中".encode(), None),
        (b"abc", b"abc"),
        (b"\xff", None),
    ],
)
def test_text_encoded_twice(encoded: bytes, inner: bytes | None) -> None:
    """Text of Socket.IO 1 is taken for that only where two encodings can be undone."""
    assert undouble(encoded) == inner


@pytest.mark.parametrize(
    ("body", "texts", "rest"),
    [
        (b"", [], 0),
        (b"8::", [b"8::"], 0),
        ("5:::é".encode(), ["5:::é".encode()], 0),
        ("�3�2::�3�8::".encode(), [b"2::", b"8::"], 0),
        ("�3�2::�6�3:::😀".encode(), [b"2::", "3:::😀".encode()], 0),
        ("�3�2::�9�8::".encode(), [b"2::"], 10),
    ],
)
def test_legacy_bodies(body: bytes, texts: list[bytes], rest: int) -> None:
    """Bodies of Socket.IO 0.9 hold one packet as it is, or several with their lengths."""
    assert split_legacy(body) == (texts, rest)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'___eio[0]("1:6");', b"1:6"),
        (b'/**/___eio[12]("4:42\\"\\u00e9");', '4:42"é'.encode()),
        (b'io.j[0]("8::");', b"8::"),
        (b'alert("1:6");', None),
        (b'___eio[0]("1:6" + "");', None),
        (b'___eio[0]("\\q");', None),
    ],
)
def test_scripts(body: bytes, found: bytes | None) -> None:
    """A JSONP answer is the text in the call, and nothing else is one."""
    assert unwrap_script(body) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"d=1%3A6", b"1:6"),
        (b"x=1&d=a+b%2B", b"a b+"),
        (b"d=a%5Cnb%5C%5Cnc", b"a\nb\\nc"),
        (b"e=1", None),
        (b"", None),
    ],
)
def test_forms(body: bytes, found: bytes | None) -> None:
    """The field `d` of a form is unescaped, newlines too."""
    assert unwrap_form(body) == found


def test_legacy_forms() -> None:
    """The field `d` of Socket.IO 0.9 is a JSON string; what is none is told apart."""
    assert unwrap_legacy_form(b"d=%222%3A%3A%22") == b"2::"
    assert unwrap_legacy_form(b"d=1") is None
    assert unwrap_legacy_form(b"d=%22") is None


def test_script_elements() -> None:
    """An `htmlfile` answer is as many texts as it has elements; one that was cut is none."""
    assert unwrap_elements(b'<html><script>_("1::");</script> <script>_("2::");</script><script>_("3') == [
        b"1::",
        b"2::",
    ]
