"""What an answer over HTTP says beside its body: why not, where else, when again, and which ICE servers there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.signaling.message_json import read_value
from sigtrace.signaling.relayed_content import text_member
from sigtrace.text import decode_text

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange, Head, Response
    from sigtrace.signaling.web_link import Link


def media_type_of(head: Head) -> bytes:
    """Return the media type of a message's body, lower case, its parameters left out; empty when none is said."""
    return (head.header(b"content-type") or b"").partition(b";")[0].strip().lower()


def describe_status(response: Response) -> str:
    """Write the status as the server did: `503 Service Unavailable`."""
    return f"{response.status} {decode_text(response.reason)}".rstrip()


def explain_refusal(exchange: Exchange) -> str:
    """Say why a server did not do what it was asked: in its own words, by the precondition, and when to come again.

    Returns: `Too busy; retry after 5 s`; empty when nothing tells.
    Source: RFC 9457 §3.1 (problem details), RFC 9110 §10.2.3, §13.1.1, RFC 6585 §3.
    """
    response = exchange.response
    if response is None:
        return ""
    parts = _problem(response)
    if response.status in (412, 428) and exchange.request is not None:
        condition = exchange.request.header(b"if-match")
        parts.append("no If-Match" if condition is None else f"If-Match: {decode_text(condition)}")
    retry = response.header(b"retry-after")
    if retry is not None:
        parts.append(f"retry after {decode_text(retry)}{' s' if retry.strip().isdigit() else ''}")
    return "; ".join(parts)


def _problem(response: Response) -> list[str]:
    kind = media_type_of(response)
    if not (kind.endswith(b"+json") or kind == b"application/json"):
        return []
    body = response.body.content if response.body.content is not None else response.body.data
    problem = read_value(body)
    if not isinstance(problem, dict):
        return []
    return [text for name in ("title", "detail") if (text := text_member(problem, name)) is not None]


def describe_ice_server(link: Link) -> str:
    """Name a STUN or TURN server that a link gives, and for whom; its credential is not shown (RFC 9725 §4.6)."""
    user = link.parameter("username")
    parts = [link.target]
    parts += [f"user name {user}"] if user else []
    parts += ["credential ***"] if link.parameter("credential") is not None else []
    return ", ".join(parts)
