"""One session of a protocol of mailboxes: its peers, waits, signals and calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from sigtrace.signaling.events import MailboxEvent

_BY_SERVER = (ExchangeEnd.SERVER_CLOSED, ExchangeEnd.SERVER_RESET)


def write_mailbox_chapter(number: int, events: SessionEvents, around: Surroundings) -> Chapter:
    """Make out of the events of one run of one server who met whom, who waited for what, and what came of it."""
    events.events = name_unnamed_sign_ins(events.events)
    peers = PeerRegistry(number, events).collect(around.closed_ns)
    relayed = pair(number, events, peers, around.last_ns)
    in_time = guess_kinds(sorted(relayed.signals, key=lambda signal: (signal.began_ns, signal.number)))
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
    said = [at_ns for event in session.events if (at_ns := _farewell_ns(event)) is not None]
    if said:
        return min(said)
    exchanges = [event.exchange for event in session.events if session.succeeded and isinstance(event, Waited)]
    return max((one.ended_ns for one in exchanges if one.ended_ns is not None and one.end in _BY_SERVER), default=None)


def _farewell_ns(event: MailboxEvent) -> int | None:
    if isinstance(event, Waited) and event.answer is WaitAnswer.SERVER_QUIT:
        return event.answered_ns
    return event.at_ns if isinstance(event, ServerQuit) else None
