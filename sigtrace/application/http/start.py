"""How a message begins: what a start line looks like, whole or only its first bytes, on any port.

Detection, the readers of both directions and the search for the next message after a gap all ask here, so that
they can never disagree about what a start is.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_REMEMBERED = 64  # bytes of a status line; 256 of them make 64 KiB at most
MAX_START_LINE = 8192  # RFC 9112 §3 asks for 8000 at least; a longer "line" is a stream of something else

KNOWN_METHODS = frozenset(
    [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PROPFIND", b"REPORT"]
)

_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}")  # a token (RFC 9110 §5.6.2) of a length methods have
_OTHER_PROTOCOL = re.compile(rb"[A-Z]+/\d\.\d")  # "RTSP/1.0", "SIP/2.0": HTTP's shape and not HTTP
_TARGET = re.compile(rb"[/*]|[A-Za-z][A-Za-z0-9+.\-]*:")  # origin, asterisk and absolute form
_STATUS_LINE = re.compile(rb"(HTTP/1\.\d) {1,4}([1-9]\d\d)(?:[ \t]([^\r\n]*))?\r?(?:\n|\Z)")
_STATUS_PREFIX = b"HTTP/1."
_SHORTEST_STATUS_LINE = len(b"HTTP/1.1 200")
_VERSIONS = {b"HTTP/1.%d" % minor: f"HTTP/1.{minor}" for minor in range(10)} | {b"HTTP/0.9": "HTTP/0.9"}

_REQUEST_IN_STREAM = re.compile(rb"^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20} [^\r\n]{0,8100} HTTP/1\.\d\r?\n", re.MULTILINE)
_RESPONSE_IN_STREAM = re.compile(rb"^HTTP/1\.\d {1,4}[1-9]\d\d(?:[ \t][^\r\n]*)?\r?\n", re.MULTILINE)
_PLAIN = re.compile(rb"(?:%b) [/*]" % b"|".join(sorted(KNOWN_METHODS)))
_PLAIN_REQUEST_LINE = re.compile(rb"(?:GET|POST) /[^\n]{0,2000} HTTP/1\.[01]\r?\n")  # nearly all there are


class Start(Enum):
    """Whether some bytes begin a message."""

    NO = "no"
    MAYBE = "maybe"  # too few bytes to tell
    LIKELY = "likely"  # all but certain, though the line is not whole
    YES = "yes"


class RequestLine(Value, frozen=True):
    """A request line (RFC 9112 §3)."""

    method: str
    target: bytes
    version: str  # empty when it is not there


class StatusLine(Value, frozen=True):
    """A status line (RFC 9112 §4)."""

    version: str
    status: int
    reason: bytes


def decode_request_line(line: bytes) -> RequestLine | None:
    """Decode a request line without its LF; None when it is not one.

    The target is all between the first space and the version, for `peerconnection_client` sends names with spaces and
    bytes that are not ASCII. The version may be missing where method and target leave no doubt.
    """
    method, space, rest = line.partition(b" ")
    if not space or not _METHOD.fullmatch(method):
        return None
    target, space, last = rest.rstrip(b" \t\r").rpartition(b" ")
    version = _VERSIONS.get(last)
    if version is not None:
        target = target.strip(b" ")
        return RequestLine(method.decode("ascii"), target, version) if target else None
    if method not in KNOWN_METHODS or _OTHER_PROTOCOL.fullmatch(last) or not _TARGET.match(rest):
        return None
    return RequestLine(method.decode("ascii"), rest.rstrip(b" \t\r"), "")


def decode_cut_request_line(line: bytes) -> RequestLine | None:
    """Decode what a gap left of a request line; None when not even the method and a byte of target are there."""
    if request_start(line) is not Start.LIKELY:
        return None
    method, _, target = line.partition(b" ")
    return RequestLine(method.decode("ascii"), target.rstrip(b"\r"), "")


def decode_status_line(line: bytes) -> StatusLine | None:
    """Decode a status line, with or without its line end, whole or cut after the status; None when it is none."""
    return _decode_known_status_line(line) if len(line) <= _MAX_REMEMBERED else _decode_status_line(line)


def _decode_status_line(line: bytes) -> StatusLine | None:
    match = _STATUS_LINE.match(line)
    if match is None:
        return None
    version, status, reason = match.groups()
    return StatusLine(_VERSIONS[version], int(status), reason or b"")


_decode_known_status_line = lru_cache(maxsize=256)(_decode_status_line)  # servers say few things, again and again


def request_start(data: bytes | bytearray) -> Start:
    """Tell whether `data`, which need not hold the whole line, begins a request."""
    if _PLAIN_REQUEST_LINE.match(data):
        return Start.YES
    line_end = data.find(b"\n", 0, MAX_START_LINE)
    if line_end >= 0:
        return Start.YES if decode_request_line(bytes(data[:line_end])) else Start.NO
    if len(data) >= MAX_START_LINE:
        return Start.NO
    method = _METHOD.match(data)
    if method is None:
        return Start.NO
    after = data[method.end() : method.end() + 2]
    if after[:1] not in (b"", b" "):
        return Start.NO
    return Start.LIKELY if method[0] in KNOWN_METHODS and after in (b" /", b" *") else Start.MAYBE


def response_start(data: bytes | bytearray) -> Start:
    """Tell whether `data`, which need not hold the whole line, begins a response."""
    if not data.startswith(_STATUS_PREFIX):
        return Start.MAYBE if _STATUS_PREFIX.startswith(data) else Start.NO
    if _STATUS_LINE.match(data):
        return Start.YES if data.find(b"\n", 0, MAX_START_LINE) >= 0 else Start.LIKELY
    return Start.LIKELY if len(data) < _SHORTEST_STATUS_LINE + 4 and b"\n" not in data else Start.NO


Line = TypeVar("Line", RequestLine, StatusLine)


class Grammar(NamedTuple, Generic[Line]):
    """What differs between reading requests and reading responses."""

    noun: str
    start: Callable[[bytes | bytearray], Start]
    decode: Callable[[bytes], Line | None]
    decode_cut: Callable[[bytes], Line | None]  # of what a gap or the end left of a line
    in_stream: re.Pattern[bytes]  # finds a whole start line at a line's start
    plain: re.Pattern[bytes]  # bytes that would make no sense as the rest of a line begun before


REQUESTS = Grammar("request", request_start, decode_request_line, decode_cut_request_line, _REQUEST_IN_STREAM, _PLAIN)
RESPONSES = Grammar(
    "response", response_start, decode_status_line, decode_status_line, _RESPONSE_IN_STREAM, re.compile(rb"HTTP/1\.")
)


def supersedes(grammar: Grammar[RequestLine] | Grammar[StatusLine], held: bytes | bytearray, data: bytes) -> bool:
    """Tell that `data` begins a message of its own, and the few bytes held before it were stray."""
    return grammar.plain.match(data) is not None and grammar.start(held) is Start.MAYBE
