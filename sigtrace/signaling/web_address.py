"""Where requests go and where answers point, as far as it tells things on servers apart: host, port, path and query.

The scheme is left out: a capture shows decrypted requests and plain ones alike, and whichever it was, a client that
follows a `Location` sends its `Host` and path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.text import decode_text

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange

_REFERENCE: Final = re.compile(
    rb"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?(?://(?P<authority>[^/?#]*))?(?P<rest>[^#]*)"
)
_DEFAULT_PORTS: Final = (b":80", b":443")


class WebAddress(NamedTuple):
    """One address; two that differ in the scheme alone, or in a default port, are equal."""

    authority: str  # host and port, lower case, default ports and user information left out
    path: str  # with the query

    def __str__(self) -> str:
        """Return it as one text: the same for all that is at one address."""
        return f"{self.authority}{self.path}"


def address_of(exchange: Exchange) -> WebAddress:
    """Return what a request is for: its target on its `Host`, else on the server's own address."""
    request = exchange.request
    host = request.header(b"host") if request is not None else None
    authority = _decode_authority(host.strip() if host else str(exchange.server).encode())
    if request is None or request.target == b"*":
        return WebAddress(authority, "/")
    if request.target.startswith(b"/"):  # also two slashes, which would name a host in an answer
        path, mark, query = decode_text(request.target).partition("?")
        return WebAddress(authority, _without_dots(path) + mark + query)
    base = WebAddress(authority, "/")
    return resolve(base, request.target) or base


def resolve(base: WebAddress, reference: bytes) -> WebAddress | None:
    """Return what a reference in an answer points at; None when that is nothing on the web.

    Args:
        base: what the request was for.
        reference: a `Location`: absolute, or relative in any way.

    Source: RFC 3986 §5.2, RFC 9110 §10.2.2.
    """
    found = _REFERENCE.match(reference.strip())
    if found is None:
        return None
    scheme, authority, rest = found["scheme"], found["authority"], found["rest"]
    if scheme is not None and scheme.lower() not in (b"http", b"https"):
        return None
    if authority is None and scheme is not None:
        return None  # "http:path" names no host
    place, mark, query = rest.partition(b"?")
    tail = decode_text(mark + query)
    path = decode_text(place)
    if authority is not None:
        return WebAddress(_decode_authority(authority), _without_dots(path or "/") + tail)
    own, _, own_query = base.path.partition("?")
    if not path:
        kept = tail if mark else (f"?{own_query}" if own_query else "")
        return WebAddress(base.authority, own + kept)
    if not path.startswith("/"):
        path = own[: own.rfind("/") + 1] + path
    return WebAddress(base.authority, _without_dots(path) + tail)


def _decode_authority(authority: bytes) -> str:
    host = authority.rpartition(b"@")[2].lower()
    for port in _DEFAULT_PORTS:
        host = host.removesuffix(port)
    return decode_text(host)


def _without_dots(path: str) -> str:
    """Take the steps `.` and `..` of a path. Source: RFC 3986 §5.2.4."""
    if "/." not in path:
        return path
    steps: list[str] = []
    parts = path.split("/")
    for step in parts[1:]:
        if step == "..":
            del steps[-1:]
        elif step != ".":
            steps.append(step)
    if parts[-1] in (".", ".."):
        steps.append("")
    return "/" + "/".join(steps)
