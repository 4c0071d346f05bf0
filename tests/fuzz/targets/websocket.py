"""Both directions of a WebSocket connection, gaps and ends anywhere: until the place is lost, chunks change nothing.

The first byte says how the connection begins: behind a handshake, with compression agreed or not, or joined in the
middle. Then come items one after another, as the target of HTTP reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigtrace.application.flow_decoder import FlowDecoder
from sigtrace.application.websocket.direction import RESYNC
from sigtrace.application.websocket.message import ControlFrame, Message, MessageState
from sigtrace.notices import Notice
from sigtrace.streams.flow import Chunk, End, Gap
from tests.builders.websocket import switching, upgrade
from tests.fuzz.draw import Draw
from tests.fuzz.targets.http import CLIENT, SERVER, cut_item, read_items

if TYPE_CHECKING:
    from sigtrace.application.websocket.connection import WebSocketConnection
    from sigtrace.streams.flow import StreamItem

JOINED, COMPRESSED, FORGETFUL = 1, 2, 4  # bits of the first byte

_HEADER = b"Sec-WebSocket-Extensions: permessage-deflate"
_FLAGS = b"; client_no_context_takeover; server_no_context_takeover"


class _Found(NamedTuple):
    units: list[Message | ControlFrame]
    codes: set[str]
    websocket: WebSocketConnection | None
    sizes: dict[bool, int]  # bytes and gaps of each side


def try_websocket(data: bytes) -> None:
    """Decode the items as they are, and with every chunk in two."""
    draw = Draw(data)
    flags = draw.byte()
    items = list(read_items(draw))
    whole = _decode(items, flags)
    gaps = any(isinstance(item, Gap) for _, item in items)
    if not flags & JOINED and not gaps and RESYNC not in whole.codes:
        halves = _decode([half for item in items for half in cut_item(item)], flags)
        assert RESYNC in halves.codes or halves.units == whole.units
    if whole.websocket is not None and not flags & JOINED:
        for from_client, direction in ((True, whole.websocket.client), (False, whole.websocket.server)):
            assert direction.framed + direction.skipped + direction.missing == whole.sizes[from_client]
    for unit in whole.units:
        assert unit.span.start_ns <= unit.span.end_ns
        if isinstance(unit, Message):
            assert (unit.sha256 is not None) == (unit.length is not None) == (unit.state is MessageState.COMPLETE)
            assert unit.length is None or unit.data is None or len(unit.data) == unit.length
            assert unit.missing <= unit.wire_length


def encode_gap(length: int, *, from_client: bool) -> bytes:
    """Write a gap as this target reads it."""
    return bytes((6 if from_client else 14,)) + (length - 1).to_bytes(2, "big")


def _decode(items: list[tuple[bool, StreamItem]], flags: int) -> _Found:
    """Return what was found, and the connection as it was before it was closed."""
    joined = bool(flags & JOINED)
    decoder = FlowDecoder(1, CLIENT, SERVER, handshake_seen=not joined)
    out: list[object] = []
    if not joined:
        headers = [_HEADER + (_FLAGS if flags & FORGETFUL else b"")] if flags & COMPRESSED else []
        out += decoder.feed(True, Chunk(upgrade(b"/", *headers), 1, 1))  # noqa: FBT003 - as deliveries say it
        out += decoder.feed(False, Chunk(switching(*headers), 2, 1))  # noqa: FBT003 - the same
    ended: set[bool] = set()
    sizes = {True: 0, False: 0}
    for from_client, item in items:
        if from_client in ended:
            continue
        if isinstance(item, End):
            ended.add(from_client)
        else:
            sizes[from_client] += len(item.data) if isinstance(item, Chunk) else item.length
        out += decoder.feed(from_client, item)
    websocket = decoder._websocket
    out += decoder.close()
    units = [one for one in out if isinstance(one, Message | ControlFrame)]
    return _Found(units, {one.code for one in out if isinstance(one, Notice)}, websocket, sizes)
