"""pcapng options between bytes and pairs."""

from __future__ import annotations

import pytest

from sigtrace.capture.options import Option, comments_of, decode_options, encode_options, text_of, unsigned_of


@pytest.mark.parametrize(
    ("data", "big_endian", "options"),
    [
        ("", False, ()),
        ("00000000", False, ()),
        ("0100 0300 61626300 00000000", False, (Option(1, b"abc"),)),
        ("0001 0003 61626300 0000 0000", True, (Option(1, b"abc"),)),
        ("0100 0400 61626364 0200 0000", False, (Option(1, b"abcd"), Option(2, b""))),
        ("0100 0100 61000000 0100 0200 6263", False, (Option(1, b"a"), Option(1, b"bc"))),
        ("0100 0100 61000000 0100 0900 6263", False, (Option(1, b"a"),)),
        ("0100", False, ()),
        ("00000000 0100 0100 61000000", False, ()),
    ],
)
def test_options_are_read_until_their_end(data: str, *, big_endian: bool, options: tuple[Option, ...]) -> None:
    """Options end at the end mark or with the bytes, and one that is cut off is left out."""
    assert decode_options(bytes.fromhex(data), big_endian=big_endian) == options


def test_options_are_found_by_code() -> None:
    """Comments come in order, other codes give their first value, and a missing code gives None."""
    options = (
        Option(1, b"one"),
        Option(2, b"eth0\x00"),
        Option(1, b"\xff"),
        Option(2, b"eth1"),
        Option(5, b"\x01\x02"),
    )
    assert comments_of(options) == ("one", "\\xff")
    assert text_of(options, 2) == "eth0"
    assert text_of(options, 3) is None
    assert unsigned_of(options, 5, big_endian=True) == 0x0102
    assert unsigned_of(options, 5, big_endian=False) == 0x0201
    assert unsigned_of(options, 6, big_endian=False) is None


def test_no_options_take_no_bytes() -> None:
    """An empty list is not even an end mark."""
    assert encode_options((), big_endian=False) == b""
