"""Both directions of a connection with gaps and ends anywhere: until the place is lost, chunks change no exchange.

The bytes are items one after another: who and what, and for bytes a piece, for a gap its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.flow_decoder import FlowDecoder
from sigtrace.application.http.direction import BAD_CHUNK, HEAD_TOO_LARGE
from sigtrace.application.http.message import Exchange
from sigtrace.application.http.seek import EXTRA_BYTES, RESYNC
from sigtrace.notices import Notice
from sigtrace.packets.endpoint import Endpoint
from sigtrace.streams.flow import Chunk, End, Ending, Gap, StreamItem
from tests.fuzz.draw import Draw, encode_piece

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT, SERVER = Endpoint("192.0.2.1", 40000), Endpoint("192.0.2.2", 8888)
MOST_ITEMS = 200
PLACE_LOST = frozenset({RESYNC, EXTRA_BYTES, BAD_CHUNK, HEAD_TOO_LARGE})
"""After these, as after a gap, the next message is searched for, and chunks tell: senders write heads in one go."""

_GAP, _END = 6, 7  # of the lowest three bits of an item's first byte; all else are bytes
_SERVER, _JOINED = 8, 1


def try_http(data: bytes) -> None:
    """Decode the items as they are, and with every chunk in two."""
    draw = Draw(data)
    joined = bool(draw.byte() & _JOINED)
    items = list(read_items(draw))
    whole, codes = _decode(items, joined=joined)
    gaps = any(isinstance(item, Gap) for _, item in items)
    if not joined and not gaps and not codes & PLACE_LOST:
        halves, codes = _decode([half for item in items for half in cut_item(item)], joined=False)
        assert codes & PLACE_LOST or halves == whole
    for exchange in whole:
        assert exchange.request or exchange.response
        for message in (exchange.request, exchange.response, *exchange.interim):
            if message is not None:
                body = message.body
                assert message.span.start_ns <= message.head_end_ns <= message.span.end_ns
                assert not body.complete or body.data is None or len(body.data) == body.length


def encode_item(data: bytes, *, from_client: bool) -> bytes:
    """Write bytes of one side as this target reads them."""
    return bytes((0 if from_client else _SERVER,)) + encode_piece(data)


def read_items(draw: Draw) -> Iterator[tuple[bool, StreamItem]]:
    """Read items, one after another."""
    for packet in range(1, MOST_ITEMS):
        if not draw.more:
            return
        first = draw.byte()
        from_client, at_ns = not first & _SERVER, packet * 1000
        if first & 7 == _GAP:
            yield from_client, Gap(draw.word() + 1, at_ns, packet)
        elif first & 7 == _END:
            yield from_client, End(list(Ending)[(first >> 4) % len(Ending)], at_ns, packet)
        elif data := draw.piece():
            yield from_client, Chunk(data, at_ns, packet)


def cut_item(directed: tuple[bool, StreamItem]) -> Iterator[tuple[bool, StreamItem]]:
    """Cut a chunk in two."""
    from_client, item = directed
    if isinstance(item, Chunk) and len(item.data) > 1:
        half = item.packet * 7 % (len(item.data) - 1) + 1
        yield from_client, item._replace(data=item.data[:half])
        yield from_client, item._replace(data=item.data[half:])
    else:
        yield directed


def _decode(items: list[tuple[bool, StreamItem]], *, joined: bool) -> tuple[list[Exchange], set[str]]:
    """Return the exchanges, and the codes of the notices."""
    decoder = FlowDecoder(1, CLIENT, SERVER, handshake_seen=not joined)
    out: list[object] = []
    ended: set[bool] = set()
    for from_client, item in items:
        if from_client in ended:
            continue
        if isinstance(item, End):
            ended.add(from_client)
        out += decoder.feed(from_client, item)
    out += decoder.close()
    exchanges = [one for one in out if isinstance(one, Exchange)]
    return exchanges, {one.code for one in out if isinstance(one, Notice)}
