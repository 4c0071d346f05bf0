"""Laws of TCP reassembly: whatever a capture does to the segments, each byte comes out once, in order, or as a gap."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.notices import Notice
from sigtrace.packets.packet import ACK, FIN, SYN, Segment
from sigtrace.streams.flow import Chunk, Delivery, End, Ending, Gap
from sigtrace.streams.reassembly import Reassembler
from tests.builders.conversations import Conversation, captured, packed, shuffled

SEQUENCES = st.one_of(st.integers(0, 2**32 - 1), st.integers(2**32 - 60, 2**32 - 1))
DATA = st.binary(min_size=0, max_size=60)


@dataclass
class Received:
    """One direction as it came out: each byte or None for a missing one, and the packet of each byte."""

    content: list[int | None]
    packets: list[int]
    ends: list[Ending]

    @classmethod
    def of(cls, items: list[Delivery | Notice], *, from_originator: bool) -> Received:
        """Collect one direction."""
        received = cls([], [], [])
        for item in items:
            if isinstance(item, Notice) or item.from_originator != from_originator:
                continue
            assert not received.ends, "nothing follows an end"
            match item.item:
                case Chunk(data, _, packet):
                    received.content += data
                    received.packets += [packet] * len(data)
                case Gap(length, _, packet):
                    assert length > 0
                    received.content += [None] * length
                    received.packets += [packet] * length
                case End(how):
                    received.ends.append(how)
        return received


def reassemble(segments: list[Segment]) -> list[Delivery | Notice]:
    """Feed all segments and close."""
    reassembler = Reassembler()
    items = [item for segment in segments for item in reassembler.feed(segment)]
    return items + list(reassembler.close())


def first_carriers(segments: list[Segment], source: bytes, isn: int, length: int) -> list[int | None]:
    """Work out, byte by byte, which captured packet carried it first."""
    carriers: list[int | None] = [None] * length
    for segment in segments:
        if segment.source == source:
            start = (segment.sequence - isn - 1) % 2**32
            for at in range(start, start + len(segment.payload)):
                if carriers[at] is None:
                    carriers[at] = segment.number
    return carriers


@st.composite
def conversations(draw: st.DrawFn, *, lossy: bool) -> tuple[list[Segment], bytes, bytes, int, int]:
    """Make a whole connection with random splits, repetitions, overlap, order and, if wanted, loss of data segments."""
    client_isn, server_isn = draw(SEQUENCES), draw(SEQUENCES)
    talk = Conversation(client_isn=client_isn, server_isn=server_isn)
    talk.handshake()
    for _ in range(draw(st.integers(1, 4))):
        side = draw(st.sampled_from([talk.client, talk.server]))
        if data := draw(DATA):
            side.send(data, mss=draw(st.integers(1, 30)))
            for _ in range(draw(st.integers(0, 3))):
                repeat = draw(st.integers(0, len(side.sent) - 1))
                piece = side.sent[repeat : repeat + draw(st.integers(2, 25))]
                side.segment(piece, sequence=side.isn + 1 + repeat)
            if draw(st.booleans()):
                side.other.acknowledge()
    opening = len(talk.segments)
    talk.close()
    body = talk.segments[3:opening]
    if lossy:
        kept = draw(st.lists(st.booleans(), min_size=len(body), max_size=len(body)))
        body = [segment for segment, keep in zip(body, kept, strict=True) if keep]
    segments = captured(talk.segments[:3] + draw(st.permutations(body)) + talk.segments[opening:])
    return segments, talk.client.sent, talk.server.sent, client_isn, server_isn


@settings(max_examples=80, deadline=None)
@given(conversations(lossy=False))
def test_every_byte_comes_once(made: tuple[list[Segment], bytes, bytes, int, int]) -> None:
    """Split, reordered, repeated, overlapping, wrapping: both streams come out whole, each byte of its first packet."""
    segments, from_client, from_server, client_isn, server_isn = made
    items = reassemble(segments)
    for originator, sent, isn in ((True, from_client, client_isn), (False, from_server, server_isn)):
        received = Received.of(items, from_originator=originator)
        source = segments[0].source if originator else segments[0].destination
        assert received.content == list(sent)
        assert received.packets == first_carriers(segments, source, isn, len(sent))
        assert received.ends == [Ending.FIN]


@settings(max_examples=80, deadline=None)
@given(conversations(lossy=True))
def test_gaps_are_where_bytes_are_missing(made: tuple[list[Segment], bytes, bytes, int, int]) -> None:
    """With segments lost, what is missing is a gap of that length at that place, and all else is delivered."""
    segments, from_client, from_server, client_isn, server_isn = made
    items = reassemble(segments)
    for originator, sent, isn in ((True, from_client, client_isn), (False, from_server, server_isn)):
        received = Received.of(items, from_originator=originator)
        source = segments[0].source if originator else segments[0].destination
        carriers = first_carriers(segments, source, isn, len(sent))
        expected = [None if carrier is None else byte for byte, carrier in zip(sent, carriers, strict=True)]
        assert received.content == expected
        assert all(c is None or c == p for c, p in zip(carriers, received.packets, strict=True))
        assert received.ends == [Ending.FIN]


@settings(max_examples=40, deadline=None)
@given(conversations(lossy=True), st.integers(0, 2**20))
def test_order_of_the_whole_capture(made: tuple[list[Segment], bytes, bytes, int, int], seed: int) -> None:
    """With handshake, data and closing shuffled together by a few places, no byte that was captured is lost."""
    segments, from_client, from_server, client_isn, server_isn = made
    mixed = shuffled(segments, seed=seed)
    items = reassemble(mixed)
    for originator, sent, isn in ((True, from_client, client_isn), (False, from_server, server_isn)):
        received = Received.of(items, from_originator=originator)
        source = segments[0].source if originator else segments[0].destination
        carriers = first_carriers(mixed, source, isn, len(sent))
        assert received.content == [None if c is None else b for b, c in zip(sent, carriers, strict=True)]
        assert len(received.ends) == 1


GARBAGE = st.builds(
    Segment,
    number=st.integers(1, 1000),
    at_ns=st.integers(0, 10**12),
    interface=st.integers(0, 2),
    source=st.sampled_from([packed("10.0.0.1:1"), packed("10.0.0.2:2")]),
    destination=st.sampled_from([packed("10.0.0.1:1"), packed("10.0.0.2:2")]),
    sequence=st.one_of(st.integers(0, 300), SEQUENCES),
    acknowledgment=st.one_of(st.integers(0, 300), SEQUENCES),
    flags=st.one_of(st.integers(0, 255), st.sampled_from([ACK, ACK | FIN, SYN, SYN | ACK])),
    window=st.integers(0, 65535),
    payload=st.binary(max_size=40),
    length=st.integers(0, 60),
    identity=st.integers(-1, 5),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(GARBAGE, max_size=40))
def test_garbage_never_raises(segments: list[Segment]) -> None:
    """Any segments at all: nothing is raised, each direction ends once, and nothing follows its end."""
    reassembler = Reassembler(max_flows=3)
    items = [item for segment in segments for item in reassembler.feed(segment)]
    items += reassembler.close()
    ended: set[tuple[int, bool]] = set()
    for item in items:
        if isinstance(item, Delivery):
            assert item[:2] not in ended
            if isinstance(item.item, End):
                ended.add(item[:2])
    directions = {(flow.number, originator) for flow in reassembler.flows() for originator in (True, False)}
    assert directions <= ended
    assert reassembler._shared.waiting == 0
