"""Room events and ends of channels → acts, each for the peer whose channel it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.acts import Act, ActKind
from sigtrace.signaling.bearer import session_of_channel
from sigtrace.signaling.room_events import (
    Identified,
    JoinAsked,
    Joined,
    JoinRefused,
    LeaveAsked,
    PeerJoined,
    PeerLeft,
    Remarked,
    Unknown,
)
from sigtrace.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sigtrace.calls.rooms.channels import Channel
    from sigtrace.calls.rooms.identities import Identities
    from sigtrace.signaling.room_events import RoomEvent

_KINDS = {
    Identified: ActKind.IDENTIFIED,
    JoinAsked: ActKind.JOIN_ASKED,
    Joined: ActKind.JOINED,
    JoinRefused: ActKind.JOIN_REFUSED,
    LeaveAsked: ActKind.LEAVE_ASKED,
    PeerJoined: ActKind.TOLD_JOINED,
    PeerLeft: ActKind.TOLD_LEFT,
    Remarked: ActKind.REMARK,
    Unknown: ActKind.UNKNOWN,
}
MAX_TEXT = 256
"""Characters of an act's text that are kept: a line of a chart shows less, and `show` has all of it."""


def find_acts(
    session: int, events: Iterable[RoomEvent], identities: Identities, channels: Mapping[str, Channel]
) -> list[Act]:
    """Return the acts of one session in order of time."""
    acts = [act for event in events if (act := _act_of(session, event, identities)) is not None]
    acts += _ends(session, identities, channels)
    return sorted(acts, key=lambda act: (act.at_ns, act.packet or 0))


def _act_of(session: int, event: RoomEvent, identities: Identities) -> Act | None:
    kind = _KINDS.get(type(event))
    if kind is None:
        return None
    bearer = event.bearer
    peer = getattr(event, "peer", None)
    text = event.reason if isinstance(event, JoinRefused) else ""
    text = event.text if isinstance(event, Remarked) else text
    text = event.payload if isinstance(event, Unknown) else text
    return Act(
        kind=kind,
        session=session,
        at_ns=event.at_ns,
        packet=bearer.span.first_packet,
        number=bearer.number,
        peer=identities.of(bearer),
        from_client=bearer.from_client,
        about=peer,
        room=getattr(event, "room", None),
        name=event.name if isinstance(event, Remarked | Unknown) else None,
        text=text[:MAX_TEXT],
        others=len(event.others) if isinstance(event, Joined) and event.counted else None,
    )


def _ends(session: int, identities: Identities, channels: Mapping[str, Channel]) -> Iterator[Act]:
    for peer, keys in identities.channels().items():
        told: set[tuple[str, int | None]] = set()  # namespaces of one session are one connection
        for key in keys:
            channel = channels.get(key)
            if channel is None or (session_of_channel(key), channel.closed_ns) in told:
                continue
            told.add((session_of_channel(key), channel.closed_ns))
            if channel.pushed_ns is not None:
                yield Act(
                    kind=ActKind.OPENED,
                    session=session,
                    at_ns=channel.pushed_ns,
                    packet=None,
                    number=channel.opened_by,
                    peer=peer,
                    from_client=True,
                )
            if channel.closed_ns is not None:
                yield Act(
                    kind=ActKind.CLOSED,
                    session=session,
                    at_ns=channel.closed_ns,
                    packet=channel.packet,
                    number=None,
                    peer=peer,
                    from_client=channel.closed_by_client is not False,
                    name=_how(channel),
                    text=decode_text(channel.reason),
                )


def _how(channel: Channel) -> str:
    if channel.code is not None:
        return str(channel.code)
    if channel.said:
        return "closed"
    return "lost" if channel.closed_by_client is None else "connection closed"
