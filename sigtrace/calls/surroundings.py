"""What a history needs to know beside the events: how connections ended, and the exchanges that hung."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.value import Value, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.socketio.packet import EngineSession, Poll
    from sigtrace.calls.rooms.channels import Channel


class Surroundings(Value, frozen=True, kw_only=True):
    """What is known beside the events of all sessions."""

    last_ns: int  # of the capture's last packet
    closed_ns: Mapping[int, int]  # when each flow closed, by its number; missing for those that did not
    channels: Mapping[str, Channel] = field(default_factory=dict)  # by key
    engines: Mapping[str, EngineSession] = field(default_factory=dict)  # by channel
    polls: Sequence[Poll] = ()
    exchanges: Mapping[int, Exchange] = field(default_factory=dict)  # by number: those of the polls at least
