"""Conversations: whole connections that lie among the rows of a batch and do what most do, found by vector operations.

Theory of operation
-------------------
Where signaling is many requests, each on a connection of its own, most connections are: a handshake, one side speaks,
the other answers, both close. That a connection is one of these, and nothing else, can be seen of all rows of a batch
at once. Rows are put together by flow, in order of time, and each is looked at beside the row before it of its own
direction and the one of the other. From a SYN on, and the right answer to it, rows are ordinary when each

- begins where the one before it of its direction ended (SYN and FIN count one), and comes from the same interface;
- acknowledges no more than the other direction had brought by then;
- is whole, and but an acknowledgment, with data or without, perhaps with a FIN, the one of its direction, behind which
  are bare acknowledgments alone;
- differs from all others: a bare acknowledgment behind another tells more than that.

If nothing between the two endpoints was seen lately, and no connection goes on there, then by induction no row finds
its streams in a state in which it could do more than is plain: so the state that all of them leave can be set at once
(`Reassembler.take_conversation`). Nothing is delivered; who takes a conversation has its words. All else is for the
plain way, which is the authority; so it does not matter what is missed here.
"""

from __future__ import annotations

from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from sigtrace.packets.packet import ACK, FIN, RST, SYN
from sigtrace.streams.conversation import Conversation, Conversed, make_conversation, make_mark
from sigtrace.streams.sequence import HALF, MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from sigtrace.packets.rows import Column, Rows
    from sigtrace.streams.by_flow import ByFlow
    from sigtrace.streams.outlet import Mark

LEAST_OPENED: Final = 64
"""One row of so many that is a SYN makes it worth looking for conversations."""

MOST_ROWS: Final = 64
"""Rows of one. Bulk data comes in runs; and whoever asks later for a copy of one of these rows has to look at all."""

_Numbers: TypeAlias = "NDArray[np.int64]"
_Marks: TypeAlias = "NDArray[np.bool_]"


class _Beside:
    """Rows by flow, and beside each the last one before it of its own and of the other direction."""

    def __init__(self, rows: Rows, flows: ByFlow, kind: Column, opens: _Marks) -> None:
        forward, place = flows.forward, np.arange(rows.size)
        self.order = flows.order
        self.kind = kind
        self.length = rows.length[flows.order]
        self.opened = np.maximum.accumulate(np.where(opens | flows.begins, place, 0))  # the SYN, if there is one
        self.by_opener = forward == forward[self.opened]
        there, back = _before(forward, place), _before(~forward, place)
        self.own, self.other = np.where(forward, there, back), np.where(forward, back, there)

    @cached_property
    def fin(self) -> _Marks:
        """Which have a FIN."""
        fin: _Marks = self.kind & FIN != 0
        return fin


def find_conversations(rows: Rows, flows: ByFlow, alone: _Marks, has_room: Callable[[int], bool]) -> list[Conversation]:
    """Find the conversations among rows that are in order of time.

    Args:
        rows: in order of time.
        flows: the same by flow.
        alone: of each, by flow, whether it is of no run.
        has_room: tells whether any may be taken before its turn among so many flows, each counted again with a SYN.
    """
    kind = rows.flags & (ACK | SYN | FIN | RST)
    opened, met = int(np.count_nonzero(kind & SYN)), int(np.count_nonzero(flows.begins))
    if opened * LEAST_OPENED < rows.size or not has_room(opened + met):
        return []
    kind = kind[flows.order]
    opens = (kind == SYN) & (rows.length[flows.order] == 0)
    beside = _Beside(rows, flows, kind, opens)
    starts = np.flatnonzero(opens & alone)
    breaks = np.flatnonzero(~(_ordinary(rows, beside) & alone))
    ends = np.append(breaks, rows.size)[np.searchsorted(breaks, starts, side="right")]
    simple = _simple(beside, starts, ends)
    return _collect(rows, beside, starts[simple], (ends - starts)[simple])


def _ordinary(rows: Rows, beside: _Beside) -> _Marks:
    """Tell of each row whether it goes on with a conversation, if those before it did."""
    kind, length, opened, own, other = beside.kind, beside.length, beside.opened, beside.own, beside.other
    order, by_opener, fin = beside.order, beside.by_opener, beside.fin
    sequence, acknowledgment, interface = rows.sequence[order], rows.acknowledgment[order], rows.interface[order]
    end = sequence + length + (kind & (SYN | FIN) != 0)
    bare = (kind == ACK) & (length == 0)
    goes_on = (kind & (ACK | SYN | RST) == ACK) & (rows.held[order] == length) & (own >= opened) & (other >= opened)
    goes_on &= (end[own] & MASK == sequence) & (interface[own] == interface)
    goes_on &= (end[other] - acknowledgment) & MASK < HALF
    there, back = _counted(fin & by_opener)[:-1], _counted(fin & ~by_opener)[:-1]
    goes_on &= bare | (np.where(by_opener, there - there[opened], back - back[opened]) == 0)
    ahead = (acknowledgment - acknowledgment[own]) & MASK
    goes_on &= ~(bare & bare[own]) | ((ahead > 0) & (ahead < HALF))
    answers = (kind == SYN | ACK) & (length == 0) & (np.arange(rows.size) == opened + 1) & ~by_opener
    answers &= end[opened] & MASK == acknowledgment
    ordinary: _Marks = goes_on | answers
    return ordinary


def _simple(beside: _Beside, starts: _Numbers, ends: _Numbers) -> _Marks:
    """Tell where all was said that is to be: by who opened it first, then by the other; and both closed."""
    asks, answers = (beside.length > 0) & beside.by_opener, (beside.length > 0) & ~beside.by_opener
    answered = _counted(answers)[:-1]
    asks_again = asks & (answered > answered[beside.opened])
    marks = (asks, asks_again, beside.fin & beside.by_opener, beside.fin & ~beside.by_opener)
    asked, again, fins, other_fins = (_within(one, starts, ends) for one in marks)
    simple: _Marks = (asked > 0) & (again == 0) & (fins == 1) & (other_fins == 1) & (ends - starts <= MOST_ROWS)
    return simple


def _collect(rows: Rows, beside: _Beside, starts: _Numbers, sizes: _Numbers) -> list[Conversation]:
    """Make conversations of rows by flow, from these on and so many each."""
    lasts = np.cumsum(sizes)
    firsts = lasts - sizes
    at = np.repeat(starts - firsts, sizes) + np.arange(sizes.sum())
    chosen, by_opener, carrying, fin = beside.order[at], beside.by_opener[at], beside.length[at] > 0, beside.fin[at]
    said = chosen[carrying]
    start = rows.start[said]
    of = Conversed(rows, chosen, said, list(_pairs(start, start + rows.length[said])))
    counted = _counted(carrying)
    asked, behind = counted[firsts], counted[lasts]
    answered = asked + _within(carrying & by_opener, firsts, lasts)
    first_answer = said[np.minimum(answered, len(said) - 1)]
    sent = _within(by_opener, firsts, lasts)
    syn, syn_ack, last = chosen[firsts], chosen[firsts + 1], chosen[lasts - 1]
    fins = chosen[fin & by_opener], chosen[fin & ~by_opener]
    columns = (
        *(firsts, lasts, asked, answered, behind),
        *(syn, said[behind - 1], last),
        *(rows.source[syn], rows.destination[syn], rows.number[syn], rows.acknowledgment[syn]),
        *(rows.at_ns[syn], rows.at_ns[syn_ack], rows.at_ns[last]),
    )
    return [
        *map(
            make_conversation,
            zip(
                repeat(of, len(starts)),
                *(column.tolist() for column in columns),
                _pairs(rows.sequence[syn], rows.sequence[syn_ack]),
                _pairs(rows.interface[syn], rows.interface[syn_ack]),
                _pairs(sent, sizes - sent),
                _marks(rows, *fins),
                _pairs(*fins),
                _marks(rows, said[asked], first_answer),
                _marks(rows, said[answered - 1], said[behind - 1]),
                strict=True,
            ),
        )
    ]


def _counted(marks: _Marks) -> _Numbers:
    """Return how many are marked before each place, and in all."""
    return np.append(0, np.cumsum(marks))


def _within(marks: _Marks, starts: _Numbers, ends: _Numbers) -> _Numbers:
    """Return how many are marked from each start to before its end."""
    counted = _counted(marks)
    return counted[ends] - counted[starts]


def _before(those: _Marks, place: _Numbers) -> _Numbers:
    """Return of each row the last one of those before it; -1 before the first."""
    last = np.maximum.accumulate(np.where(those, place, -1))
    return np.append(-1, last[:-1])


def _pairs(one: _Numbers, other: _Numbers) -> Iterator[tuple[int, int]]:
    return zip(one.tolist(), other.tolist(), strict=True)


def _marks(rows: Rows, one: _Numbers, other: _Numbers) -> Iterator[tuple[Mark, Mark]]:
    """Return time and number of the packets of both sides."""
    sides = (map(make_mark, _pairs(rows.at_ns[side], rows.number[side])) for side in (one, other))
    return zip(*sides, strict=True)
