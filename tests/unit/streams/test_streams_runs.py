"""Runs: what is found to go on, what ends a run, and that a whole download comes in runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sigtrace.packets.packet import ACK, FIN, PSH, SYN, Segment
from sigtrace.packets.rows import Rows
from sigtrace.packets.sieve import Sieve
from sigtrace.pipeline import Analyzer
from sigtrace.streams.acknowledgments import LEAST_ACKNOWLEDGMENTS, Acknowledgments
from sigtrace.streams.reassembly import Reassembler
from sigtrace.streams.runs import LEAST_ROWS, Run, find_runs
from tests.builders.conversations import Conversation, captured
from tests.builders.frames import encode_frame
from tests.builders.packets import batch_of, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.capture.batch import Batch
    from sigtrace.streams.stream import Stream

    Change = Callable[[Segment], Segment]

MANY = 3 * LEAST_ROWS
MANY_ACKNOWLEDGMENTS = 2 * LEAST_ACKNOWLEDGMENTS


def batch_with(segments: list[Segment]) -> Batch:
    """Return segments as a reader would."""
    frames = [(encode_frame(one), one) for one in segments]
    return batch_of(
        record(frame, original=length, at_ns=one.at_ns, interface=one.interface) for (frame, length), one in frames
    )


def runs_in(segments: list[Segment]) -> list[list[int]]:
    """Return the rows of all runs among segments."""
    rows, _ = Sieve().sift(batch_with(segments))
    assert isinstance(rows, Rows)
    return [run.rows.tolist() for run in find_runs(rows)]


def download(client: str = "10.0.0.1:40000", server: str = "10.0.0.2:80", *, isn: int = 5000) -> Conversation:
    """Make a conversation in which the server sends many segments, every second of them acknowledged."""
    talk = Conversation(client, server, server_isn=isn)
    talk.established()
    for at in range(MANY):
        talk.server.send(bytes([at]) * 10)
        if at % 2:
            talk.client.acknowledge()
    return talk


@pytest.mark.parametrize("ends", [("10.0.0.1:40000", "10.0.0.2:80"), ("[fd77::1]:40000", "[fd77::2]:80")])
@pytest.mark.parametrize("isn", [5000, 2**32 - 60])
def test_a_download_is_a_run(ends: tuple[str, str], isn: int) -> None:
    """Data that goes on and its acknowledgments are one run, of either IP version, also when numbers wrap."""
    talk = download(*ends, isn=isn)
    assert runs_in(talk.segments) == [list(range(len(talk.segments)))]


def test_flows_do_not_disturb_each_other() -> None:
    """Each of several connections has its run, however their segments are mixed."""
    one, other = download("10.0.0.1:1"), download("10.0.0.1:2")
    mixed = [segment for pair in zip(one.segments, other.segments, strict=True) for segment in pair]
    count = len(mixed)
    assert sorted(runs_in(mixed)) == [list(range(0, count, 2)), list(range(1, count, 2))]


CHANGES: dict[str, tuple[int, Change]] = {
    "sequence": (15, lambda one: one._replace(sequence=one.sequence + 1)),
    "acknowledges something else": (15, lambda one: one._replace(acknowledgment=one.acknowledgment + 1)),
    "FIN": (15, lambda one: one._replace(flags=ACK | FIN)),
    "SYN": (15, lambda one: one._replace(flags=ACK | SYN)),
    "no ACK": (15, lambda one: one._replace(flags=PSH)),
    "interface": (15, lambda one: one._replace(interface=1)),
    "cut": (15, lambda one: one._replace(payload=one.payload[:3])),
    "acknowledges too much": (14, lambda one: one._replace(acknowledgment=one.acknowledgment + 1)),
    "acknowledges less": (14, lambda one: one._replace(acknowledgment=one.acknowledgment - 30)),
    "acknowledgment elsewhere": (14, lambda one: one._replace(sequence=one.sequence + 1)),
    "acknowledgment of another interface": (14, lambda one: one._replace(interface=1)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_ends_a_run(change: str) -> None:
    """A row that does not go on with what was before it ends the run, and later ones may make another."""
    segments = download().segments
    at, changed = CHANGES[change]
    assert bool(segments[at].length) is (at == 15)
    segments[at] = changed(segments[at])
    first, *_ = runs_in(segments)
    assert first == list(range(at))


@pytest.mark.parametrize("later", [0, 1])
def test_acknowledgments_that_are_alike(later: int) -> None:
    """An acknowledgment that tells no more than the one before ends a run, unless its identity shows a new packet."""
    segments = download().segments
    again = segments[14]._replace(identity=segments[14].identity + later)
    first, *_ = runs_in([*segments[:15], again, *segments[15:]])
    assert len(first) == (len(segments) + 1 if later else 15)


def test_few_rows_are_no_run() -> None:
    """What would not be worth the trouble is left to go one by one."""
    assert not runs_in(download().segments[: LEAST_ROWS - 1])


def test_dividing_and_joining() -> None:
    """A run that is divided is the same rows and bytes in two runs."""
    talk = download()
    rows, _ = Sieve().sift(batch_with(talk.segments))
    assert isinstance(rows, Rows)
    (run,) = find_runs(rows)
    assert isinstance(run, Run)
    first, behind = run.divide(5)
    assert first.size == 5
    assert [*first.rows, *behind.rows] == [*run.rows]
    assert first.join() + behind.join() == run.join() == talk.server.sent
    assert [run.within(length) for length in (9, 10, 49, 50, 1000)] == [0, 1, 4, 5, MANY]
    assert behind.within(10) == 1


def test_a_body_is_taken_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packets of a long body are taken in runs, but for the last ones, held back for the sake of order."""
    taken: list[int] = []
    take = Reassembler.take

    def watched(self: Reassembler, stream: Stream, run: Run, data: bytes) -> None:
        taken.extend(run.rows.tolist())
        take(self, stream, run, data)

    monkeypatch.setattr(Reassembler, "take", watched)
    talk = Conversation()
    talk.handshake()
    talk.client.send(b"GET / HTTP/1.1\r\n\r\n")
    talk.server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        talk.server.send(b"0123456789")
        talk.client.acknowledge()
    talk.close()
    analyzer = Analyzer()
    analyzer.feed(batch_with(captured(talk.segments)))
    (exchange,) = analyzer.close().exchanges
    assert exchange.response is not None
    assert exchange.response.body.length == 1000
    assert taken == list(range(5, 5 + 2 * 100 - 16 + 3))  # of the sixteen held back three are of the end


# ── acknowledgments that come alone ──────────────────────────────────────────────────────────────────────────────────


def listening(
    client: str = "10.0.0.1:40000", server: str = "10.0.0.2:80", *, isn: int = 5000, count: int = MANY_ACKNOWLEDGMENTS
) -> Conversation:
    """Make a conversation of which only the acknowledgments of the client were captured."""
    talk = Conversation(client, server, server_isn=isn)
    for at in range(1, count + 1):
        talk.client.acknowledge(isn + 1000 * at)
    return talk


@pytest.mark.parametrize("ends", [("10.0.0.1:40000", "10.0.0.2:80"), ("[fd77::1]:40000", "[fd77::2]:80")])
@pytest.mark.parametrize("isn", [5000, 2**32 - 9000])
def test_acknowledgments_are_a_run(ends: tuple[str, str], isn: int) -> None:
    """Acknowledgments of one side that come alone are one run, of either IP version, also when numbers wrap."""
    segments = listening(*ends, isn=isn).segments
    assert runs_in(segments) == [list(range(len(segments)))]


def test_few_acknowledgments_are_no_run() -> None:
    """What would not be worth the trouble is left to go one by one."""
    assert runs_in(listening(count=LEAST_ACKNOWLEDGMENTS).segments) == [list(range(LEAST_ACKNOWLEDGMENTS))]
    assert not runs_in(listening(count=LEAST_ACKNOWLEDGMENTS - 1).segments)


def test_acknowledgments_of_several_flows() -> None:
    """Each of several connections has its run, however their packets are mixed, and rows of others between."""
    one, other = listening("10.0.0.1:1"), listening("10.0.0.1:2")
    mixed = [segment for pair in zip(one.segments, other.segments, strict=True) for segment in pair]
    count = len(mixed)
    assert sorted(runs_in(mixed)) == [list(range(0, count, 2)), list(range(1, count, 2))]


@pytest.mark.parametrize("ahead", [0, 1])
def test_acknowledgments_from_one_port(ahead: int) -> None:
    """What one port tells two others is two runs, though what it tells one goes on with what it tells the other."""
    segments = []
    for at, server in enumerate(("10.0.0.2:80", "10.0.0.3:80")):
        segments += listening("10.0.0.1:1", server, isn=5000 + 10**6 * (at ^ ahead)).segments
    half = MANY_ACKNOWLEDGMENTS
    assert sorted(runs_in(segments)) == [list(range(half)), list(range(half, 2 * half))]


ALONE_CHANGES: dict[str, Change] = {
    "data": lambda one: one._replace(payload=b"data", length=4),
    "FIN": lambda one: one._replace(flags=ACK | FIN),
    "SYN": lambda one: one._replace(flags=ACK | SYN),
    "no ACK": lambda one: one._replace(flags=PSH),
    "interface": lambda one: one._replace(interface=1),
    "sequence": lambda one: one._replace(sequence=one.sequence + 1),
    "acknowledges less": lambda one: one._replace(acknowledgment=one.acknowledgment - 1500),
    "of the other side": lambda one: one._replace(source=one.destination, destination=one.source),
}


@pytest.mark.parametrize("change", ALONE_CHANGES)
def test_what_ends_a_run_of_acknowledgments(change: str) -> None:
    """A row that does not go on with the one before ends the run, and another begins with it or behind it."""
    segments = listening(count=2 * LEAST_ACKNOWLEDGMENTS + 1).segments
    at = LEAST_ACKNOWLEDGMENTS
    segments[at] = ALONE_CHANGES[change](segments[at])
    first, behind = runs_in(segments)
    assert first == list(range(at))
    begins = at if change == "acknowledges less" else at + 1
    assert behind == list(range(begins, len(segments)))


@pytest.mark.parametrize("later", [0, 1])
def test_acknowledgments_alone_that_are_alike(later: int) -> None:
    """An acknowledgment that tells no more than the one before ends a run, unless its identity shows a new packet."""
    segments = listening().segments
    at = LEAST_ACKNOWLEDGMENTS
    again = segments[at - 1]._replace(identity=segments[at - 1].identity + later)
    first, *_ = runs_in([*segments[:at], again, *segments[at:]])
    assert len(first) == (len(segments) + 1 if later else at)


def test_acknowledgments_of_data_stay_with_it() -> None:
    """Rows that belong to a run with data are of no other run."""
    talk = download()
    for _ in range(MANY_ACKNOWLEDGMENTS):  # no more than all, but each a packet of its own
        talk.client.acknowledge()
    assert runs_in(talk.segments) == [list(range(len(talk.segments)))]


def test_acknowledgments_of_little_data() -> None:
    """Where there is not enough data for a run, its acknowledgments may still be one."""
    talk = Conversation()
    talk.server.send(b"0123456789")
    for at in range(MANY_ACKNOWLEDGMENTS):
        talk.client.acknowledge(talk.server.isn + at)
    assert runs_in(talk.segments) == [list(range(1, len(talk.segments)))]


def test_dividing_acknowledgments() -> None:
    """A run of acknowledgments that is divided is the same rows in two runs."""
    rows, _ = Sieve().sift(batch_with(listening().segments))
    assert isinstance(rows, Rows)
    (run,) = find_runs(rows)
    assert isinstance(run, Acknowledgments)
    first, behind = run.divide(5)
    assert (first.size, first.place, behind.size, behind.place) == (5, 0, run.size - 5, 5)
    assert [*first.rows, *behind.rows] == [*run.rows]


def test_acknowledgments_are_taken_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """All acknowledgments of a side that only listens are taken in runs, but those that make their streams known."""
    fed: list[Segment] = []
    feed = Reassembler.feed

    def watched(self: Reassembler, segment: Segment) -> object:
        fed.append(segment)
        return feed(self, segment)

    monkeypatch.setattr(Reassembler, "feed", watched)
    segments = captured(listening(count=500).segments)
    analyzer = Analyzer(all_flows=True)
    analyzer.feed(batch_with(segments))
    (flow,) = analyzer.close().flows
    assert flow.flow.from_originator.packets == 500
    assert [one.number for one in fed] == [1, *range(485, 501)]  # sixteen are held back for the sake of order
