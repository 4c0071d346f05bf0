"""How things stand at a moment of a trace that goes on: which waits hang, who is there, which calls are going."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sigtrace.calls.acts import ActKind
from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.waits import Release
from sigtrace.value import Value
from sigtrace.views.people import People, name_room
from sigtrace.views.quantities import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.peers import Peer
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace

LONG_BLIND_NS: Final = 10_000_000_000
"""So long without a wait is no pause between two any more: the sample server drops a peer after thirty seconds."""

_CHANNELS: Final = {ActKind.OPENED: 1, ActKind.CLOSED: -1}
_SECOND_NS: Final = 1_000_000_000


class PeerStanding(Value, frozen=True, kw_only=True):
    """How it stands with one peer."""

    name: str
    room: str
    state: str  # "12.4 s", "blind 12 s"; empty where a channel is open
    bad: bool = False


class CallStanding(Value, frozen=True, kw_only=True):
    """How it stands with one call."""

    number: int
    caller: str
    callee: str
    state: str  # "offered, no answer for 3 s", "answered +15 ms, 2 min 3 s"
    good: bool


class Standing(Value, frozen=True, kw_only=True):
    """How it stands with all of it."""

    waiting: tuple[PeerStanding, ...]  # peers with a wait open, or that should have one; the longest first
    connected: tuple[PeerStanding, ...]  # peers that a channel reaches
    calls: tuple[CallStanding, ...]


def describe_standing(trace: Trace, now_ns: int) -> Standing:
    """Describe how things stand.

    Args:
        trace: told so far.
        now_ns: the time by the clock of the capture.
    """
    people = People(trace)
    present = [peer for peer in trace.peers if peer.left_ns is None and not peer.is_server]
    hanging = {
        (wait.session, wait.peer): wait.asked_ns
        for wait in trace.waits
        if wait.released_by is Release.CAPTURE_ENDED and wait.asked_ns is not None
    }
    last_ns = {(wait.session, wait.peer): wait.ended_ns for wait in trace.waits}
    channels = _open_channels(trace)
    waiting: list[tuple[int, PeerStanding]] = []
    connected: list[PeerStanding] = []
    for peer in present:
        key = (peer.session, peer.id)
        name = people.short_numbered(peer.session, peer.id)
        if key in hanging:
            hang_ns = max(now_ns - hanging[key], 0)
            waiting.append((hang_ns, _standing(name, peer, _running(hang_ns))))
        elif key in last_ns and not channels[key]:
            blind_ns = max(now_ns - last_ns[key], 0)
            bad = blind_ns >= LONG_BLIND_NS
            waiting.append((blind_ns, _standing(name, peer, f"blind {_running(blind_ns)}", bad=bad)))
        else:
            connected.append(_standing(name, peer, ""))
    waiting.sort(key=lambda pair: -pair[0])
    return Standing(
        waiting=tuple(one for _, one in waiting),
        connected=tuple(connected),
        calls=tuple(_describe_calls(trace, people, now_ns)),
    )


def _open_channels(trace: Trace) -> Counter[tuple[int, PeerId]]:
    channels: Counter[tuple[int, PeerId]] = Counter()
    for act in trace.acts:
        if act.kind in _CHANNELS:
            channels[act.session, act.peer] += _CHANNELS[act.kind]
    return channels


def _standing(name: str, peer: Peer, state: str, *, bad: bool = False) -> PeerStanding:
    return PeerStanding(name=name, room=name_room(peer.room) if peer.room is not None else "", state=state, bad=bad)


def _describe_calls(trace: Trace, people: People, now_ns: int) -> Iterator[CallStanding]:
    for call in trace.calls:
        if call.ended is CallEnd.CAPTURE_ENDED:
            yield CallStanding(
                number=call.number,
                caller=people.short(call.session, call.caller),
                callee=people.short(call.session, call.callee),
                state=_describe_call(call, now_ns),
                good=call.answered_ns is not None,
            )


def _describe_call(call: Call, now_ns: int) -> str:
    going = _running(max(now_ns - call.began_ns, 0))
    if call.answered_ns is None:
        return f"no answer for {going}"
    if call.answer_time_ns is None:
        return f"for {going}"
    return f"answered +{format_duration(max(call.answer_time_ns, 0))}, for {going}"


def _running(duration_ns: int) -> str:
    """Write a time that runs, in steps of a tenth of a second, and from a minute on of one."""
    if duration_ns < 60 * _SECOND_NS:
        return f"{duration_ns / _SECOND_NS:.1f} s"
    seconds = duration_ns // _SECOND_NS
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
