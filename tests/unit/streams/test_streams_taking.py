"""Taking a run: which runs a stream goes on with, and that nothing differs from taking the rows one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sigtrace.packets.rows import Rows
from sigtrace.packets.sieve import Sieve
from sigtrace.streams.reassembly import Reassembler
from sigtrace.streams.runs import find_runs
from tests.builders.conversations import SECOND, Conversation, captured
from tests.builders.frames import encode_frame
from tests.builders.packets import batch_of, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.packets.packet import Segment
    from sigtrace.streams.runs import Run

    Change = Callable[[Segment], Segment]

BEFORE = 20  # segments that are fed one by one


def conversation() -> list[Segment]:
    """Return a handshake and a download, every second segment acknowledged."""
    talk = Conversation()
    talk.handshake()
    talk.client.send(b"GET")
    for at in range(40):
        talk.server.send(b"0123456789")
        if at % 2:
            talk.client.acknowledge()
    return captured(talk.segments)


def rows_of(segments: list[Segment]) -> Rows:
    """Return segments as columns."""
    frames = [(*encode_frame(one), one) for one in segments]
    batch = batch_of(
        (record(frame, original=length, at_ns=one.at_ns, interface=one.interface) for frame, length, one in frames),
        first_number=segments[0].number,
    )
    rows, _ = Sieve().sift(batch)
    assert isinstance(rows, Rows)
    return rows


def begun(before: list[Segment], after: list[Segment]) -> tuple[Reassembler, Run]:
    """Feed some segments one by one, and find the run in those behind them."""
    reassembler = Reassembler(digest=True)
    for segment in rows_of(before).segments():
        reassembler.feed(segment)
    rows = rows_of(after)
    (run,) = find_runs(rows)
    reassembler.begin(rows)
    return reassembler, run


def split(segments: list[Segment]) -> tuple[list[Segment], list[Segment]]:
    """Return what is fed one by one, and a run that begins with data."""
    at = next(at for at in range(BEFORE, len(segments)) if segments[at].length)
    return segments[:at], segments[at:]


def test_a_stream_goes_on_with_what_follows() -> None:
    """Rows that follow what a stream had are its run."""
    reassembler, run = begun(*split(conversation()))
    stream = reassembler.carrier(run)
    assert stream is not None
    assert stream.endpoint == Conversation().server.endpoint


CHANGES: dict[str, tuple[bool, Change]] = {  # of rows with data, or of those without
    "elsewhere": (True, lambda one: one._replace(sequence=one.sequence + 10)),
    "another interface": (True, lambda one: one._replace(interface=1)),
    "relies on more": (True, lambda one: one._replace(acknowledgment=one.acknowledgment + 1)),
    "another connection": (True, lambda one: one._replace(source=one.source[:-1] + b"\0")),
    "answer elsewhere": (False, lambda one: one._replace(sequence=one.sequence + 1)),
    "answer by another interface": (False, lambda one: one._replace(interface=1)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_stream_does_not_go_on_with(change: str) -> None:
    """A run whose first rows are not ordinary for their streams is none of theirs."""
    with_data, changed = CHANGES[change]
    before, after = split(conversation())
    after = [changed(one) if bool(one.length) is with_data else one for one in after]
    if change == "another connection":
        after = [one for one in after if one.length]
    reassembler, run = begun(before, after)
    assert reassembler.carrier(run) is None


def test_an_acknowledgment_that_was_seen() -> None:
    """A run whose first acknowledgment tells no more than what was told before is not taken."""
    before, after = split(conversation())
    told = max(one.acknowledgment for one in before if not one.length)
    first = next(at for at, one in enumerate(after) if not one.length)
    after[first] = after[first]._replace(acknowledgment=told)
    reassembler, run = begun(before, after)
    assert reassembler.carrier(run) is None


@pytest.mark.parametrize("late", [False, True])
def test_patience_that_ends_within_a_run(*, late: bool) -> None:
    """After a reset a connection ends soon, so what goes on beyond that time is not taken as one."""
    before, after = split(conversation())
    reset = before[-1]._replace(flags=before[-1].flags | 4, payload=b"", length=0, sequence=after[0].sequence)
    after = [one._replace(at_ns=one.at_ns + late * SECOND) for one in after]
    reassembler, run = begun([*before, reset], [one for one in after if one.length][:10])
    assert (reassembler.carrier(run) is None) is late


def test_a_run_counts_as_its_rows_do() -> None:
    """All that is known of a flow is the same whether its rows were fed or taken in a run."""
    segments = conversation()
    one_by_one = Reassembler(digest=True)
    for segment in rows_of(segments).segments():
        one_by_one.feed(segment)
    reassembler, run = begun(*split(segments))
    stream = reassembler.carrier(run)
    assert stream is not None
    reassembler.take(stream, run, run.join())
    reassembler.end()
    assert reassembler.flows() == one_by_one.flows()
    assert reassembler.feed(segments[-2]) == one_by_one.feed(segments[-2])
    assert reassembler.flows() == one_by_one.flows()
