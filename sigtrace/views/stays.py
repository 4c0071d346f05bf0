"""Which stay of a peer something falls into, where it was in several rooms or came twice."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigtrace.calls.peers import Peer
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace


class Stays:
    """The stays of each peer of a trace, in the order in which they began."""

    def __init__(self, trace: Trace) -> None:
        self._stays: dict[tuple[int, PeerId], list[Peer]] = {}
        for peer in sorted(trace.peers, key=_began):
            self._stays.setdefault((peer.session, peer.id), []).append(peer)

    def of(self, session: int, peer: PeerId | None, at_ns: int) -> Peer | None:
        """Return the last stay that had begun by then, else the first; what ends just after a stay is still of it."""
        stays = [] if peer is None else self._stays.get((session, peer), [])
        if not stays:
            return None
        return stays[max(bisect_right(stays, at_ns, key=_began) - 1, 0)]


def _began(peer: Peer) -> int:
    return peer.joined_ns or 0
