"""One session with all that the steps of its story are told from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from sigtrace.views.candidate_runs import find_runs
from sigtrace.views.people import SERVER, Stranger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sigtrace.calls.acts import Act, ActKind
    from sigtrace.calls.signals import Signal
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace
    from sigtrace.views.candidate_runs import Run
    from sigtrace.views.halves import Half
    from sigtrace.views.people import People


TOLD_APART_NS: Final = 250_000_000
"""What a server tells several peers of one event, it tells within one turn and a path's time."""


class Scene:
    """The peers, waits, signals and acts of one session, found by what bore them.

    Args:
        trace: the whole.
        people: of the trace.
        session: number of the session.
        fold: treat a run of candidates as one, and what many are told as told once.
        whole: what the trace is a selection of: who was there and could be reached is a matter of all of it.
    """

    def __init__(self, trace: Trace, people: People, session: int, *, fold: bool, whole: Trace | None = None) -> None:
        self.trace = trace
        self.people = people
        self.session = session
        self.fold = fold
        self.peers = trace.peers_in(session)
        self.waits = trace.waits_in(session)
        self.wait_of = {wait.exchange: wait for wait in self.waits}
        self.acts = trace.acts_in(session)
        self.all_waits = self.waits if whole is None else whole.waits_in(session)
        self.all_acts = self.acts if whole is None else whole.acts_in(session)
        signals = trace.signals_in(session)
        self._sent: dict[tuple[int, bool], dict[int, list[Signal]]] = {}  # by what bore them, copies together
        self._delivered: dict[int, list[Signal]] = {}
        for signal in signals:
            self._note(signal)
        self._told = _group_told(self.acts)
        self._acts_in: dict[tuple[int, bool], list[Act]] = {}
        for act in self.acts:
            if act.number is not None:
                self._acts_in.setdefault((act.number, act.from_client), []).append(act)
        self._runs = find_runs(signals) if fold else {}

    def _note(self, signal: Signal) -> None:
        if signal.sent_by is not None:
            key = (signal.sent_by, not self._is_server(signal.sender))
            self._sent.setdefault(key, {}).setdefault(id(signal.content), []).append(signal)
        if signal.delivered_by is not None:
            self._delivered.setdefault(signal.delivered_by, []).append(signal)

    def _is_server(self, peer: PeerId | None) -> bool:
        return peer is not None and self.people.party(self.session, peer) == SERVER

    def sent_in(self, half: Half) -> list[list[Signal]]:
        """Return the messages that one way of the wire sends, each with its copies to all who got it."""
        return list(self._sent.get((half.number, half.from_client), {}).values())

    def copies_of(self, signal: Signal) -> Sequence[Signal]:
        """Return what one sending became: a signal for everyone who got it."""
        if signal.sent_by is None:
            return (signal,)
        return self._sent[signal.sent_by, not self._is_server(signal.sender)][id(signal.content)]

    def delivered_in(self, half: Half) -> list[Signal]:
        """Return the messages that one way of the wire brings."""
        return [] if half.from_client else self._delivered.get(half.number, [])

    def acts_in(self, half: Half) -> list[Act]:
        """Return what else one way of the wire says."""
        return self._acts_in.get((half.number, half.from_client), [])

    def told_with(self, act: Act) -> list[Act]:
        """Return what the server told everyone of one event within a moment, such as who joined, in order of time."""
        return self._told[id(act)]

    def concerns(self, number: int) -> bool:
        """Tell whether an exchange or message bore anything that is told of it."""
        ways = ((number, True), (number, False))
        return number in self._delivered or any(way in self._sent or way in self._acts_in for way in ways)

    def author_at(self, half: Half) -> PeerId | Stranger:
        """Say whose exchange or message it is, or to whom the server sent it."""
        carrier = self.trace.exchange(half.number) or self.trace.message(half.number)
        return Stranger("unknown") if carrier is None else self.people.author(carrier, self.session)

    def run_of(self, signal: Signal) -> Run | None:
        """Return the run of candidates that a signal is told with; None when it is told alone."""
        return self._runs.get(signal.number)

    def name(self, peer: PeerId | None) -> str:
        """Name a peer of this session in full."""
        return self.people.name(self.session, peer)

    def short(self, peer: PeerId | None) -> str:
        """Name a peer of this session briefly."""
        return self.people.short(self.session, peer)

    @cached_property
    def crowded(self) -> bool:
        """With more than two peers, a message does not say by itself whom it is for."""
        return len({peer.id for peer in self.peers if not peer.is_server}) > 2


def _group_told(acts: Iterable[Act]) -> dict[int, list[Act]]:
    """Return for each act what was told with it, by identity; acts come in order of time."""
    newest: dict[tuple[ActKind, PeerId | None], list[Act]] = {}
    groups: dict[int, list[Act]] = {}
    for act in acts:
        key = (act.kind, act.about)
        group = newest.get(key)
        if group is None or act.at_ns - group[-1].at_ns >= TOLD_APART_NS:
            group = newest[key] = []
        group.append(act)
        groups[id(act)] = group
    return groups
