"""Taking a run: what `Reassembler.feed` does for each of many ordinary segments, done once for all of them.

`runs.py` proves of every row of a run but the first of each direction that it is ordinary if those before it are. Here
these first ones are held against what their streams know; then all counts and memories change as row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.streams.copies import SeenRun
from sigtrace.streams.delivered import DeliveredRun
from sigtrace.streams.sequence import HALF, MASK, PLAUSIBLE, UNKNOWN, difference, first_position

if TYPE_CHECKING:
    from sigtrace.packets.packet import Segment
    from sigtrace.packets.rows import Rows
    from sigtrace.streams.acknowledgments import Acknowledgments
    from sigtrace.streams.connection import Connection
    from sigtrace.streams.conversation import Conversation
    from sigtrace.streams.flow import Words
    from sigtrace.streams.runs import Run
    from sigtrace.streams.stream import Stream

_NO_BUFFER = np.zeros(0, np.uint8)


class Turns:
    """Rows in order of time as the turns of a reassembler.

    Args:
        rows: in order of time.
        turn: segments before the first of them.
        before_ns: time of the segment before.
    """

    __slots__ = ("_times", "first", "rows", "size")

    def __init__(self, rows: Rows, turn: int, before_ns: int) -> None:
        self.rows = rows._replace(buffer=_NO_BUFFER)  # what is remembered of them outlives the buffer
        self.size = rows.size
        self.first = turn + 1
        # Of each row the time up to which it lets time pass: that of the row before it (`confirmed_time`).
        self._times = np.append(min(before_ns, int(rows.at_ns[0])), rows.at_ns)

    def turn(self, place: int) -> int:
        """Return the turn of a row."""
        return self.first + place

    def before(self, place: int) -> tuple[int, int]:
        """Return up to when the row before a place lets time pass, and its own time."""
        return self._times.item(place - 1), self._times.item(place)

    def passes(self, due_ns: int) -> tuple[int, int]:
        """Return the turn of the row that lets a time pass, and up to when it lets time pass."""
        place = int(np.searchsorted(self._times, due_ns))
        return self.turn(place), int(self._times[place])


def goes_on(stream: Stream, run: Run) -> bool:
    """Tell whether a stream goes on with a run: its first rows are ordinary, and no patience ends during it."""
    rows, peer, first = run.of.rows, stream.peer, run.place
    return (
        stream.plain
        and peer.plain
        and stream.connection.alarm_ns > run.last_ns
        and rows.sequence[first] == stream.next & MASK
        and rows.interface[first] == stream.interface
        and (peer.next - int(rows.acknowledgment[first])) & MASK < HALF
        and (run.bare_first == run.bare_last or _answers(peer, SeenRun.growing(rows, run.bare, 0)))
    )


def _answers(peer: Stream, bare: SeenRun) -> bool:
    """Tell whether the first acknowledgment of a run is ordinary, and none is a copy."""
    rows, first = bare.rows, bare.places[0]
    return bool(
        rows.sequence[first] == peer.next & MASK
        and rows.interface[first] == peer.interface
        and peer.told != UNKNOWN
        and 0 < (int(rows.acknowledgment[first]) - peer.told) & MASK < HALF
        and peer.shared.copies.all_new(peer.endpoint + peer.peer.endpoint, bare)
    )


def take_run(stream: Stream, run: Run, data: bytes, turns: Turns) -> None:
    """Change all that the rows of a run change."""
    rows, peer, bare = turns.rows, stream.peer, run.bare
    copies, delivered = stream.shared.copies, stream.shared.delivered
    stream.connection.last_ns = run.last_ns
    copies.add_run(stream.endpoint + peer.endpoint, SeenRun.growing(rows, run.data, turns.first))
    delivered.add_run(DeliveredRun(stream, stream.next - run.sent, run.ends, run.data, turns.first, data))
    stream.packets += run.size
    stream.bytes += len(data)
    stream.next += len(data)
    if stream.digest is not None:
        stream.digest.update(data)
    if len(bare):
        copies.add_run(peer.endpoint + stream.endpoint, SeenRun.growing(rows, bare, turns.first))
        peer.packets += len(bare)
        peer.told = int(rows.acknowledgment[bare[-1]])


def listens(stream: Stream, run: Acknowledgments) -> bool:
    """Tell whether a run of bare acknowledgments can change nothing but how far the other direction is known.

    Nothing waits and nothing ends, so there is nothing to let out or to have patience with; none can be a probe that
    moves the start of a stream; each tells more than all before, and none is a copy. A direction that ended has its
    FIN, or both have ended, and then neither is plain.
    """
    rows, peer, first, connection = run.of, stream.peer, run.place, stream.connection
    return bool(
        stream.plain
        and peer.fin == UNKNOWN
        and peer.waiting is None
        and connection.reset is None
        and connection.alarm_ns > run.last_ns
        and rows.sequence[first] == stream.next & MASK
        and rows.interface[first] == stream.interface
        and stream.told != UNKNOWN
        and 0 < (int(run.numbers[0]) - stream.told) & MASK < HALF
        and not (peer.soft and (run.numbers == (peer.next + 1) & MASK).any())
        and stream.shared.copies.all_new(stream.endpoint + peer.endpoint, SeenRun.growing(rows, run.rows, 0))
    )


def take_acknowledgments(stream: Stream, run: Acknowledgments, turns: Turns) -> None:
    """Change all that the rows of a run of bare acknowledgments change."""
    peer, connection = stream.peer, stream.connection
    for segment in _telling(peer, run):
        peer.acknowledge(segment, [])
    stream.told = int(run.numbers[-1])
    stream.packets += run.size
    connection.last_ns = run.last_ns
    stream.shared.copies.add_run(stream.endpoint + peer.endpoint, SeenRun.growing(turns.rows, run.rows, turns.first))
    stream.refresh()
    peer.refresh()


def _telling(peer: Stream, run: Acknowledgments) -> list[Segment]:
    """Return those rows by which a stream learns all it learns by a run: of those beyond it the furthest.

    And the first of them, if none was beyond it before, and the last one that is too far to be believed. Each row is
    further than those before it, so these are found by halving; unless what was beyond begins to count as behind.
    """
    first, last = (difference(int(run.numbers[place]), peer.next) for place in (0, -1))
    if first > last:
        return run.of.segments(run.rows)
    ahead = first + (run.numbers - run.numbers[0] & MASK)
    near, far = ahead.searchsorted((1, PLAUSIBLE + 1)).tolist()
    telling = set()
    if near < far:
        telling.add(int(ahead.searchsorted(ahead[far - 1])))
        if peer.hole is None or peer.acked <= peer.next:
            telling.add(near)
    if far < run.size:
        telling.add(run.size - 1)
    return [run.of.segment(int(run.rows[row])) for row in sorted(telling)]


def take_conversation(connection: Connection, whole: Conversation, words: tuple[Words, Words], turns: Turns) -> None:
    """Change all that the rows of a conversation change behind its SYN."""
    connection.take_whole(whole)
    for side, stream in enumerate(connection.streams):
        data = words[side].data
        stream.syn = whole.sequences[side]
        stream.base = start = first_position(stream.syn + 1)
        stream.interface = whole.interfaces[side]
        stream.packets = whole.packets[side]
        stream.bytes = len(data)
        if stream.digest is not None:
            stream.digest.update(data)
        stream.fin, stream.fin_mark = start + len(data), whole.fins[side]
        stream.next = stream.fin + 1
        stream.ended = True
    shared = connection.originator.shared
    shared.copies.add_conversation(*whole.ways, SeenRun(turns.rows, whole.rows, turns.first))
    shared.delivered.add_over(whole.said_rows + turns.first)
