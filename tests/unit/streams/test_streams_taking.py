"""Taking a run: which runs a stream goes on with, and that nothing differs from taking the rows one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from sigtrace.packets.packet import ACK, SYN
from sigtrace.packets.rows import Rows
from sigtrace.packets.sieve import Sieve
from sigtrace.streams.acknowledgments import Acknowledgments
from sigtrace.streams.reassembly import Reassembler
from sigtrace.streams.runs import Run, find_runs
from sigtrace.streams.sequence import HALF
from tests.builders.conversations import SECOND, Conversation, captured
from tests.builders.frames import encode_frame
from tests.builders.packets import batch_of, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.packets.packet import Segment

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
    assert isinstance(run, Run)
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


# ── acknowledgments that come alone ──────────────────────────────────────────────────────────────────────────────────

HEARD = 3  # fed one by one: where the first stands its stream begins, the second shows a hole
Talk: TypeAlias = "Callable[[Conversation], None]"


def listening(step: int = 1000, *, before: Talk | None = None) -> list[Segment]:
    """Return acknowledgments of a client whose server was not captured, or only in what comes before."""
    talk = Conversation()
    if before is not None:
        before(talk)
    for at in range(1, 100):
        talk.client.acknowledge(talk.server.sequence + at * step)
    return captured(talk.segments)


def take_all(segments: list[Segment], size: int) -> tuple[Reassembler, bool]:
    """Feed so many segments one by one and take those behind them as a run; return whether they were taken."""
    reassembler = Reassembler(digest=True)
    for segment in rows_of(segments[:size]).segments():
        reassembler.feed(segment)
    rows = rows_of(segments[size:])
    (run,) = find_runs(rows)
    assert isinstance(run, Acknowledgments)
    reassembler.begin(rows)
    taken = reassembler.take_acknowledgments(run)
    reassembler.end()
    return reassembler, taken


@pytest.mark.parametrize("step", [7, 1000, 2 << 20, 20 << 20])
@pytest.mark.parametrize("size", [1, HEARD])
def test_acknowledgments_tell_what_their_rows_do(step: int, size: int) -> None:
    """Taken or fed, acknowledgments leave the same facts, show the same hole by the same packet, and are remembered."""
    segments = listening(step)
    one_by_one = Reassembler(digest=True)
    for segment in rows_of(segments).segments():
        one_by_one.feed(segment)
    together, taken = take_all(segments, size)
    assert taken
    assert together.flows() == one_by_one.flows()
    (again,) = rows_of([segments[-2]._replace(number=200)]).segments()
    assert together.feed(again) == one_by_one.feed(again) == ()
    assert together.flows() == one_by_one.flows()
    assert together.flows()[0].from_originator.copies == 1
    late = again._replace(number=201, source=again.destination, destination=again.source, payload=b"late", length=4)
    late = late._replace(sequence=segments[9].acknowledgment, acknowledgment=again.sequence)
    assert together.feed(late) == one_by_one.feed(late)
    assert [*together.close()] == [*one_by_one.close()]
    assert together.flows() == one_by_one.flows()


def test_acknowledgments_that_go_around() -> None:
    """Acknowledgments that tell so much that numbers come again may be copies of each other: they are no run."""
    assert find_runs(rows_of(listening(40 << 20))) == []


def test_acknowledgments_that_were_seen() -> None:
    """Nor are those one of which was seen before, though when it was it seemed to tell less than all before it."""
    talk = Conversation()
    talk.client.acknowledge()
    talk.client.acknowledge()
    for at in range(100):
        talk.client.acknowledge(talk.server.sequence + HALF - 20_000 + 1000 * at)
    first, second, *run = talk.segments
    reassembler, taken = take_all(captured([first, second, *run]), 2)
    assert taken
    seen = run[30]._replace(at_ns=second.at_ns)
    reassembler, taken = take_all(captured([first, second, seen, *run]), 3)
    assert not taken
    assert reassembler.flows()[0].from_originator.packets == 3


def test_acknowledgments_that_were_taken() -> None:
    """Acknowledgments that tell no more than those of a run that was taken are not taken together."""
    segments = listening()
    reassembler, taken = take_all(segments, HEARD)
    assert taken
    rows = rows_of(segments[HEARD:])
    (run,) = find_runs(rows)
    assert isinstance(run, Acknowledgments)
    reassembler.begin(rows)
    assert not reassembler.take_acknowledgments(run)


@pytest.mark.parametrize("shown", [False, True])
def test_a_hole_that_acknowledgments_show(*, shown: bool) -> None:
    """Where acknowledgments showed a hole, the other direction does not go on with a run until it is closed."""
    talk = Conversation()
    talk.handshake()
    begun_by = len(talk.segments)
    for at in range(1, 100):
        talk.client.acknowledge(talk.server.sequence + at * 1000)
    told = len(talk.segments)
    for _ in range(10):
        talk.server.send(b"0123456789")
    segments = captured(talk.segments)
    reassembler, run = begun(segments[:begun_by], segments[told:])
    if shown:
        reassembler, taken = take_all(segments[:told], begun_by)
        assert taken
    assert (reassembler.carrier(run) is None) is shown


def _wait(talk: Conversation) -> None:
    talk.handshake()
    talk.server.send(b"seen")
    talk.client.acknowledge()
    talk.server.sequence += 4
    talk.server.send(b"behind what is missing")
    talk.client.acknowledge()


def _fin(talk: Conversation) -> None:
    talk.handshake()
    talk.client.acknowledge()
    talk.server.fin()
    talk.client.acknowledge()


def _lost_before_fin(talk: Conversation) -> None:
    talk.handshake()
    talk.server.sequence += 4
    talk.server.fin()
    talk.client.acknowledge()


def _reset(talk: Conversation) -> None:
    talk.handshake()
    talk.client.acknowledge()
    talk.server.reset()


def _send_beyond(talk: Conversation) -> None:
    talk.handshake()
    talk.client.acknowledge()
    talk.client.sequence += 9
    talk.client.send(b"behind what is missing")


def _say_nothing(talk: Conversation) -> None:
    talk.client.syn()
    talk.server.syn(flags=SYN | ACK)
    talk.client.send(b"GET")


NOT_NOW: dict[str, Talk] = {
    "data waits": _wait,
    "the other side closed": _fin,
    "the other side closed behind a hole": _lost_before_fin,
    "a reset": _reset,
    "this side's data waits": _send_beyond,
    "none came before": _say_nothing,
}


@pytest.mark.parametrize("before", NOT_NOW)
def test_acknowledgments_while_something_is_going_on(before: str) -> None:
    """Acknowledgments are not taken together where one of them may do more than tell."""
    segments = listening(before=NOT_NOW[before])
    _, taken = take_all(segments, len(segments) - 99)
    assert not taken


NOT_SO: dict[str, Change] = {
    "elsewhere": lambda one: one._replace(sequence=one.sequence + 10),
    "another interface": lambda one: one._replace(interface=1),
    "another connection": lambda one: one._replace(source=one.source[:-1] + b"\0"),
    "no more than before": lambda one: one._replace(acknowledgment=one.acknowledgment - 3000),
}


@pytest.mark.parametrize("change", NOT_SO)
def test_acknowledgments_of_another_kind(change: str) -> None:
    """Acknowledgments that do not go on with what their stream had are not taken together."""
    segments = listening()
    changed = NOT_SO[change]
    _, taken = take_all([*segments[:HEARD], *map(changed, segments[HEARD:])], HEARD)
    assert not taken


def test_a_probe_among_acknowledgments() -> None:
    """An acknowledgment one beyond the guessed start of a stream moves that start, so it is not taken with others."""
    segments = listening(1)
    _, taken = take_all(segments, HEARD)
    assert not taken


@pytest.mark.parametrize("late", [False, True])
def test_an_alarm_among_acknowledgments(*, late: bool) -> None:
    """Acknowledgments during which an alarm of their connection rings are not taken together."""

    def before(talk: Conversation) -> None:
        talk.handshake()
        talk.server.send(b"seen")
        talk.client.acknowledge()
        first = talk.server.sequence
        talk.server.segment(b"late", sequence=first + 4)
        talk.server.segment(b"back", sequence=first)  # nothing is missing any more, but the alarm is still set
        talk.server.sequence = first + 8
        talk.client.acknowledge()

    segments = listening(before=before)
    size = len(segments) - 99
    later = [one._replace(at_ns=one.at_ns + late * 200 * SECOND) for one in segments[size:]]
    _, taken = take_all([*segments[:size], *later], size)
    assert taken is not late


# ── connections that are not followed any more ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("segments", [conversation(), listening()], ids=["download", "acknowledgments"])
def test_runs_of_a_forgotten_connection_pass_by(segments: list[Segment]) -> None:
    """Runs of a connection that was forgotten are counted as their rows are, and those of one that is followed not."""
    before, after = split(segments) if segments[0].flags & SYN else (segments[:HEARD], segments[HEARD:])
    one_by_one, passing = Reassembler(), Reassembler()
    for reassembler in (one_by_one, passing):
        for segment in rows_of(before).segments():
            reassembler.feed(segment)
    rows = rows_of(after)
    (run,) = find_runs(rows)
    assert not passing.pass_by(run)
    for reassembler in (one_by_one, passing):
        reassembler.forget(1)
    for segment in rows.segments():
        assert not one_by_one.feed(segment)
    passing.begin(rows)
    assert passing.pass_by(run)
    assert not passing.end()
    assert passing.flows() == one_by_one.flows()
    assert sum(counts.packets for counts in (passing.flow(1).from_originator, passing.flow(1).from_responder)) == len(
        segments
    )
