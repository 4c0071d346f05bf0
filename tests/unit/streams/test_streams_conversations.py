"""Conversations: which connections are found to be plain from SYN to FIN, and that taking them at once is no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from sigtrace.packets.packet import ACK, FIN, SYN, Segment
from sigtrace.packets.rows import Rows
from sigtrace.packets.sieve import Sieve
from sigtrace.streams.conversation import Conversation as Whole
from sigtrace.streams.conversations import MOST_ROWS
from sigtrace.streams.copies import GENERATION
from sigtrace.streams.flow import Delivery
from sigtrace.streams.reassembly import Reassembler
from sigtrace.streams.runs import find_runs
from tests.builders.conversations import SECOND, START_NS, Conversation, captured
from tests.builders.frames import encode_frame
from tests.builders.packets import batch_of, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.notices import Notice

    Found = list[Delivery | Notice]
    Change = Callable[[list[Segment]], list[Segment]]

ASKED, ANSWERED = b"GET /somewhere", b"nothing here"
SYN_AT, SYN_ACK_AT, ACK_AT, ASKED_AT, HEARD_AT, ANSWERED_AT, CLIENT_FIN_AT, SERVER_FIN_AT, LAST_AT = range(9)


def exchange(*, client_isn: int = 1000, server_isn: int = 5000, mss: int = 1460) -> list[Segment]:
    """Return a connection on which a side asks, the other answers, and both close."""
    talk = Conversation(client_isn=client_isn, server_isn=server_isn)
    talk.handshake()
    talk.client.send(ASKED, mss=mss)
    talk.server.acknowledge()
    talk.server.send(ANSWERED, mss=mss)
    talk.close()
    return talk.segments


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


def found_in(segments: list[Segment]) -> list[Whole]:
    """Find the conversations among segments."""
    found = find_runs(rows_of(captured(segments)), has_room=lambda _: True)
    return [one for one in found if isinstance(one, Whole)]


@pytest.mark.parametrize("mss", [1460, 4])
@pytest.mark.parametrize("isn", [1000, 2**32 - 1, 2**32 - 5])
def test_an_exchange_is_a_conversation(isn: int, mss: int) -> None:
    """A plain connection is found whole, wherever its numbers wrap, and with what each side says."""
    segments = exchange(client_isn=isn, server_isn=isn - 3, mss=mss)
    (whole,) = found_in(segments)
    assert whole.rows.tolist() == list(range(len(segments)))
    asked, answered = whole.words(0), whole.words(1)
    assert (asked.data, answered.data) == (ASKED, ANSWERED)
    assert (asked.begin, answered.begin) == (min(mss, len(ASKED)), min(mss, len(ANSWERED)))
    assert asked.packets == -(-len(ASKED) // mss)
    said = [segment.at_ns for segment in segments if segment.length]
    assert (asked.first_ns, answered.last_ns) == (said[0], said[-1])


@pytest.mark.parametrize("longer", [False, True])
def test_a_long_one_is_none(*, longer: bool) -> None:
    """A connection of more segments than a conversation may have is left to the plain way."""
    talk = Conversation()
    talk.handshake()
    for at in range(MOST_ROWS - 7 + longer):
        if at % 4 == 3:
            talk.client.acknowledge()  # so that the others are no run
        else:
            talk.client.send(b"x")
    talk.server.send(ANSWERED)
    talk.close()
    assert len(talk.segments) == MOST_ROWS + longer
    assert len(found_in(talk.segments)) == (not longer)


def test_without_an_answer() -> None:
    """A side that asks need not be answered, if both close."""
    talk = Conversation()
    talk.handshake()
    talk.client.send(ASKED)
    talk.server.acknowledge()
    talk.close()
    (whole,) = found_in(talk.segments)
    assert (whole.words(0).data, whole.words(1).data, whole.words(1).packets) == (ASKED, b"", 0)


def test_conversations_side_by_side() -> None:
    """Rows of other connections between do not matter."""
    talks = [Conversation(f"10.0.0.1:{port}") for port in range(40000, 40004)]
    for talk in talks:
        talk.handshake()
        talk.client.send(ASKED)
        talk.server.send(ANSWERED)
        talk.close()
    segments = sorted((segment for talk in talks for segment in talk.segments), key=lambda one: one.at_ns)
    found = found_in(segments)
    assert len(found) == len(talks)
    assert {whole.packets for whole in found} == {(5, 3)}


def changed(at: int, **fields: object) -> Change:
    """Return what changes fields of one segment."""
    return lambda segments: [one._replace(**fields) if i == at else one for i, one in enumerate(segments)]  # type: ignore[arg-type]


def twice(at: int, **fields: object) -> Change:
    """Return what lets a segment come twice, with some fields changed the second time."""
    return lambda segments: [*segments[: at + 1], segments[at]._replace(**fields), *segments[at + 1 :]]  # type: ignore[arg-type]


def without(at: int) -> Change:
    """Return what leaves a segment out."""
    return lambda segments: [*segments[:at], *segments[at + 1 :]]


ODD: Final[dict[str, Change]] = {
    **{f"without {at}": without(at) for at in range(8) if at not in (ACK_AT, HEARD_AT)},
    **{f"{at} twice": twice(at) for at in range(1, 7)},
    **{f"{at} from elsewhere": changed(at, interface=3) for at in range(2, 8)},
    **{f"{at} too far": changed(at, sequence=1 << 20) for at in range(2, 8)},
    **{f"{at} acknowledges too much": changed(at, acknowledgment=1 << 20) for at in range(1, 8)},
    **{f"{at} reset": changed(at, flags=ACK | 0x04) for at in range(8)},
    "answer to another SYN": changed(SYN_ACK_AT, acknowledgment=1002),
    "answer by the same side": changed(SYN_ACK_AT, flags=SYN),
    "cut by a snap length": changed(ANSWERED_AT, payload=ANSWERED[:3]),
    "data behind its FIN": lambda segments: [
        *segments[: CLIENT_FIN_AT + 1],
        segments[LAST_AT]._replace(payload=b"x", length=1, acknowledgment=segments[CLIENT_FIN_AT].acknowledgment),
        *segments[SERVER_FIN_AT:],
    ],
    "an answer behind its FIN": lambda segments: [
        *segments[:ANSWERED_AT],
        segments[ANSWERED_AT]._replace(flags=ACK | FIN, payload=b"", length=0),
        segments[ANSWERED_AT]._replace(sequence=segments[ANSWERED_AT].sequence + 1),
        segments[CLIENT_FIN_AT],
    ],
    "FIN twice": lambda segments: [
        *segments[: CLIENT_FIN_AT + 1],
        segments[LAST_AT]._replace(flags=ACK | FIN, acknowledgment=segments[CLIENT_FIN_AT].acknowledgment),
        *segments[SERVER_FIN_AT:],
    ],
    "asked again": lambda segments: [
        *segments[: ANSWERED_AT + 1],
        segments[CLIENT_FIN_AT]._replace(flags=ACK, payload=b"x", length=1),
        segments[CLIENT_FIN_AT]._replace(sequence=segments[CLIENT_FIN_AT].sequence + 1),
        *[one._replace(acknowledgment=one.acknowledgment + 1) for one in segments[SERVER_FIN_AT : SERVER_FIN_AT + 1]],
    ],
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD.keys())
def test_an_odd_connection_is_none(change: Change) -> None:
    """A connection with anything odd in it before both sides closed is left to the plain way."""
    assert not found_in(change(exchange()))


def taken(
    segments: list[Segment], before: list[Segment] | None = None
) -> tuple[Reassembler, list[Delivery | Notice], bool]:
    """Feed some segments one by one, then take the first conversation behind them, and feed what is no part of it."""
    reassembler = Reassembler(digest=True)
    out: Found = []
    for segment in rows_of(before).segments() if before else []:
        out += reassembler.feed(segment)
    rows = rows_of(segments)
    whole = next(one for one in find_runs(rows, has_room=reassembler.has_room) if isinstance(one, Whole))
    reassembler.begin(rows)
    words = whole.words(0), whole.words(1)
    is_taken = reassembler.take_conversation(whole, words, out) is not None
    rest = set(range(rows.size)) - (set(whole.rows.tolist()) if is_taken else set())
    for place, segment in enumerate(rows.segments()):
        if place in rest:
            out += reassembler.reach(place)
            out += reassembler.feed(segment)
    out += reassembler.end()
    return reassembler, out, is_taken


def fed(segments: list[Segment]) -> tuple[Reassembler, Found]:
    """Feed segments one by one."""
    reassembler = Reassembler(digest=True)
    out: Found = []
    for segment in rows_of(segments).segments():
        out += reassembler.feed(segment)
    return reassembler, out


def behind(segments: list[Segment], more: list[Segment], later_ns: int = SECOND) -> list[Segment]:
    """Return segments, and others a time later."""
    start = segments[-1].at_ns + later_ns
    moved = [one._replace(at_ns=start + one.at_ns - more[0].at_ns) for one in more]
    return captured([*segments, *moved])


REPEATED: Final[dict[str, Change]] = {
    "nothing": lambda _: [],
    "all again": lambda segments: segments,
    "the last acknowledgment": lambda segments: segments[LAST_AT:],
    "sent again": lambda segments: [segments[ANSWERED_AT]._replace(identity=9)],
    "sent again, other bytes": lambda segments: [segments[ANSWERED_AT]._replace(identity=9, payload=b"Nothing here")],
    "half of it": lambda segments: segments[::2],
    "a reset": lambda segments: [segments[LAST_AT]._replace(flags=ACK | 0x04)],
    "another connection": lambda _: exchange(client_isn=70_000),
}


@pytest.mark.parametrize("later_ns", [0, SECOND])
@pytest.mark.parametrize("more", REPEATED.values(), ids=REPEATED.keys())
def test_what_comes_behind(more: Change, later_ns: int) -> None:
    """What comes behind a conversation that was taken is what it would be behind its segments."""
    segments = exchange()
    everything = behind(segments, more(segments) or segments[LAST_AT:], later_ns)
    reassembler, out, is_taken = taken(everything)
    plain, plain_out = fed(everything)
    assert is_taken
    of_it = [one for one in plain_out[:4] if isinstance(one, Delivery)]
    assert len(of_it) == 4  # two chunks, two ends
    assert out == plain_out[4:]
    assert reassembler.flows() == plain.flows()


BEFORE: Final[dict[str, tuple[Change, bool]]] = {
    "nothing": (lambda _: [], True),
    "another connection, over": (lambda _: exchange(client_isn=70_000), False),  # seen lately
    "its SYN": (lambda segments: segments[:1], False),
    "the answer to its SYN": (lambda segments: segments[1:2], False),
    "its data": (lambda segments: segments[ASKED_AT : ASKED_AT + 1], False),
    "a copy of it": (lambda segments: segments, False),
    "an answer the other way": (lambda segments: segments[ANSWERED_AT : ANSWERED_AT + 1], False),
}


@pytest.mark.parametrize(("before", "expected"), BEFORE.values(), ids=BEFORE.keys())
def test_what_came_before(before: Change, *, expected: bool) -> None:
    """A conversation is taken where nothing was seen of its endpoints lately; with the same result."""
    segments = exchange()
    first = [one._replace(at_ns=one.at_ns - SECOND) for one in before(segments)]
    everything = captured([*first, *segments])
    reassembler, out, is_taken = taken(everything[len(first) :], everything[: len(first)])
    plain, plain_out = fed(everything)
    assert is_taken is expected
    assert reassembler.flows() == plain.flows()
    if not is_taken:
        assert out == plain_out


def others(count: int) -> list[Segment]:
    """Return the first segments of other connections."""
    return [Conversation(f"10.0.{number >> 8}.{number & 255}:40000").client.syn() for number in range(count)]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (exchange(client_isn=70_000), True),
        (exchange(client_isn=70_000)[:5], True),
        (exchange(), False),  # what begins with the same number may be sent again
        (exchange()[:1], False),
        (exchange()[1:2], False),
    ],
)
def test_ports_used_again_later(first: list[Segment], *, expected: bool) -> None:
    """A connection is taken if another goes on there no more, though one may be known; that one's facts stay."""
    segments = [one._replace(at_ns=one.at_ns + SECOND) for one in exchange()]
    before = [*first, *others(17_000)]
    everything = captured([*before, *segments])
    reassembler, _, is_taken = taken(everything[len(before) :], everything[: len(before)])
    plain, _ = fed(everything)
    assert is_taken is expected
    assert {flow.number: flow for flow in reassembler.flows()} == {flow.number: flow for flow in plain.flows()}


@pytest.mark.parametrize(("before", "expected"), [(GENERATION - 10, True), (GENERATION - 9, False)])
def test_a_generation_that_ends(before: int, *, expected: bool) -> None:
    """A connection is taken if all of it is remembered with one generation of segments."""
    everything = captured([*others(before), *exchange()])
    _, _, is_taken = taken(everything[before:], everything[:before])
    assert is_taken is expected


def test_room_is_needed_for_all() -> None:
    """Where connections may have to leave the table, none is taken unless enough are over."""
    assert Reassembler(max_flows=100).has_room(4)
    assert not Reassembler(max_flows=8).has_room(4)
    rows = rows_of(captured(exchange()))
    assert not any(isinstance(one, Whole) for one in find_runs(rows, has_room=lambda flows: flows < 3))
    assert any(isinstance(one, Whole) for one in find_runs(rows, has_room=lambda flows: flows <= 3))
    for closes in (False, True):
        reassembler = Reassembler(max_flows=30)
        for number in range(25):
            talk = Conversation(f"10.0.0.{number}:40000", start_ns=START_NS - 60 * SECOND)
            talk.handshake()
            talk.client.send(b"x")
            if closes:
                talk.close()
            for segment in talk.segments:
                reassembler.feed(segment)
        assert reassembler.has_room(4) is closes
        assert not reassembler.has_room(8)
