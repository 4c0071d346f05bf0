"""For every peer and moment: was it there, and could the server reach it: was a wait hanging, or a WebSocket open?"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.calls.acts import ActKind
from sigtrace.calls.waits import Release
from sigtrace.views.ladder_rows import Lifeline
from sigtrace.views.people import SERVER, Stranger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.calls.acts import Act
    from sigtrace.calls.waits import Wait
    from sigtrace.views.people import Party


class Listening(NamedTuple):
    """A stretch of time in which the server could reach a peer."""

    party: Party
    start_ns: int
    end_ns: int


def listening_by_waits(waits: Iterable[Wait]) -> Iterator[Listening]:
    """Yield when waits hung: one that was answered is over with the first byte of its answer.

    One that is still open when the capture ends hangs at its last moment too.
    """
    for wait in waits:
        if wait.peer is not None:
            end_ns = wait.ended_ns + (wait.released_by is Release.CAPTURE_ENDED)
            yield Listening(wait.peer, wait.asked_ns if wait.asked_ns is not None else 0, end_ns)


def listening_by_channels(acts: Iterable[Act], last_ns: int) -> Iterator[Listening]:
    """Yield when WebSockets were open; one that was not seen closing, to the end.

    Of several of one peer it does not matter which one closes: it can be reached until the last has.
    """
    opened: dict[Party, list[int]] = {}
    for act in acts:
        if act.kind is ActKind.OPENED:
            opened.setdefault(act.peer, []).append(act.at_ns)
        elif act.kind is ActKind.CLOSED and opened.get(act.peer):
            yield Listening(act.peer, opened[act.peer].pop(), act.at_ns)
    for peer, starts_ns in opened.items():
        if starts_ns:
            yield Listening(peer, starts_ns[0], last_ns + 1)


class Lifelines:
    """The states of one session's peers over time; stretches of a peer that overlap count as one.

    Args:
        listening: when the server could reach whom.
        came_ns: when the sign-in of a peer was asked: from then on it has a lifeline.
        went_ns: when its sign-out was answered, or it was last heard of.
    """

    def __init__(self, listening: Iterable[Listening], came_ns: dict[Party, int], went_ns: dict[Party, int]) -> None:
        self._came_ns = came_ns
        self._went_ns = went_ns
        self._spans: dict[Party, list[tuple[int, int]]] = {}
        for party, start_ns, end_ns in sorted(listening, key=attrgetter("start_ns")):
            _extend(self._spans.setdefault(party, []), start_ns, end_ns)

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
