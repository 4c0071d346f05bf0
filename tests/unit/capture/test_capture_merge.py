"""Several captures as one trace."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sigtrace.capture.batch import Batch, CaptureEnded, Interface, InterfaceStatistics
from sigtrace.capture.merge import MergeInput, merge
from sigtrace.capture.writer import encode_packet, encode_pcapng
from sigtrace.notices import Notice
from sigtrace.sources.file import read
from tests.builders.captures import ETHERNET, copy_out, encode_statistics, make_records, reader_for, records_of
from tests.builders.oracles import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sigtrace.capture.batch import CaptureItem, Record

BASE = 1_700_000_000_000_000_000


def timed(*seconds: int, fill: int = 0) -> list[Record]:
    """Make records at these seconds, each of a length of its own."""
    records = make_records(*(10 * fill + at for at in range(1, len(seconds) + 1)))
    return [one._replace(at_ns=BASE + second * 10**9) for one, second in zip(records, seconds, strict=True)]


def items_of(data: bytes, pieces: int = 1) -> Iterator[CaptureItem]:
    """Yield a capture's items as if it arrived in some pieces of equal length."""
    reader = reader_for(data)
    start = 0
    for piece in range(1, pieces + 1):
        end = len(data) * piece // pieces
        window = np.frombuffer(bytearray(data[start:end]), np.uint8)
        items, consumed = reader.read(window, final=piece == pieces)
        yield from items
        window[:] = 0xEE  # what a batch points into is gone once the next one is asked for
        start += consumed
    yield reader.close()


def merged(*captures: list[Record], pieces: int = 1) -> list[bytes]:
    """Return the packets of captures as they come out of a merge, checking that numbers count them."""
    inputs = [
        MergeInput(
            records[0].at_ns if records else None,
            lambda records=records: items_of(encode_pcapng(records, interfaces=[ETHERNET]), pieces),  # type: ignore[misc]
        )
        for records in captures
    ]
    contents = copy_out(merge(inputs))
    assert [record.number for record in contents.records] == list(range(1, len(contents.records) + 1))
    return [record.data for record in contents.records]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1, 2, 3), (4, 5, 6)),
        ((4, 5, 6), (1, 2, 3)),
        ((1, 3, 5, 7), (2, 4, 6)),
        ((5, 1, 7, 8), (5, 6, 7, 7)),
        ((5, 6, 7, 7), (5, 1, 7, 8)),
        ((1, 1, 1), (1, 1, 1)),
        ((1, 9), (2, 3, 4, 5)),
        ((9, 1, 2), (3, 10, 4)),
        ((1, 2), ()),
        ((), (1, 2)),
    ],
)
def test_order_is_that_of_mergecap(first: tuple[int, ...], second: tuple[int, ...], tmp_path: Path) -> None:
    """Packets come in the order in which mergecap writes them, ties and steps back in time included."""
    captures = [timed(*first), timed(*second, fill=1)]
    for name, records in zip("ab", captures, strict=True):
        (tmp_path / f"{name}.pcapng").write_bytes(encode_pcapng(records, interfaces=[ETHERNET]))
    command = [
        need("mergecap"),
        "-w",
        str(tmp_path / "m.pcapng"),
        str(tmp_path / "a.pcapng"),
        str(tmp_path / "b.pcapng"),
    ]
    subprocess.run(command, check=True)
    expected = copy_out(read(tmp_path / "m.pcapng"))
    for pieces in (1, 3, 7):
        assert merged(*captures, pieces=pieces) == [record.data for record in expected.records]


def test_a_ring_is_opened_one_file_at_a_time() -> None:
    """A capture is opened only when its first packet is due, and passes through without copies."""
    log: list[str] = []

    def part(name: str, start: int) -> Iterator[CaptureItem]:
        log.append(f"{name} opened")
        yield from items_of(encode_pcapng(timed(start, start + 1), interfaces=[ETHERNET]))
        log.append(f"{name} closed")

    ring = [
        MergeInput(BASE + start * 10**9, lambda name=name, start=start: part(name, start))  # type: ignore[misc]
        for name, start in (("third", 6), ("first", 1), ("second", 4))
    ]
    contents = copy_out(merge(ring))
    assert log == [f"{name} {what}" for name in ("first", "second", "third") for what in ("opened", "closed")]
    assert [record.number for record in contents.records] == [1, 2, 3, 4, 5, 6]
    assert [record.interface for record in contents.records] == [0, 0, 1, 1, 2, 2]
    assert [interface.index for interface in contents.of(Interface)] == [0, 1, 2]
    assert len(contents.of(CaptureEnded)) == 3


def test_what_belongs_to_packets_follows_their_numbers() -> None:
    """Comments, statistics and notices are renumbered with the packets and interfaces they belong to."""
    records = timed(1, 3, 5)
    left = encode_pcapng(records, interfaces=[ETHERNET, ETHERNET], comments={2: ["left"]})
    right = bytearray(encode_pcapng(timed(2, 4, 6, fill=1), interfaces=[ETHERNET], comments={1: ["right"]}))
    overrun = bytearray(encode_packet(timed(7)[0]))
    overrun[20:24] = b"\xff\x00\x00\x00"
    data = [left + encode_statistics(1), bytes(right + overrun) + encode_statistics(0)]
    inputs = [MergeInput(BASE + at, lambda one=one: items_of(one)) for at, one in enumerate(data, start=1)]  # type: ignore[misc]
    contents = copy_out(merge(inputs))
    assert contents.comments == {3: ("left",), 2: ("right",)}
    assert [item.interface for item in contents.of(InterfaceStatistics)] == [1, 2]
    assert [(item.code, item.packet) for item in contents.of(Notice)] == [("capture.overrun", 7)]
    assert [record.interface for record in contents.records] == [0, 2, 0, 2, 0, 2, 2]


def test_a_batch_stays_as_it_is_until_the_next_is_asked_for() -> None:
    """Merged batches may be read at leisure: no source moves on while one is looked at."""
    captures = [timed(*range(1, 40, 2)), timed(*range(2, 40, 2), fill=9)]
    inputs = [
        MergeInput(records[0].at_ns, lambda records=records: items_of(encode_pcapng(records, interfaces=[ETHERNET]), 5))  # type: ignore[misc]
        for records in captures
    ]
    wanted = {record.at_ns: record.data for records in captures for record in records}
    for item in merge(inputs):
        if isinstance(item, Batch):
            assert all(wanted[record.at_ns] == record.data for record in records_of(item))
