"""All events of a trace → its sessions, peers, waits, signals and calls: the one entrance to `calls/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sigtrace.application.http.message import ExchangeEnd
from sigtrace.calls.guesses import guess_kinds
from sigtrace.calls.negotiation import Call, find_calls
from sigtrace.calls.peers import Peer, PeerRegistry, name_unnamed_sign_ins
from sigtrace.calls.relays import pair
from sigtrace.calls.sessions import Session, SessionEvents, split_sessions
from sigtrace.calls.verdict import Verdict, judge
from sigtrace.signaling.events import ServerQuit, WaitAnswer, Waited
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sigtrace.calls.signals import Signal
    from sigtrace.calls.waits import Wait
    from sigtrace.signaling.events import SignalingEvent

_BY_SERVER = (ExchangeEnd.SERVER_CLOSED, ExchangeEnd.SERVER_RESET)


@dataclass(slots=True)
class History:
    """What the signaling of a trace tells, each list in order of time."""

    sessions: list[Session] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    verdicts: dict[int, Verdict] = field(default_factory=dict)  # number of the call → its verdict


def write_history(
    events: Mapping[str, Iterable[SignalingEvent]], *, closed_ns: dict[int, int], last_ns: int
) -> History:
    """Make out of single facts who met whom, who waited for what, and what came of it.

    Args:
        events: by name of the protocol.
        closed_ns: when each flow closed, by its number; missing for those that did not.
        last_ns: the time of the capture's last packet.
    """
    history = History()
    sessions = [one for protocol, some in events.items() for one in split_sessions(protocol, some)]
    for session in sorted(sessions, key=lambda one: one.events[0].exchange.at_ns):
        _add_session(history, session, closed_ns, last_ns)
    return _numbered(history)


def _add_session(history: History, session: SessionEvents, closed_ns: dict[int, int], last_ns: int) -> None:
    number = len(history.sessions) + 1
    session.events = name_unnamed_sign_ins(session.events)
    peers = PeerRegistry(number, session).collect(closed_ns)
    relayed = pair(number, session, peers, last_ns)
    first_signal, first_call = len(history.signals), len(history.calls)
    signals = [replace(signal, number=first_signal + signal.number) for signal in relayed.signals]
    in_time = guess_kinds(sorted(signals, key=lambda signal: (signal.began_ns, signal.number)))
    calls = find_calls(number, in_time, peers, _quit_ns(session))
    history.sessions.append(
        Session(
            number=number,
            server=session.server,
            protocol=session.protocol,
            started_ns=session.events[0].exchange.at_ns,
            restarted=session.restarted,
        )
    )
    history.peers += peers.values()
    history.waits += [_shifted(wait, first_signal) for wait in relayed.waits]
    history.signals += in_time
    history.calls += [replace(call, number=first_call + call.number) for call in calls]


def _shifted(wait: Wait, by: int) -> Wait:
    return wait if wait.signal is None else replace(wait, signal=wait.signal + by)


def _quit_ns(session: SessionEvents) -> int | None:
    """When the server ended: as it said; else, if it was started anew later, when it closed the last wait."""
    said = [at_ns for event in session.events if (at_ns := _farewell_ns(event)) is not None]
    if said:
        return min(said)
    exchanges = [event.exchange for event in session.events if session.succeeded and isinstance(event, Waited)]
    return max((one.ended_ns for one in exchanges if one.ended_ns is not None and one.end in _BY_SERVER), default=None)


def _farewell_ns(event: SignalingEvent) -> int | None:
    if isinstance(event, Waited) and event.answer is WaitAnswer.SERVER_QUIT:
        return event.answered_ns
    return event.at_ns if isinstance(event, ServerQuit) else None


def _numbered(history: History) -> History:
    """Number signals and calls from 1 in order of time over all sessions, and point everything at the new numbers."""
    order = sorted(history.signals, key=lambda signal: (signal.began_ns, signal.number))
    signal_number = {signal.number: place for place, signal in enumerate(order, 1)}
    calls = sorted(history.calls, key=lambda call: (call.began_ns, call.number))
    history.calls = [
        replace(call, number=place, signals=tuple(signal_number[signal] for signal in call.signals))
        for place, call in enumerate(calls, 1)
    ]
    call_of = {signal: call.number for call in history.calls for signal in call.signals}
    history.signals = [replace(signal, number=place, call=call_of.get(place)) for place, signal in enumerate(order, 1)]
    history.waits = sorted(
        (wait if wait.signal is None else replace(wait, signal=signal_number[wait.signal]) for wait in history.waits),
        key=lambda wait: (wait.ended_ns if wait.asked_ns is None else wait.asked_ns, wait.exchange),
    )
    for call in history.calls:
        history.verdicts[call.number] = judge(call, [history.signals[number - 1] for number in call.signals])
    return history
