"""Headers and masks: the bytes of RFC 6455 §5.7, every form of a length, and what is not all there."""

from __future__ import annotations

import pytest

from sigtrace.application.websocket.frame import Header, decode_header, encode_frame, encode_header
from sigtrace.application.websocket.masking import mask
from sigtrace.application.websocket.message import Opcode
from tests.builders.websocket import MASK, header

EXAMPLES = [  # RFC 6455 §5.7
    ("8105 48656c6c6f", header(Opcode.TEXT, 5, 2), b"Hello"),
    ("8185 37fa213d 7f9f4d5158", header(Opcode.TEXT, 5, 6, key=MASK), b"Hello"),
    ("0103 48656c", header(Opcode.TEXT, 3, 2, fin=False), b"Hel"),
    ("8002 6c6f", header(Opcode.CONTINUATION, 2, 2), b"lo"),
    ("8905 48656c6c6f", header(Opcode.PING, 5, 2), b"Hello"),
    ("8a85 37fa213d 7f9f4d5158", header(Opcode.PONG, 5, 6, key=MASK), b"Hello"),
    ("827e0100" + "00" * 256, header(Opcode.BINARY, 256, 4), bytes(256)),
    ("827f0000000000010000" + "00" * 65536, header(Opcode.BINARY, 65536, 10), bytes(65536)),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected", "payload"), EXAMPLES)
def test_examples_of_the_rfc(written: str, expected: Header, payload: bytes) -> None:
    """Each example is read and written as it stands there."""
    data = bytes.fromhex(written)
    assert decode_header(data) == expected
    masked = data[expected.size :]
    assert (mask(masked, expected.key) if expected.key else masked) == payload
    assert encode_frame(expected.opcode, payload, fin=expected.fin, key=expected.key) == data
    assert encode_header(expected) + masked == data


@pytest.mark.parametrize(("written", "expected", "payload"), EXAMPLES)
def test_a_header_that_is_cut_is_none(written: str, expected: Header, payload: bytes) -> None:
    """Until its last byte is there, a header is not known."""
    del payload
    data = bytes.fromhex(written)
    assert [decode_header(data[:size]) for size in range(expected.size)] == [None] * expected.size


@pytest.mark.parametrize(
    ("length", "form", "minimal"),
    [
        (125, 0, True), (125, 2, False), (126, 2, True), (65535, 2, True), (65535, 8, False), (65536, 8, True),
        (0, 2, False), (0, 8, False),
    ],
)  # fmt: skip
def test_a_length_has_one_shortest_form(length: int, form: int, minimal: bool) -> None:  # noqa: FBT001 - a table's column
    """Longer forms are read, and known as such."""
    written = header(Opcode.BINARY, length, 6 + form, key=MASK)
    read = decode_header(b"x" + encode_header(written) + b"y", 1)
    assert read == written
    assert read.is_minimal is minimal


@pytest.mark.parametrize("size", [0, 1, 3, 4, 511, 512, 513, 70_001])
@pytest.mark.parametrize("position", [0, 1, 2, 3, 4, 70_001])
def test_masking_is_a_byte_by_byte_exclusive_or(size: int, position: int) -> None:
    """Short and long pieces are masked as the RFC's formula says, wherever in the payload they begin."""
    data = bytes(number * 7 & 255 for number in range(size))
    expected = bytes(byte ^ MASK[(position + at) % 4] for at, byte in enumerate(data))
    assert mask(data, MASK, position) == expected
    assert mask(expected, MASK, position) == data
