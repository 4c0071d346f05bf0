"""Whose polls they are: a session of Engine.IO may carry several protocols, and hangs for all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.signaling.bearer import session_of_channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sigtrace.application.socketio.packet import Poll
    from sigtrace.calls.rooms.meeting import Meeting


def share_polls(meetings: Sequence[Meeting], polls: Iterable[Poll]) -> dict[int, list[Poll]]:
    """Give each poll to one of the meetings, so that none is counted twice: that of the first namespace, else any.

    Args:
        meetings: in order of time.
        polls: all of a trace, in order of time.
    Returns: by `id` of a meeting its polls, in order of time.
    """
    owners: dict[str, int] = {}
    others: dict[str, int] = {}
    for meeting in meetings:
        for channel in {event.bearer.channel for event in meeting.events}:
            session = session_of_channel(channel)
            (owners if session == channel else others).setdefault(session, id(meeting))
    shared: dict[int, list[Poll]] = {}
    for poll in polls:
        owner = owners.get(poll.channel, others.get(poll.channel))
        if owner is not None:
            shared.setdefault(owner, []).append(poll)
    return shared
