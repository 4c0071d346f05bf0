"""One session of a protocol of mailboxes: its peers, waits, signals and calls."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from sigtrace.application.http.message import ExchangeEnd
from sigtrace.calls.chapter import Chapter
from sigtrace.calls.guesses import guess_kinds
from sigtrace.calls.negotiation import find_calls
from sigtrace.calls.peers import PeerRegistry, name_unnamed_sign_ins
from sigtrace.calls.relays import pair
from sigtrace.calls.sessions import Session
from sigtrace.signaling.events import ServerQuit, WaitAnswer, Waited

if TYPE_CHECKING:
    from sigtrace.calls.sessions import SessionEvents
    from sigtrace.calls.surroundings import Surroundings

_IN_TIME: Final = attrgetter("began_ns", "number")
_BY_SERVER = (ExchangeEnd.SERVER_CLOSED, ExchangeEnd.SERVER_RESET)


def write_mailbox_chapter(number: int, events: SessionEvents, around: Surroundings) -> Chapter:
    """Make out of the events of one run of one server who met whom, who waited for what, and what came of it."""
    events.events = name_unnamed_sign_ins(events.events)
    peers = PeerRegistry(number, events).collect(around.closed_ns)
    relayed = pair(number, events, peers, around.last_ns)
    in_time = guess_kinds(sorted(relayed.signals, key=_IN_TIME))
    session = Session(
        number=number,
        server=events.server,
        protocol=events.protocol,
        started_ns=events.events[0].exchange.at_ns,
        restarted=events.restarted,
    )
    calls = find_calls(number, in_time, peers.values(), _quit_ns(events))
    return Chapter(session, list(peers.values()), relayed.waits, in_time, calls, [])


def _quit_ns(session: SessionEvents) -> int | None:
    """When the server ended: as it said; else, if it was started anew later, when it closed the last wait."""
    waits = [event for event in session.events if isinstance(event, Waited)]
    said = [event.at_ns for event in session.events if isinstance(event, ServerQuit)]
    said += [one.answered_ns for one in waits if one.answer is WaitAnswer.SERVER_QUIT and one.answered_ns is not None]
    if said:
        return min(said)
    exchanges = [event.exchange for event in waits if session.succeeded]
    return max((one.ended_ns for one in exchanges if one.ended_ns is not None and one.end in _BY_SERVER), default=None)
