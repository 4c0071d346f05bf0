"""What one session tells, before all sessions of a trace are put together and numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.calls.acts import Act
    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.sessions import Session
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.waits import Wait


class Chapter(Value, frozen=True):
    """One session's part of a history; its signals are numbered from 0 by their place, its calls from 1."""

    session: Session
    peers: list[Peer]
    waits: list[Wait]
    signals: list[Signal]  # in order of time
    calls: list[Call]
    acts: list[Act]
    in_part: frozenset[int] = frozenset()  # numbers of calls of which an answer may not have been captured
