"""How long a body is and what ends it: the rules of RFC 9112 §6.3, with what is known of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.http.body import BodyReader, ChunkedBody, LengthBody, LostBody, UntilCloseBody
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.application.http.head import HeaderSection

_MAX_LENGTH_DIGITS = 18  # 10^18 bytes: above every capture, and within 64 bits


class Framing(Value, frozen=True):
    """The framing that the head announces."""

    body: BodyReader | None  # None when the message has none
    problem: str | None = None  # what was contradictory, for a notice


_BODILESS = Framing(None)


def frame_request(section: HeaderSection) -> Framing:
    """Choose the body reader of a request: a body is there only when a header says so (RFC 9112 §6.3 rules 4 to 7)."""
    framing = section.framing
    if not framing:
        return _BODILESS
    if b"transfer-encoding" in framing:
        problem = "Content-Length beside Transfer-Encoding" if b"content-length" in framing else None
        if _is_chunked(framing[b"transfer-encoding"]):
            return Framing(ChunkedBody(), problem)
        return Framing(None, "a request's Transfer-Encoding does not end in chunked: its body cannot be measured")
    length, problem = content_length(section)
    return Framing(LengthBody(length) if length else None, problem)


def frame_response(section: HeaderSection, status: int, method: str | None) -> Framing:
    """Choose the body reader of a response; `method` is the request's, None when it is not known (rules 1 to 8)."""
    if has_no_body(status, method):
        return _BODILESS
    framing = section.framing
    if b"transfer-encoding" in framing:
        problem = "Content-Length beside Transfer-Encoding" if b"content-length" in framing else None
        return Framing(ChunkedBody() if _is_chunked(framing[b"transfer-encoding"]) else UntilCloseBody(), problem)
    length, problem = content_length(section)
    if length is None:
        return Framing(UntilCloseBody(), problem)
    return Framing(LengthBody(length) if length else None, problem)


def frame_cut(section: HeaderSection, *, bodiless: bool) -> Framing:
    """Say what is known of the body when a gap cut the head: its length if that was readable."""
    if bodiless:
        return Framing(None)
    if b"transfer-encoding" in section.framing:
        return Framing(LostBody(None))
    length, problem = content_length(section)
    return Framing(None if length == 0 else LostBody(length), problem)


def has_no_body(status: int, method: str | None) -> bool:
    """Tell whether a response ends with its head, whatever its headers say (rules 1 and 2)."""
    return status < 200 or status in (204, 304) or method == "HEAD" or (method == "CONNECT" and status < 300)


def content_length(section: HeaderSection) -> tuple[int | None, str | None]:
    """Return the announced length, None when there is none that can be believed, and what was wrong with it.

    Equal repeated values are one value. Of different ones the first is believed: most servers and proxies would
    refuse the message, the lenient ones read the first.
    """
    raw = section.framing.get(b"content-length")
    if raw is None:
        return None, None
    if raw.isdigit() and len(raw) <= _MAX_LENGTH_DIGITS:
        return int(raw), None
    values = [value.strip(b" \t") for value in raw.split(b",")]
    usable = [int(value) for value in values if value.isdigit() and len(value) <= _MAX_LENGTH_DIGITS]
    if not usable:
        return None, f"Content-Length {raw[:40]!r} is not a number"
    if len(usable) < len(values) or len(set(usable)) > 1:
        return usable[0], f"Content-Length {raw[:40]!r} contradicts itself: {usable[0]} believed"
    return usable[0], None


def _is_chunked(transfer_encoding: bytes) -> bool:
    return transfer_encoding.rpartition(b",")[2].strip(b" \t").lower() == b"chunked"
