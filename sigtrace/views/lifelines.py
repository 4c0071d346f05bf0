"""For every peer and moment: was it signed in, and was one of its waits hanging?"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from sigtrace.views.ladder_rows import Lifeline
from sigtrace.views.people import SERVER, Stranger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.calls.waits import Wait
    from sigtrace.views.people import Party


class Lifelines:
    """The states of one session's peers over time.

    A wait that was answered is over with the first byte of its answer; overlapping waits of a peer count as one.

    Args:
        waits: of the session, in order of asking.
        came_ns: when the sign-in of a peer was asked: from then on it has a lifeline.
        went_ns: when its sign-out was answered, or it was last heard of.
    """

    def __init__(self, waits: Iterable[Wait], came_ns: dict[Party, int], went_ns: dict[Party, int]) -> None:
        self._came_ns = came_ns
        self._went_ns = went_ns
        self._spans: dict[Party, list[tuple[int, int]]] = {}
        for wait in waits:
            if wait.peer is not None:
                start_ns = wait.asked_ns if wait.asked_ns is not None else 0
                _extend(self._spans.setdefault(wait.peer, []), start_ns, wait.ended_ns)

    def at(self, party: Party | None, at_ns: int) -> Lifeline:
        """Return the state right after a moment; None stands for the column of the others."""
        if party == SERVER:
            return Lifeline.SERVER
        if party is None or isinstance(party, Stranger):
            return Lifeline.BLIND
        if at_ns < self._came_ns.get(party, 0) or at_ns > self._went_ns.get(party, at_ns):
            return Lifeline.ABSENT
        spans = self._spans.get(party, [])
        place = bisect_right(spans, at_ns, key=lambda span: span[0]) - 1
        listening = place >= 0 and at_ns < spans[place][1]
        return Lifeline.LISTENING if listening else Lifeline.BLIND


def _extend(spans: list[tuple[int, int]], start_ns: int, end_ns: int) -> None:
    if spans and start_ns <= spans[-1][1]:
        spans[-1] = (min(spans[-1][0], start_ns), max(spans[-1][1], end_ns))
    else:
        spans.append((start_ns, end_ns))
