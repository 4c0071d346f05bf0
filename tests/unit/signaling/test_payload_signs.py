"""Whether bytes may hold a description or a candidate is told, short or long, as a search for all signs tells it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrace.signaling.payload_signs import may_hold

LINE_END = rb"(?:[\r\n]|(?:\\|%5[cC]){1,8}(?:[rn]|u000[aAdD])|%0[aAdD])"
BASE64 = rb"(?:dj0w|Y2FuZGlkYXRlO|YT1jYW5kaWRhdGU6|eyJ|eyA[ig]|ewo[gJi]|ew0K|W3si|WyB7|Wwo[gJK])[\w+/%-]{12}"
SIGN = re.compile(rb"(?:v=|u003[dD]|v%3[dD])0" + LINE_END + rb"|candidate(?::|%3[aA])\S|" + BASE64)
"""What a payload must hold, as one pattern."""

BEGINNINGS = [b"v=0", b"u003d0", b"u003D0", b"v%3d0", b"v%3D0", b"candidate", b"candidate:", b"candidate%3A", b"dj0w"]
BEGINNINGS += [b"Y2FuZGlkYXRlO", b"YT1jYW5kaWRhdGU6", b"eyJ", b"eyAi", b"eyAg", b"ewog", b"ewoJ", b"ewoi", b"ew0K"]
BEGINNINGS += [b"W3si", b"WyB7", b"Wwog", b"WwoJ", b"WwoK", b"eyA", b"ewo", b"Wwo", b"=0", b"d0", b"D0"]
BEHIND = [b"\r", b"\n", b"\\r", b"\\\\n", b"%5Cn", b"%0A", b"%0d", b"\\u000a", b"%5cu000D", b" ", b"x", b"\\", b"%"]
BEHIND += [b"A" * 11, b"z" * 12, b"09_+/%-aZ%3D", b"=" * 12]


PIECES = st.sampled_from(BEGINNINGS) | st.sampled_from(BEHIND) | st.binary(max_size=3)


@given(st.lists(PIECES, max_size=8).map(b"".join))
def test_quick_look_sees_what_there_is(data: bytes) -> None:
    """The quick look says of any bytes what a search for all that it looks for says."""
    assert may_hold(data) == (SIGN.search(data) is not None)


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_quick_look_sees_each_sign(beginning: bytes, behind: bytes) -> None:
    """So it does of each beginning with each end, among bytes that are no text."""
    data = b"\x00\xff" + beginning + behind + b"\x00\xff"
    assert may_hold(data) == (SIGN.search(data) is not None)


@pytest.mark.parametrize("before", range(40_000, 40_005))
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_quick_look_sees_each_sign_in_long_payloads(beginning: bytes, before: int) -> None:
    """So it does where not every byte is looked at, among bytes that are no text, and among some that are."""
    for behind in BEHIND:
        for noise in (b"\xc3\x00=0d0\xff", b"0A.z_;9"):
            around = noise * 8000
            sign = b"." + beginning + behind + b"."
            data = around[:before] + sign + around[before:]
            assert may_hold(data) == (SIGN.search(sign) is not None)


@pytest.mark.parametrize("data", [b"v=0\r", b"u003d0\r", b"eyJ" + 12 * b"b"])
@pytest.mark.parametrize("size", range(70_000, 70_016))
def test_quick_look_sees_signs_at_both_ends(data: bytes, size: int) -> None:
    """A sign with which a long payload begins or ends is seen."""
    assert may_hold(data + bytes(size))
    assert may_hold(bytes(size) + data)
