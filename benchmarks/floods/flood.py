"""A flood: a capture that tries to fill every buffer that sigtrace has, made while it is read.

Each is framed by three *witnesses* on flows of their own: an exchange before it, one after it, and a request
asked before it that is answered after it. What a flood does to them is what it does to anyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from benchmarks.floods.clock import Clock
from benchmarks.floods.frames import FILE_HEADER
from benchmarks.floods.talk import OK, SERVER, Talk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.floods.frames import Rows

SIGN_IN = b"GET /sign_in?%b HTTP/1.0\r\n\r\n"
WAIT = b"GET /wait?peer_id=%d HTTP/1.0\r\n\r\n"


class Flood(NamedTuple):
    """One flood."""

    make: Callable[[int, Clock], Iterator[Rows]]
    size: int  # of what `unit` names, at scale 1 and times 1
    unit: str
    shows: str | None = None  # the notice of the bound it reaches, at scale 1


def make(flood: Flood, size: int) -> Iterator[bytes]:
    """Yield the capture of a flood piece by piece, witnesses and all."""
    clock = Clock()
    yield FILE_HEADER
    before, waiting, after = (Talk((0xC6336401, 50_001 + place), SERVER, clock) for place in range(3))
    for rows in (*before.open(), *before.ask(SIGN_IN % b"before"), *before.answer(signed_in(1, b"before"))):
        yield rows.tobytes()
    for rows in (*before.close(), *waiting.open(), *waiting.ask(WAIT % 1)):
        yield rows.tobytes()
    clock.pause()
    for rows in flood.make(size, clock):
        yield rows.tobytes()
    clock.pause()
    for rows in (*waiting.answer(listed(1, b"after,2,1\n")), *waiting.close()):
        yield rows.tobytes()
    for rows in (*after.open(), *after.ask(SIGN_IN % b"after"), *after.answer(signed_in(2, b"after")), *after.close()):
        yield rows.tobytes()


def signed_in(peer: int, name: bytes) -> bytes:
    """Return the answer to a sign-in."""
    return listed(peer, b"%b,%d,1\n" % (name, peer))


def listed(peer: int, lines: bytes) -> bytes:
    """Return an answer with a list of peers."""
    return OK + b"Pragma: %d\r\nContent-Length: %d\r\n\r\n" % (peer, len(lines)) + lines
