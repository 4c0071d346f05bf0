"""One session with all that the steps of its story are told from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.views.candidate_runs import find_runs

if TYPE_CHECKING:
    from sigtrace.calls.signals import Signal
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace
    from sigtrace.views.candidate_runs import Run
    from sigtrace.views.people import People


class Scene:
    """The peers, waits and signals of one session, found by the exchanges that bore them.

    Args:
        trace: the whole.
        people: of the trace.
        session: number of the session.
        fold: treat a run of candidates as one.
    """

    def __init__(self, trace: Trace, people: People, session: int, *, fold: bool) -> None:
        self.trace = trace
        self.people = people
        self.session = session
        self.peers = [peer for peer in trace.peers if peer.session == session]
        self.waits = [wait for wait in trace.waits if wait.session == session]
        self.wait_of = {wait.exchange: wait for wait in self.waits}
        signals = [signal for signal in trace.signals if signal.session == session]
        self.sent_by = {signal.sent_exchange: signal for signal in signals if signal.sent_exchange is not None}
        self._runs = find_runs(signals) if fold else {}

    def run_of(self, signal: Signal) -> Run | None:
        """Return the run of candidates that a signal is told with; None when it is told alone."""
        return self._runs.get(signal.number)

    def name(self, peer: PeerId | None) -> str:
        """Name a peer of this session in full."""
        return self.people.name(self.session, peer)

    def short(self, peer: PeerId | None) -> str:
        """Name a peer of this session briefly."""
        return self.people.short(self.session, peer)

    @property
    def crowded(self) -> bool:
        """With more than two peers, a message does not say by itself whom it is for."""
        return len(self.peers) > 2
