"""A request whose body was refused: the client asked first, and the server answered instead of inviting it.

A client that sends `Expect: 100-continue` waits with its body. When a final answer comes instead of a 100, it may leave
the body out and go on with its next request, or send it all the same (RFC 9110 §10.1.1); its head announces it either
way. So the bytes that follow are held until they show which: a whole request line is the next request, anything else
is the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.http.start import KNOWN_METHODS, REQUESTS, Start

if TYPE_CHECKING:
    from sigtrace.streams.flow import Chunk

BODY_NOT_SENT = "http.body-not-sent"

_BEGINNINGS = tuple(method + b" /" for method in sorted(KNOWN_METHODS))


class Refusal:
    """Holds what follows the head of a refused request until it is clear what it is: at most one start line."""

    __slots__ = ("_data", "held")

    def __init__(self) -> None:
        self.held: list[Chunk] = []
        self._data = b""

    def feed(self, chunk: Chunk, announced: int | None) -> Start:
        """Hold a chunk; tell whether what is held begins the next request: YES, NO or MAYBE.

        Args:
            chunk: what follows.
            announced: length of the body; so many bytes that begin no usual request are the body.
        """
        self.held.append(chunk)
        self._data += chunk.data
        data = self._data.lstrip(b"\r\n")
        start = REQUESTS.start(data)
        if start is Start.MAYBE and announced is not None and len(self._data) >= announced:
            return Start.MAYBE if any(known.startswith(data) for known in _BEGINNINGS) else Start.NO
        return start
