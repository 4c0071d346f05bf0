"""All events of a trace → its sessions, peers, waits, signals, calls and acts: the one entrance to `calls/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.mailbox_chapter import write_mailbox_chapter
from sigtrace.calls.sessions import Session, SessionEvents, split_sessions
from sigtrace.calls.verdict import Verdict, judge
from sigtrace.signaling.events import MailboxEvent
from sigtrace.value import Struct, field, replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigtrace.calls.acts import Act
    from sigtrace.calls.chapter import Chapter
    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.rooms.meeting import Meeting
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.surroundings import Surroundings
    from sigtrace.calls.waits import Wait
    from sigtrace.signaling.events import PeerId, SignalingEvent


class History(Struct):
    """What the signaling of a trace tells, each list in order of time."""

    sessions: list[Session] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    in_part: set[int] = field(default_factory=set)  # numbers of calls of which an answer may not have been captured
    verdicts: dict[int, Verdict] = field(default_factory=dict)  # number of the call → its verdict


def write_history(events: Mapping[str, Sequence[SignalingEvent]], around: Surroundings) -> History:
    """Make out of single facts who met whom, who waited for what, and what came of it.

    Args:
        events: by name of the protocol; a protocol may be of both families.
        around: what is known beside them.
    """
    history = History()
    groups = sorted(_groups(events), key=_started_ns)
    in_rooms = _surround_meetings([group for group in groups if not isinstance(group, SessionEvents)], around)
    for group in groups:
        number = len(history.sessions) + 1
        if isinstance(group, SessionEvents):
            chapter = write_mailbox_chapter(number, group, around)
        else:
            from sigtrace.calls.rooms.chapter import write_room_chapter  # most captures have no rooms

            chapter = write_room_chapter(number, group, in_rooms[id(group)])
        _add(history, chapter)
    return _numbered(history)


def _surround_meetings(meetings: Sequence[Meeting], around: Surroundings) -> dict[int, Surroundings]:
    """Return by `id` of a meeting what is known beside its events: of all polls its own."""
    if not meetings:
        return {}
    from sigtrace.calls.rooms.poll_owners import share_polls

    polls = share_polls(meetings, around.polls)
    return {id(meeting): replace(around, polls=polls.get(id(meeting), ())) for meeting in meetings}


def _groups(events: Mapping[str, Sequence[SignalingEvent]]) -> list[SessionEvents | Meeting]:
    groups: list[SessionEvents | Meeting] = []
    for protocol, some in events.items():
        by_mail = [event for event in some if isinstance(event, MailboxEvent)]
        groups += split_sessions(protocol, by_mail)
        if len(by_mail) < len(some):
            from sigtrace.calls.rooms.meeting import split_meetings
            from sigtrace.signaling.room_events import RoomEvent

            groups += split_meetings(protocol, (event for event in some if isinstance(event, RoomEvent)))
    return groups


def _started_ns(group: SessionEvents | Meeting) -> int:
    return group.events[0].exchange.at_ns if isinstance(group, SessionEvents) else group.events[0].at_ns


def _add(history: History, chapter: Chapter) -> None:
    """Add what one session tells; its signals and calls count on from those before."""
    first_signal, first_call = len(history.signals), len(history.calls)
    history.sessions.append(chapter.session)
    history.peers += chapter.peers
    history.waits += [
        wait if wait.signal is None else replace(wait, signal=wait.signal + first_signal) for wait in chapter.waits
    ]
    history.signals += [replace(signal, number=signal.number + first_signal) for signal in chapter.signals]
    history.calls += [
        replace(call, number=call.number + first_call, signals=tuple(signal + first_signal for signal in call.signals))
        for call in chapter.calls
    ]
    history.acts += chapter.acts
    history.in_part |= {call + first_call for call in chapter.in_part}


def _numbered(history: History) -> History:
    """Number signals and calls from 1 in order of time over all sessions, and point everything at the new numbers."""
    order = sorted(history.signals, key=lambda signal: (signal.began_ns, signal.number))
    signal_number = {signal.number: place for place, signal in enumerate(order, 1)}
    calls = sorted(history.calls, key=lambda call: (call.began_ns, call.number))
    history.calls = [
        replace(call, number=place, signals=tuple(signal_number[signal] for signal in call.signals))
        for place, call in enumerate(calls, 1)
    ]
    history.in_part = {place for place, call in enumerate(calls, 1) if call.number in history.in_part}
    call_of = {signal: call.number for call in history.calls for signal in call.signals}
    history.signals = [replace(signal, number=place, call=call_of.get(place)) for place, signal in enumerate(order, 1)]
    history.waits = sorted(
        (wait if wait.signal is None else replace(wait, signal=signal_number[wait.signal]) for wait in history.waits),
        key=lambda wait: (wait.ended_ns if wait.asked_ns is None else wait.asked_ns, wait.exchange),
    )
    history.acts.sort(key=lambda act: (act.at_ns, act.packet or 0))
    servers: dict[int, set[PeerId]] = {}
    for peer in history.peers:
        if peer.is_server:
            servers.setdefault(peer.session, set()).add(peer.id)
    for call in history.calls:
        signals = [history.signals[number - 1] for number in call.signals]
        history.verdicts[call.number] = judge(
            call, signals, servers.get(call.session, frozenset()), in_part=call.number in history.in_part
        )
    return history
