"""WebSockets of a server of rooms or of a chat, and frames with one message each, alike or with columns that vary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.floods.frames import joined
from benchmarks.floods.talk import Talk, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Payload, Rows

ROOMS = (0xC0000201, 3000)
"""Where such a server is: the witnesses of a flood have their own."""

_UPGRADE = (
    b"GET %b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def upgrade(path: bytes) -> bytes:
    """Return the request for a WebSocket."""
    return _UPGRADE % path


def socket(clock: Clock, number: int, path: bytes = b"/") -> tuple[Talk, Iterator[Rows]]:
    """Return a client's WebSocket and the packets that open it."""
    one = Talk((0x0A010000 + number, 30_000 + number % 30_000), ROOMS, clock)
    return one, _opening(one, path)


def _opening(one: Talk, path: bytes) -> Iterator[Rows]:
    yield from one.open()
    yield from one.ask(upgrade(path))
    yield from one.answer(SWITCHED)


def sockets(  # noqa: PLR0913, PLR0917 - which of them, and what is said
    clock: Clock, first: int, count: int, said: Payload, told: Payload, path: bytes = b"/"
) -> Rows:
    """Return WebSockets on each of which the client says something, and the server something."""
    asked = joined(count, upgrade(path), said)
    return opened(clock, first, count, asked, joined(count, SWITCHED, told), ROOMS)


def text(payload: Payload, *, by_client: bool) -> Payload:
    """Return a frame with a text, or one in each row; the mask of clients is zeros."""
    length = payload.shape[1] if isinstance(payload, np.ndarray) else len(payload)
    marked = 0x80 if by_client else 0
    if length < 126:
        sized = bytes((length | marked,))
    elif length <= 0xFFFF:
        sized = bytes((126 | marked,)) + length.to_bytes(2, "big")
    else:
        sized = bytes((127 | marked,)) + length.to_bytes(8, "big")
    head = b"\x81" + sized + (bytes(4) if by_client else b"")
    return joined(len(payload), head, payload) if isinstance(payload, np.ndarray) else head + payload


def written(value: Any) -> bytes:
    """Return JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def varied(value: Any, mark: str, column: Rows) -> Rows:
    """Return JSON in which a mark is replaced by a column in every row."""
    parts = written(value).split(mark.encode())
    pieces: list[Payload] = [parts[0]]
    for part in parts[1:]:
        pieces += [column, part]
    return joined(len(column), *pieces)
