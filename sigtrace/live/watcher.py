"""Watching a capture: packets in small batches in, the trace so far out, as often as it pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.capture.batch import Batch
from sigtrace.live.forgetting import LINGER_NS, forgettable
from sigtrace.pipeline import Analyzer
from sigtrace.signaling import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.signaling.protocol import SignalingProtocol
    from sigtrace.trace import Trace

SETTLING_NS: Final = 20_000_000
"""For so long a packet may come late: interfaces and processors hand over theirs in turns of a few milliseconds."""

KEPT: Final = 500
"""Exchanges and messages from which on some are forgotten: fifteen calls, which are told and drawn in some 40 ms."""


class Watcher:
    """Follows a capture.

    `feed` takes items as they come; `tell` says what they tell so far; `close` ends the capture.
    """

    def __init__(self, *, protocols: Sequence[SignalingProtocol] = PROTOCOLS, kept: int = KEPT) -> None:
        self._analyzer = Analyzer(protocols=protocols)
        self._kept = self._forget_at = kept
        self._told = -1
        self.newest_ns = 0  # time of the newest packet
        self.packets = 0
        self.forgotten = 0  # exchanges and messages

    def feed(self, items: Iterable[CaptureItem]) -> None:
        """Take items as they came."""
        for item in items:
            self._analyzer.feed(item)
            if isinstance(item, Batch) and len(item):
                self.newest_ns = max(self.newest_ns, int(item.at_ns.max()))
                self.packets += len(item)

    def settle(self, *, at_rest: bool) -> bool:
        """Let go what need not wait any longer for what comes late; say whether there is more to tell than last time.

        Args: at_rest: nothing came for a while, so that nothing is on its way.
        """
        self._analyzer.settle(self.newest_ns if at_rest else self.newest_ns - SETTLING_NS)
        return self._analyzer.news != self._told

    def tell(self) -> Trace:
        """Return the trace so far. Now and then, some of it is forgotten right after: see `forgotten`."""
        self._told = self._analyzer.news
        trace = self._analyzer.so_far()
        count = len(trace.exchanges) + len(trace.messages)
        if count > self._forget_at:
            self._forget(trace, count)
        return trace

    def _forget(self, trace: Trace, count: int) -> None:
        """Keep the newer half, and what is needed beside it."""
        times = [one.at_ns for one in trace.exchanges] + [one.at_ns for one in trace.messages]
        before_ns = sorted(times)[count - self._kept // 2]
        for linger_ns in LINGER_NS:
            gone = forgettable(trace, before_ns, linger_ns)
            if count - len(gone) <= self._kept * 3 // 4:
                break
        self._analyzer.forget(gone, before_ns)
        self.forgotten += len(gone)
        self._forget_at = max(self._kept, 2 * (count - len(gone)))

    def close(self) -> Trace:
        """End the capture: return the trace of all that was not forgotten."""
        return self._analyzer.close()
