"""One count of all that people point at: exchanges and WebSocket messages are numbered together, in order of time.

A chart shows both, and one number must mean one of them.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING

from sigtrace.application.http.message import Exchange
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.application.websocket.message import Message


def number_in_time(
    exchanges: Iterable[Exchange], messages: Iterable[Message]
) -> tuple[tuple[Exchange, ...], tuple[Message, ...]]:
    """Number exchanges and messages from 1; both come, and go, in order of time."""
    numbered: tuple[list[Exchange], list[Message]] = ([], [])
    carriers: Iterable[Exchange | Message] = merge(exchanges, messages, key=_place_in_time)  # exchanges go first
    for number, one in enumerate(carriers, 1):
        if isinstance(one, Exchange):
            numbered[0].append(replace(one, number=number))
        else:
            numbered[1].append(replace(one, number=number))
    return tuple(numbered[0]), tuple(numbered[1])


def _place_in_time(one: Exchange | Message) -> int:
    return one.at_ns
