"""Live is the same as batch, and pieces are the same as the whole: how a capture arrives does not change its trace."""

from __future__ import annotations

import dataclasses
import io
import random
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.batch import Batch, Interface, Record
from sigtrace.capture.writer import encode_pcap, encode_pcapng
from sigtrace.pipeline import Analyzer, analyze
from sigtrace.sources.file import read
from sigtrace.streams.flow import Delivery
from sigtrace.streams.reassembly import Reassembler
from sigtrace.value import replace
from tests.builders.captures import copy_out
from tests.builders.packets import batch_of
from tests.builders.rough import make_rough

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.application.http.message import Exchange
    from sigtrace.trace import Trace

CAPTURES = Path(__file__).parents[2] / "captures"
LIVE = ["basic-call", "basic-call-gap", "three-interfaces", "short-snap", "browser-call-reordered", "vlan-stacked"]
SPLIT = ["basic-call", "browser-call", "odd-requests"]


def capture_of(name: str) -> Path:
    """Return a capture's file."""
    return next(path for path in (CAPTURES / name).iterdir() if path.suffix.startswith(".pcap"))


@cache
def records_of(name: str) -> tuple[Record, ...]:
    """Return a capture's records."""
    return tuple(copy_out(read(capture_of(name))).records)


def bare(trace: Trace) -> Trace:
    """Return a trace without what names the files it came from."""
    return dataclasses.replace(trace, captures=())


def rows_of(batch: Batch, rows: slice) -> Batch:
    """Return some rows of a batch as a batch."""
    first = batch.first_number + rows.start
    numbers = range(first, batch.first_number + min(rows.stop, len(batch)))
    return replace(
        batch,
        first_number=first,
        offset=batch.offset[rows],
        captured=batch.captured[rows],
        original=batch.original[rows],
        at_ns=batch.at_ns[rows],
        interface=batch.interface[rows],
        link_type=batch.link_type[rows],
        comments={number: texts for number, texts in batch.comments.items() if number in numbers},
    )


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("name", LIVE)
def test_record_by_record_is_the_same_as_at_once(name: str, size: int) -> None:
    """An analyzer that is fed a record, or a few, at a time ends with the trace of the whole capture."""
    live = Analyzer()
    for item in read(capture_of(name)):
        if isinstance(item, Batch):
            for start in range(0, len(item), size):
                live.feed(rows_of(item, slice(start, start + size)))
        else:
            live.feed(item)
    assert live.close() == analyze(read(capture_of(name)))


@pytest.mark.parametrize("seed", range(40))
def test_passing_time_changes_no_stream(seed: int) -> None:
    """Telling reassembly the time before each segment, as a live source does, changes no stream."""
    rough = make_rough(Random(seed))  # noqa: S311 - repeatable
    told, untold = Reassembler(digest=True), Reassembler(digest=True)
    live = []
    for segment in rough.segments:
        live += told.advance(segment.at_ns - 1)
        live += told.feed(segment)
    live += told.close()
    batch = [item for segment in rough.segments for item in untold.feed(segment)] + list(untold.close())
    assert told.flows() == untold.flows()
    for by in (True, False):
        assert [item for item in live if _is_of(item, by=by)] == [item for item in batch if _is_of(item, by=by)]


def _is_of(item: object, *, by: bool) -> bool:
    return isinstance(item, Delivery) and item.from_originator is by


def _by_time(records: tuple[Record, ...]) -> list[list[Record]]:
    third = len(records) // 3
    return [list(records[:third]), list(records[third : 2 * third]), list(records[2 * third :])]


def _in_turn(records: tuple[Record, ...]) -> list[list[Record]]:
    return [list(records[place::3]) for place in range(3)]


def _at_random(records: tuple[Record, ...]) -> list[list[Record]]:
    chance = random.Random(3)  # noqa: S311 - repeatable
    pieces: list[list[Record]] = [[], [], []]
    for record in records:
        chance.choice(pieces).append(record)
    return pieces


def _by_size(records: tuple[Record, ...]) -> list[list[Record]]:
    """One for each direction, more or less: what carries data, and what does not."""
    return [[one for one in records if one.original <= 80], [one for one in records if one.original > 80]]


@pytest.mark.parametrize("split", [_by_time, _in_turn, _at_random, _by_size])
@pytest.mark.parametrize("name", SPLIT)
def test_pieces_are_the_same_as_the_whole(
    name: str, split: Callable[[tuple[Record, ...]], list[list[Record]]], tmp_path: Path
) -> None:
    """A capture that was split, by time, in turn or by what it holds, and is read together, gives the same trace."""
    records = tuple(one._replace(interface=0) for one in records_of(name))
    ordered = sorted(records, key=lambda one: one.at_ns)
    unique = tuple(one._replace(at_ns=one.at_ns + place) for place, one in enumerate(ordered))  # no two at one time
    whole = analyze(read(io.BytesIO(encode_pcap(unique, link_type=1))))
    paths = []
    for place, piece in enumerate(split(unique)):
        paths.append(tmp_path / f"{place}.pcap")
        paths[-1].write_bytes(encode_pcap(piece, link_type=1))
    assert bare(analyze(read(*paths))) == bare(whole)


@pytest.mark.parametrize("overlap", [1, 50])
def test_files_of_a_ring_that_overlap(overlap: int, tmp_path: Path) -> None:
    """Of files that share their last and first packets, each exchange is read once."""
    records = records_of("basic-call")
    middle = len(records) // 2
    paths = [tmp_path / "0.pcap", tmp_path / "1.pcap"]
    paths[0].write_bytes(encode_pcap(records[: middle + overlap], link_type=1))
    paths[1].write_bytes(encode_pcap(records[middle:], link_type=1))
    trace, whole = analyze(read(*paths)), analyze(read(capture_of("basic-call")))
    assert [(one.at_ns, one.state) for one in trace.exchanges] == [(one.at_ns, one.state) for one in whole.exchanges]
    assert len(trace.calls) == len(whole.calls)


def test_interfaces_of_one_capture_in_files_of_their_own(tmp_path: Path) -> None:
    """A capture of three interfaces, split into one for each, gives the same exchanges when they are read together."""
    records = records_of("three-interfaces")
    count = 1 + max(one.interface for one in records)
    paths = []
    for at in range(count):
        piece = [one._replace(interface=0) for one in records if one.interface == at]
        link_type = piece[0].link_type
        interface = Interface(index=0, name=f"eth{at}", link_type=link_type, snap_length=0)
        paths.append(tmp_path / f"{at}.pcapng")
        paths[-1].write_bytes(encode_pcapng(piece, interfaces=[interface]))
    trace, whole = analyze(read(*paths)), analyze(read(capture_of("three-interfaces")))
    # Of the copies of a packet another may come first: the capture holds some of them far from their time.
    assert list(map(_said, trace.exchanges)) == list(map(_said, whole.exchanges))
    assert len(trace.calls) == len(whole.calls)


def _said(exchange: Exchange) -> tuple[object, ...]:
    request, response = exchange.request, exchange.response
    return exchange.state, request and (request.target, request.body), response and (response.status, response.body)


def test_a_batch_of_nothing_changes_nothing() -> None:
    """An empty batch, as a quiet live source gives, is no packet and no end."""
    analyzer = Analyzer()
    analyzer.feed(batch_of([]))
    assert analyzer.close().exchanges == ()
