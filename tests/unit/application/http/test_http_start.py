"""How a message begins."""

from __future__ import annotations

import pytest

from sigtrace.application.http.start import (
    MAX_START_LINE,
    RequestLine,
    Start,
    StatusLine,
    decode_request_line,
    decode_status_line,
    request_start,
    response_start,
)

REQUEST_LINES = [
    (b"GET / HTTP/1.1", RequestLine("GET", b"/", "HTTP/1.1")),
    (b"GET /sign_in?John Smith@my pc HTTP/1.0\r", RequestLine("GET", b"/sign_in?John Smith@my pc", "HTTP/1.0")),
    (b"GET /sign_in?J\xf6rg@\xff HTTP/1.0", RequestLine("GET", b"/sign_in?J\xf6rg@\xff", "HTTP/1.0")),
    (b"GET /sign_in?a", RequestLine("GET", b"/sign_in?a", "")),
    (b"GET /sign_in?a b ", RequestLine("GET", b"/sign_in?a b", "")),
    (b"OPTIONS * HTTP/1.1", RequestLine("OPTIONS", b"*", "HTTP/1.1")),
    (b"CONNECT [::1]:443 HTTP/1.1", RequestLine("CONNECT", b"[::1]:443", "HTTP/1.1")),
    (b"GET http://a/b HTTP/1.1", RequestLine("GET", b"http://a/b", "HTTP/1.1")),
    (b"get /x HTTP/1.0", RequestLine("get", b"/x", "HTTP/1.0")),
    (b"M-SEARCH * HTTP/1.1", RequestLine("M-SEARCH", b"*", "HTTP/1.1")),
    (b"GET  HTTP/1.1", None),
    (b"OPTIONS rtsp://a/b RTSP/1.0", None),
    (b"REGISTER sip:a SIP/2.0", None),
    (b"PRI * HTTP/2.0", None),
    (b"EHLO mail.example", None),
    (b"USER anonymous", None),
    (b"get /foo", None),
    (b"GETTINGVERYLONGMETHODS / HTTP/1.1", None),
    (b"", None),
]


@pytest.mark.parametrize(("line", "expected"), REQUEST_LINES)
def test_request_lines(line: bytes, expected: RequestLine | None) -> None:
    """Request lines as clients send them are taken apart, those of other protocols are refused."""
    assert decode_request_line(line) == expected


STATUS_LINES = [
    (b"HTTP/1.1 200 OK", StatusLine("HTTP/1.1", 200, b"OK")),
    (b"HTTP/1.0 500 Sorry, no\r", StatusLine("HTTP/1.0", 500, b"Sorry, no")),
    (b"HTTP/1.1 204", StatusLine("HTTP/1.1", 204, b"")),
    (b"HTTP/1.1 204 \r\n", StatusLine("HTTP/1.1", 204, b"")),
    (b"HTTP/1.1 2000", None),
    (b"HTTP/1.1 000 OK", None),
    (b"HTTP/2.0 200 OK", None),
    (b"RTSP/1.0 200 OK", None),
]


@pytest.mark.parametrize(("line", "expected"), STATUS_LINES)
def test_status_lines(line: bytes, expected: StatusLine | None) -> None:
    """Status lines are taken apart, with or without a reason."""
    assert decode_status_line(line) == expected


REQUEST_STARTS = [
    (b"G", Start.MAYBE),
    (b"GET", Start.MAYBE),
    (b"GET ", Start.MAYBE),
    (b"GET /", Start.LIKELY),
    (b"FOO /", Start.MAYBE),
    (b"GET / HTTP/1.0\r\n", Start.YES),
    (b"FOO /\r\n", Start.NO),
    (b"\x16\x03\x01", Start.NO),
    (b"A" * 21, Start.NO),
    (b"GET /" + b"a" * MAX_START_LINE, Start.NO),
]


@pytest.mark.parametrize(("data", "expected"), REQUEST_STARTS)
def test_request_starts(data: bytes, expected: Start) -> None:
    """A few bytes decide where they can, and wait where they cannot."""
    assert request_start(data) is expected


RESPONSE_STARTS = [
    (b"H", Start.MAYBE),
    (b"HTTP/1.", Start.LIKELY),
    (b"HTTP/1.1 20", Start.LIKELY),
    (b"HTTP/1.1 200", Start.LIKELY),
    (b"HTTP/1.1 200 O", Start.LIKELY),
    (b"HTTP/1.1 200 OK\r\n", Start.YES),
    (b"HTTP/1.1 hello world\r\n", Start.NO),
    (b"SSH-2.0", Start.NO),
]


@pytest.mark.parametrize(("data", "expected"), RESPONSE_STARTS)
def test_response_starts(data: bytes, expected: Start) -> None:
    """The same for responses."""
    assert response_start(data) is expected
