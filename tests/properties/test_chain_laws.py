"""Laws of the chains of records and blocks: what is found by vector operations is what a walk finds, one by one."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.capture.batch import Record
from sigtrace.capture.detect import PcapKind, detect_capture
from sigtrace.capture.pcap import chain as pcap_chain
from sigtrace.capture.pcap import reader as pcap_reader
from sigtrace.capture.pcapng.blocks import BlockType
from sigtrace.capture.pcapng.chain import LEAST_LENGTH, Chain
from sigtrace.capture.writer import encode_pcap, encode_pcap_record
from tests.builders.captures import START_NS, read_bytes

SECONDS_HALF_NS = 2**16 * 10**9  # the upper half of the seconds changes so often
NEAR_CHANGE_NS = START_NS // SECONDS_HALF_NS * SECONDS_HALF_NS + SECONDS_HALF_NS - 2 * 10**9

orders = st.booleans()
packets = st.builds(
    Record,
    number=st.just(0),
    at_ns=st.integers(0, 4 * 10**6).map(lambda late: NEAR_CHANGE_NS + late * 1000) | st.just(5 * 10**17),
    interface=st.just(0),
    link_type=st.just(1),
    data=st.binary(max_size=40),
    original=st.integers(0, 60),
)


@st.composite
def records(draw: st.DrawFn, *, big_endian: bool, nanosecond: bool) -> list[Record]:
    """Make records, some of which carry what looks like others."""
    made = draw(st.lists(packets, min_size=1, max_size=12))
    inner = b"".join(encode_pcap_record(one, nanosecond=nanosecond, big_endian=big_endian) for one in made[:3])
    carrying = draw(st.lists(st.booleans(), min_size=len(made), max_size=len(made)))
    made = [
        one._replace(data=inner + one.data[:5]) if carries else one for one, carries in zip(made, carrying, strict=True)
    ]
    whole = draw(st.booleans())
    return [one._replace(original=len(one.data)) if whole else one for one in made]


@st.composite
def pcaps(draw: st.DrawFn) -> bytes:
    """Make a pcap capture, a few of them damaged."""
    big_endian, nanosecond = draw(orders), draw(st.booleans())
    made = draw(records(big_endian=big_endian, nanosecond=nanosecond))
    data = bytearray(encode_pcap(made, link_type=1, nanosecond=nanosecond, big_endian=big_endian))
    for place, value in draw(st.lists(st.tuples(st.integers(24, 2000), st.integers(0, 255)), max_size=2)):
        if place < len(data):
            data[place] = value
    return bytes(data)


@settings(deadline=None)
@given(pcaps(), st.lists(st.integers(1, 300), max_size=10))
def test_a_pcap_reads_the_same_in_runs(data: bytes, pieces: list[int]) -> None:
    """Records, notices and the end of any capture are the same whether its chain is found in runs or walked."""
    walked = read_bytes(data, pieces)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(pcap_chain, "LEAST_WINDOW", 0)
        changed.setattr(pcap_chain, "LEAST_RUN", 1)
        changed.setattr(pcap_chain, "SLAB", 64)
        changed.setattr(pcap_reader, "SMALL_RECORD", 2**40)
        changed.setattr(pcap_reader, "FIRST_STRIDE", 2)
        changed.setattr(pcap_reader, "CAREFUL_RECORDS", 1)
        in_runs = read_bytes(data, pieces)
    assert in_runs == walked


def test_runs_are_what_is_tested() -> None:
    """Small records of a long window are found in runs, and few are walked."""
    made = [Record(at, START_NS + at * 10**6, 0, 1, bytes(at % 60), at % 60) for at in range(2000)]
    data = np.frombuffer(encode_pcap(made, link_type=1), np.uint8)
    kind = detect_capture(data[:24].tobytes(), file="test")
    assert isinstance(kind, PcapKind)
    starts, end = pcap_chain.Chain(data, kind).walk(24, 5000, small=True)
    lengths = [16 + len(one.data) for one in made]
    assert starts.tolist() == [24 + sum(lengths[:at]) for at in range(2000)]
    assert end == len(data)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[bool, list[tuple[int, bytes]]]:
    """Make blocks of few types in one byte order, some of them damaged, some with what looks like blocks inside."""
    big_endian = draw(orders)
    word = ">I" if big_endian else "<I"

    def block(kind: int, body: bytes, *, off: int = 0) -> bytes:
        length = 12 + len(body)
        return struct.pack(word, kind) + struct.pack(word, length + off) + body + struct.pack(word, length)

    kinds = st.sampled_from([*LEAST_LENGTH, BlockType.ENHANCED_PACKET, BlockType.CUSTOM])
    bodies = st.integers(0, 9).map(lambda words: bytes(4 * words))
    inner = st.builds(block, kinds, bodies)
    bodies |= st.lists(inner | st.builds(struct.pack, st.just(word), kinds), max_size=3).map(b"".join)
    offs = st.sampled_from([0] * 9 + [4, 1, -4])
    made = st.tuples(kinds, bodies, offs).map(lambda one: (one[0], block(one[0], one[1], off=one[2])))
    return big_endian, draw(st.lists(made, max_size=10))


@settings(deadline=None)
@given(blocks(), st.integers(0, 3), st.binary(max_size=20))
def test_a_run_of_blocks_is_a_walk(made: tuple[bool, list[tuple[int, bytes]]], alignment: int, cut: bytes) -> None:
    """From any known start of a packet block, a run is the beginning of a walk, and not empty if that is not."""
    big_endian, whole = made
    data = bytes(alignment) + b"".join(block for _, block in whole) + cut
    window = np.frombuffer(data, np.uint8)
    chain = Chain(window)
    at = alignment
    for kind, block in whole:
        if kind in LEAST_LENGTH:
            walked = walk_blocks(data, kind, at, big_endian=big_endian)
            starts, end = chain.run(kind, at, big_endian=big_endian)
            found = [4 * start + alignment for start in starts.tolist()]
            assert found == walked[: len(found)]
            assert bool(found) == bool(walked[:-1])
            assert end == walked[len(found)]
        at += len(block)


def walk_blocks(data: bytes, kind: int, at: int, *, big_endian: bool) -> list[int]:
    """Return where whole blocks of a type begin, from one on, one behind the other; and where the last one ends."""
    word = struct.Struct(">I" if big_endian else "<I")
    places = [at]
    while at + 12 <= len(data):
        length = word.unpack_from(data, at + 4)[0]
        if word.unpack_from(data, at)[0] != kind or length < LEAST_LENGTH[BlockType(kind)] or length % 4:
            break
        if at + length > len(data) or word.unpack_from(data, at + length - 4)[0] != length:
            break
        at += length
        places.append(at)
    return places
