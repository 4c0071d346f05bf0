"""Who polls from an address, for answers that show nothing else of whose they are."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.socketio.request import EngineTarget
    from sigtrace.application.socketio.session import Session
    from sigtrace.packets.endpoint import Endpoint

UNCOUNTED: Final = 4
"""The `EIO` of which payloads are separated; before it each packet had its length before it."""


class Pollers:
    """The sessions that poll, by address.

    Args:
        polling: from which address and at which server; as often as it shows.
    """

    def __init__(self, polling: Iterable[tuple[str, Endpoint, Session]]) -> None:
        self._there: dict[tuple[str, Endpoint, bool], list[tuple[int, str, Session]]] = defaultdict(list)
        for address, server, session in {(one[0], one[1], one[2].channel): one for one in polling}.values():
            opened_ns = min((opening.at_ns for opening in session.openings), default=0)
            counted = session.protocol != UNCOUNTED
            self._there[address, server, counted].append((opened_ns, session.channel, session))
        for there in self._there.values():
            there.sort(key=itemgetter(0, 1))

    def only(self, exchange: Exchange, target: EngineTarget) -> Session | None:
        """Return the only one that had been opened; its bodies are counted as those of the answer are, or are not."""
        there = self._there.get((exchange.client.address, exchange.server, target.protocol != UNCOUNTED), [])
        return there[0][2] if bisect(there, exchange.at_ns, key=itemgetter(0)) == 1 else None
