"""`Link` headers: what a server points at beside its answer, with parameters (RFC 8288 §3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sigtrace.text import decode_text
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.application.http.message import Head

MAX_LINKS: Final = 64
"""Links of one message that are read: a server names a few ICE servers, each for some transports."""

_TARGET: Final = re.compile(r"[\s,]*<([^>]*)>")
_PARAMETER: Final = re.compile(r'\s*;\s*([^\s=;,"<>]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s;,"]*)))?')
_ESCAPE: Final = re.compile(r"\\(.)")


class Link(Value, frozen=True, kw_only=True):
    """One link."""

    target: str  # as written
    parameters: tuple[tuple[str, str], ...]  # names in lower case, in order

    def parameter(self, name: str) -> str | None:
        """Return the value of the first parameter of that name; None when it is not there."""
        return next((value for key, value in self.parameters if key == name), None)

    @property
    def relations(self) -> tuple[str, ...]:
        """What it is to the one who gets it, lower case: `ice-server`."""
        return tuple((self.parameter("rel") or "").lower().split())


def links_of(head: Head) -> tuple[Link, ...]:
    """Return the links of a message, from all its `Link` headers, up to `MAX_LINKS`."""
    links: list[Link] = []
    for name, value in head.headers:
        if name.lower() == b"link":
            links += decode_links(decode_text(value))
    return tuple(links[:MAX_LINKS])


def decode_links(value: str) -> tuple[Link, ...]:
    """Decode the value of one `Link` header: links between commas, up to `MAX_LINKS`.

    Returns: the links up to the first place where there is none. Source: RFC 8288 §3, appendix B.2.
    """
    links: list[Link] = []
    place = 0
    while len(links) < MAX_LINKS and (target := _TARGET.match(value, place)) is not None:
        place = target.end()
        parameters: list[tuple[str, str]] = []
        while (found := _PARAMETER.match(value, place)) is not None:
            place = found.end()
            name, quoted, token = found.groups()
            text = _ESCAPE.sub(r"\1", quoted) if quoted is not None else token or ""
            parameters.append((name.lower(), text))
        links.append(Link(target=target[1].strip(), parameters=tuple(parameters)))
    return tuple(links)
