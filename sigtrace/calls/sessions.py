"""One server's runs, told apart: a server that restarts counts its peers from 1 again.

The server's counter only grows, so a sign-in that is given a number not above one that was certainly given out before
it was asked shows that the server started anew. Requests count as proof of a number; lists do not, because the others
are told of a newcomer before the newcomer is.
"""

from __future__ import annotations

from collections import deque
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from sigtrace.signaling.events import MessageSent, ServerQuit, SignedIn, SignedOut, Waited
from sigtrace.value import Struct, Value, field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.events import MailboxEvent, PeerId


class Session(Value, frozen=True, kw_only=True):
    """One run of one server, as far as the capture shows it."""

    number: int  # from 1, in order of first event over the whole trace
    server: Endpoint
    protocol: str
    started_ns: int  # first event of it
    restarted: bool  # an earlier run of the same server was seen


class SessionEvents(Struct):
    """The events of one session, in order of time."""

    server: Endpoint
    protocol: str
    restarted: bool
    succeeded: bool = False  # a later run of the same server was seen
    events: list[MailboxEvent] = field(default_factory=list)


def split_sessions(protocol: str, events: Iterable[MailboxEvent]) -> list[SessionEvents]:
    """Group events by server and by run; the result and the events in it are in order of time."""
    runs: dict[Endpoint, _Run] = {}
    sessions: list[SessionEvents] = []
    for event in sorted(events, key=_began_ns):
        server = event.exchange.server
        run = runs.get(server)
        if run is None or (isinstance(event, SignedIn) and run.ended_before(event)):
            current = SessionEvents(server=server, protocol=protocol, restarted=run is not None)
            if run is not None:
                run.session.succeeded = True
            sessions.append(current)
            run = runs[server] = _Run(current)
        run.add(event)
    return sessions


_began_ns: Final = attrgetter("exchange.at_ns")
"""The exchange's first byte: a newcomer's request precedes everything that it causes."""


_REQUESTS: Final = (Waited, MessageSent, SignedOut)


class _Run:
    """What is known of the numbers one run of a server has given out."""

    def __init__(self, session: SessionEvents) -> None:
        self.session = session
        self._highest = -1  # proven by requests
        self._answered: deque[tuple[int, int]] = deque()  # (answered_ns, number) of sign-ins
        self._taken: set[PeerId] = set()
        self._quit = False

    def add(self, event: MailboxEvent) -> None:
        self.session.events.append(event)
        if isinstance(event, _REQUESTS):
            peer = event.sender if isinstance(event, MessageSent) else event.peer
            if isinstance(peer, int) and peer > self._highest and _was_taken(event):
                self._highest = peer
        elif isinstance(event, SignedIn):
            if isinstance(event.peer, int):
                self._answered.append((event.at_ns, event.peer))
                self._taken.add(event.peer)
        elif isinstance(event, ServerQuit):
            self._quit = True

    def ended_before(self, event: SignedIn) -> bool:
        if self._quit:
            return True
        if not isinstance(event.peer, int):
            return False
        began = _began_ns(event)
        while self._answered and self._answered[0][0] < began:
            self._highest = max(self._highest, self._answered.popleft()[1])
        return event.peer <= self._highest or event.peer in self._taken


def _was_taken(event: MailboxEvent) -> bool:
    """Only a request that the server took proves that its number was given out."""
    request, response = event.exchange.request, event.exchange.response
    return request is not None and (response is None or response.status < 400)
