"""Segments of a few connections in any order: each direction ends once and last, and every byte is some packet's own.

The bytes are segments one after another: who sends, flags, sequence, acknowledgment, how much later, and a piece.
"""

from __future__ import annotations

from collections import Counter

from sigtrace.packets.packet import Segment
from sigtrace.streams.flow import Chunk, Delivery, End, Gap
from sigtrace.streams.order import TimeOrder
from sigtrace.streams.reassembly import Reassembler
from tests.builders.conversations import packed
from tests.fuzz.draw import Draw, encode_piece

MOST_SEGMENTS = 400
ENDS = (packed("10.0.0.1:1000"), packed("10.0.0.2:8888"), packed("10.0.0.3:1000"))
_STEPS_NS = (0, 1_000, 20_000_000, 300_000_000, 3_000_000_000, 40_000_000_000, 200_000_000_000, -1_000_000)


def try_tcp(data: bytes) -> None:
    """Reassemble all segments, put in order of time as captures are."""
    segments = _read(Draw(data))
    order, reassembler = TimeOrder(), Reassembler(max_flows=3, digest=True)
    items = [item for segment in order.feed(segments) for item in reassembler.feed(segment)]
    items += [item for segment in order.flush() for item in reassembler.feed(segment)]
    items += reassembler.close()
    _check([item for item in items if isinstance(item, Delivery)], {one.number: one for one in segments}, reassembler)


def encode_segment(sender: int, receiver: int, segment: Segment, step: int = 1) -> bytes:
    """Write a segment as this target reads it; `step` is the place of the time passed since the one before it."""
    numbers = segment.sequence.to_bytes(4, "big") + segment.acknowledgment.to_bytes(4, "big")
    return bytes((sender << 4 | receiver, step, segment.flags)) + numbers + encode_piece(segment.payload)


def _read(draw: Draw) -> list[Segment]:
    segments = []
    at_ns = 10**15
    for number in range(1, MOST_SEGMENTS):
        if not draw.more:
            break
        who, when, flags = draw.byte(), draw.byte(), draw.byte()
        sequence, acknowledgment, payload = draw.long(), draw.long(), draw.piece()
        at_ns += _STEPS_NS[when % len(_STEPS_NS)]
        segments.append(
            Segment(
                number=number,
                at_ns=at_ns,
                interface=when >> 6 & 1,
                source=ENDS[(who >> 4) % len(ENDS)],
                destination=ENDS[who % len(ENDS)],
                sequence=sequence,
                acknowledgment=acknowledgment,
                flags=flags,
                window=1000,
                payload=payload,
                length=len(payload) + (10 if when & 0x80 else 0),
                identity=-1 if when & 0x20 else number,
            )
        )
    return segments


def _check(deliveries: list[Delivery], segments: dict[int, Segment], reassembler: Reassembler) -> None:
    ended: set[tuple[int, bool]] = set()
    delivered: Counter[tuple[int, bool]] = Counter()
    missed: Counter[tuple[int, bool]] = Counter()
    for flow, from_originator, item in deliveries:
        direction = flow, from_originator
        assert direction not in ended
        if isinstance(item, End):
            ended.add(direction)
        elif isinstance(item, Gap):
            assert item.length > 0
            missed[direction] += item.length
        elif isinstance(item, Chunk):
            assert item.data
            assert item.data in segments[item.packet].payload
            delivered[direction] += len(item.data)
    for flow in reassembler.flows():
        for from_originator, counts in ((True, flow.from_originator), (False, flow.from_responder)):
            direction = flow.number, from_originator
            assert direction in ended
            assert (counts.bytes, counts.gap_bytes) == (delivered[direction], missed[direction])
    assert reassembler._shared.waiting == 0
