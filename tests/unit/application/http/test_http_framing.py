"""Headers and the framing of bodies that follows from them."""

from __future__ import annotations

import pytest

from sigtrace.application.http.body import ChunkedBody, LengthBody, UntilCloseBody
from sigtrace.application.http.framing import content_length, frame_request, frame_response
from sigtrace.application.http.head import MAX_FIELDS, decode_fields


def test_fields_keep_order_case_and_repetition() -> None:
    """Names and values come as on the wire; optional white space around values is not part of them."""
    section = decode_fields(b"\n".join([b"Set-Cookie: a\r", b"set-cookie:\tb \r", b"X-Empty:\r", b"Odd Name : v:w"]))
    assert section.fields == (
        (b"Set-Cookie", b"a"),
        (b"set-cookie", b"b"),
        (b"X-Empty", b""),
        (b"Odd Name", b"v:w"),
    )


def test_folded_lines_are_joined() -> None:
    """An obsolete fold becomes one space."""
    assert decode_fields(b"\n".join([b"A: one\r", b"  two\r", b"\tthree", b"B: x"])).fields == (
        (b"A", b"one two three"),
        (b"B", b"x"),
    )


def test_malformed_and_too_many_lines_are_counted() -> None:
    """Lines without a colon, and those above the bound, are left out and counted."""
    section = decode_fields(b"\n".join([b"no colon", b": no name", *[b"A: b"] * MAX_FIELDS]))
    assert (section.malformed, section.dropped, len(section.fields)) == (2, 2, MAX_FIELDS - 2)


LENGTHS = [
    ([b"Content-Length: 5"], 5, False),
    ([b"content-length: 5", b"Content-Length: 5"], 5, False),
    ([b"Content-Length: 5, 5"], 5, False),
    ([b"Content-Length: 5", b"Content-Length: 6"], 5, True),
    ([b"Content-Length: +5"], None, True),
    ([b"Content-Length: -1, 7"], 7, True),
    ([b"Content-Length: " + b"9" * 5000], None, True),
    ([b"Content-Length:"], None, True),
    ([], None, False),
]


@pytest.mark.parametrize(("lines", "length", "problem"), LENGTHS)
def test_content_length(lines: list[bytes], length: int | None, problem: bool) -> None:  # noqa: FBT001 - a table's column
    """Equal repeated values are one; contradictions are reported, and the first number is believed."""
    found, what = content_length(decode_fields(b"\n".join(lines)))
    assert found == length
    assert (what is not None) is problem


RESPONSES = [
    ([b"Content-Length: 5"], 200, "GET", LengthBody),
    ([b"Content-Length: 5"], 200, None, LengthBody),
    ([b"Content-Length: 0"], 200, "GET", None),
    ([b"Content-Length: 5"], 200, "HEAD", None),
    ([b"Content-Length: 5"], 304, "GET", None),
    ([b"Content-Length: 5"], 204, "GET", None),
    ([b"Content-Length: 5"], 100, "GET", None),
    ([b"Content-Length: 5"], 200, "CONNECT", None),
    ([b"Content-Length: 5"], 400, "CONNECT", LengthBody),
    ([], 200, "GET", UntilCloseBody),
    ([b"Transfer-Encoding: gzip, chunked"], 200, "GET", ChunkedBody),
    ([b"Transfer-Encoding: gzip"], 200, "GET", UntilCloseBody),
    ([b"Transfer-Encoding: chunked", b"Content-Length: 5"], 200, "GET", ChunkedBody),
]


@pytest.mark.parametrize(("lines", "status", "method", "expected"), RESPONSES)
def test_response_framing(lines: list[bytes], status: int, method: str | None, expected: type | None) -> None:
    """RFC 9112 §6.3, rule by rule."""
    body = frame_response(decode_fields(b"\n".join(lines)), status, method).body
    assert (body and type(body)) == expected


def test_request_framing() -> None:
    """A request has a body only where a header says so."""
    assert frame_request(decode_fields(b"\n".join([]))).body is None
    assert isinstance(frame_request(decode_fields(b"\n".join([b"Content-Length: 1"]))).body, LengthBody)
    assert isinstance(frame_request(decode_fields(b"\n".join([b"Transfer-Encoding: chunked"]))).body, ChunkedBody)
    assert frame_request(decode_fields(b"\n".join([b"Transfer-Encoding: gzip"]))).problem is not None
