"""Exchanges and WebSocket messages of a capture, all with their bodies, whatever protocol they are of.

The way of the data up to HTTP is sigtrace's own. WebSocket frames are read by wsproto, so what Socket.IO makes of them
can be tested apart from our reading of frames.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import FrameProtocol
from wsproto.frame_protocol import Opcode as FrameOpcode

from sigtrace import read
from sigtrace.application.flow_decoder import FlowDecoder
from sigtrace.application.http.message import Exchange
from sigtrace.application.span import Span
from sigtrace.application.websocket.message import Message, MessageState, Opcode
from sigtrace.capture.batch import Batch
from sigtrace.notices import Notice
from sigtrace.packets.sieve import Sieve
from sigtrace.streams.flow import Chunk, Delivery
from sigtrace.streams.order import TimeOrder
from sigtrace.streams.reassembly import Reassembler
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Carriers(NamedTuple):
    """What a capture holds, numbered together in order of time."""

    exchanges: list[Exchange]
    messages: list[Message]
    closed_ns: dict[int, int]


def carriers_of(capture: Path) -> Carriers:
    """Read a capture."""
    reassembler = Reassembler()
    decoders: dict[int, FlowDecoder] = {}
    chunks: dict[tuple[int, bool], list[Chunk]] = defaultdict(list)
    exchanges: list[Exchange] = []
    for flow, from_originator, item in _deliveries(capture, reassembler):
        if flow not in decoders:
            originator, responder, seen = reassembler.ends(flow)
            decoders[flow] = FlowDecoder(flow, originator, responder, handshake_seen=seen)
        if isinstance(item, Chunk):
            chunks[flow, from_originator].append(item)
        exchanges += [one for one in decoders[flow].feed(from_originator, item) if isinstance(one, Exchange)]
    for decoder in decoders.values():
        exchanges += [one for one in decoder.close() if isinstance(one, Exchange)]
    messages = [
        message
        for exchange in exchanges
        if exchange.response is not None and exchange.response.status == 101
        for message in _messages(exchange, decoders[exchange.flow], chunks)
    ]
    return _numbered(exchanges, messages, reassembler)


def _deliveries(capture: Path, reassembler: Reassembler) -> Iterator[Delivery]:
    sieve, order = Sieve(), TimeOrder()
    for batch in read(capture):
        if isinstance(batch, Batch):
            segments = [unit for unit in sieve.feed(batch) if not isinstance(unit, Notice)]
            for segment in order.feed(segments):
                yield from (one for one in reassembler.feed(segment) if isinstance(one, Delivery))
    for segment in order.flush():
        yield from (one for one in reassembler.feed(segment) if isinstance(one, Delivery))
    yield from (one for one in reassembler.close() if isinstance(one, Delivery))


def _numbered(exchanges: list[Exchange], messages: list[Message], reassembler: Reassembler) -> Carriers:
    both: list[Exchange | Message] = [*exchanges, *messages]
    both.sort(key=lambda one: one.at_ns)
    numbered = [replace(one, number=number) for number, one in enumerate(both, 1)]
    return Carriers(
        exchanges=[one for one in numbered if isinstance(one, Exchange)],
        messages=[one for one in numbered if isinstance(one, Message)],
        closed_ns={flow.number: flow.closed_ns for flow in reassembler.flows() if flow.closed_ns is not None},
    )


def _messages(
    exchange: Exchange, decoder: FlowDecoder, chunks: dict[tuple[int, bool], list[Chunk]]
) -> Iterator[Message]:
    assert exchange.response is not None
    assert exchange.request is not None
    accepted = (exchange.response.header(b"Sec-WebSocket-Extensions") or b"").decode()
    for from_client in (True, False):
        deflate = PerMessageDeflate()
        if "permessage-deflate" in accepted:
            deflate.finalize(accepted)
        extensions = [deflate] if "permessage-deflate" in accepted else []
        protocol = FrameProtocol(client=not from_client, extensions=extensions)
        rest = _behind_head(chunks[exchange.flow, from_client is decoder.client_is_originator])
        yield from _read(exchange, protocol, rest, from_client=from_client)


def _behind_head(chunks: list[Chunk]) -> list[Chunk]:
    """Leave the head out: these programs send nothing else before the switch on such a connection."""
    head = b""
    for at, chunk in enumerate(chunks):
        head += chunk.data
        if end := re.search(rb"\r\n\r\n", head):
            return [chunk._replace(data=head[end.end() :]), *chunks[at + 1 :]]
    return []


def _read(exchange: Exchange, protocol: FrameProtocol, chunks: list[Chunk], *, from_client: bool) -> Iterator[Message]:
    data = bytearray()
    first: Chunk | None = None
    opcode: FrameOpcode | None = None
    for chunk in chunks:
        protocol.receive_bytes(chunk.data)
        for frame in protocol.received_frames():
            if frame.opcode not in (FrameOpcode.TEXT, FrameOpcode.BINARY, FrameOpcode.CONTINUATION):
                continue
            opcode = frame.opcode if frame.opcode is not FrameOpcode.CONTINUATION else opcode
            data += frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
            first = first or chunk
            if frame.message_finished:
                opened = first
                yield message_of(
                    bytes(data),
                    exchange,
                    Span(opened.at_ns, chunk.at_ns, opened.packet, chunk.packet),
                    from_client=from_client,
                    binary=opcode is FrameOpcode.BINARY,
                )
                data.clear()
                first = None


def message_of(data: bytes, exchange: Exchange, span: Span, *, from_client: bool, binary: bool) -> Message:
    """Return a whole message on the WebSocket that an exchange opened."""
    return Message(
        number=0,
        flow=exchange.flow,
        client=exchange.client,
        server=exchange.server,
        target=exchange.request.target if exchange.request else None,
        from_client=from_client,
        opcode=Opcode.BINARY if binary else Opcode.TEXT,
        length=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        wire_length=len(data),
        compressed=False,
        frames=1,
        missing=0,
        state=MessageState.COMPLETE,
        span=span,
    )
