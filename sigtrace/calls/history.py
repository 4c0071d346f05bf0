"""All events of a trace → its sessions, peers, waits, signals, calls and acts: the one entrance to `calls/`."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from sigtrace.calls.mailbox_chapter import write_mailbox_chapter
from sigtrace.calls.sessions import Session, SessionEvents, split_sessions
from sigtrace.calls.verdict import Verdict, judge
from sigtrace.signaling.events import MailboxEvent
from sigtrace.value import Struct, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    groups = sorted(_groups(events), key=_started_ns)
    in_rooms = _surround_meetings([group for group in groups if not isinstance(group, SessionEvents)], around)
    chapters = []
    for number, group in enumerate(groups, 1):
        if isinstance(group, SessionEvents):
            chapters.append(write_mailbox_chapter(number, group, around))
        else:
            from sigtrace.calls.rooms.chapter import write_room_chapter  # most captures have no rooms

            chapters.append(write_room_chapter(number, group, in_rooms[id(group)]))
    return _judged(_bind(chapters))


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


def _bind(chapters: Iterable[Chapter]) -> History:
    """Put chapters together, each list in order of time; signals and calls are numbered from 1 over all of them.

    Until then a signal, and a call, goes by its number in its chapter and how many there are in the chapters before.
    """
    history = History()
    signals: list[tuple[int, int, Signal]] = []
    calls: list[tuple[int, int, int, Call]] = []
    waits: list[tuple[int, int, int, Wait]] = []
    for chapter in chapters:
        before, calls_before = len(signals), len(calls)
        history.sessions.append(chapter.session)
        history.peers += chapter.peers
        history.acts += chapter.acts
        history.in_part |= {call + calls_before for call in chapter.in_part}
        signals += [(one.began_ns, one.number + before, one) for one in chapter.signals]
        calls += [(one.began_ns, one.number + calls_before, before, one) for one in chapter.calls]
        waits += [
            (one.ended_ns if one.asked_ns is None else one.asked_ns, one.exchange, before, one) for one in chapter.waits
        ]
    for some in (signals, calls, waits):
        some.sort(key=_IN_TIME)
    number_of = {known: number for number, (_, known, _) in enumerate(signals, 1)}
    history.calls = [
        replace(one, number=number, signals=tuple([number_of[signal + before] for signal in one.signals]))
        for number, (_, _, before, one) in enumerate(calls, 1)
    ]
    history.in_part = {number for number, (_, known, _, _) in enumerate(calls, 1) if known in history.in_part}
    call_of = {signal: call.number for call in history.calls for signal in call.signals}
    history.signals = [
        replace(one, number=number, call=call_of.get(number)) for number, (_, _, one) in enumerate(signals, 1)
    ]
    history.waits = [
        one if one.signal is None else replace(one, signal=number_of[one.signal + before])
        for _, _, before, one in waits
    ]
    history.acts.sort(key=lambda act: (act.at_ns, act.packet or 0))
    return history


_IN_TIME = itemgetter(0, 1)


def _judged(history: History) -> History:
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
