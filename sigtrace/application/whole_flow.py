"""A flow of which all is known at once, from its first byte to both ends: what it tells, if it is HTTP."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.application.flow_decoder import FlowDecoder, Speech
from sigtrace.application.http.connection import message_cost
from sigtrace.application.http.single import read_single
from sigtrace.notices import Notice
from sigtrace.streams.flow import Chunk
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sigtrace.application.flow_decoder import Unit
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.streams.flow import Delivery, Words


class Told(NamedTuple):
    """What a whole flow tells, as of a flow without a number."""

    found: dict[int, list[Unit]]  # by the places of what told it
    begun: int  # bytes of memory that all messages took, about

    def by(self, number: int) -> list[tuple[int, list[Unit]]]:
        """Return what was found, with the number of its flow."""
        return [(place, [_of_flow(unit, number) for unit in units]) for place, units in self.found.items()]


def _of_flow(unit: Unit, number: int) -> Unit:
    return unit if isinstance(unit, Notice) else replace(unit, flow=number)


def decode_whole(
    words: tuple[Words, Words],
    last_place: int,
    items: Callable[[], Sequence[tuple[int, Delivery]]],
    ends: tuple[Endpoint, Endpoint],
) -> Told | None:
    """Decode a flow which is HTTP, and stays so; None when it is not, or cannot be seen to be at the first look.

    Args:
        words: what who opened it says, and after that who answers.
        last_place: of the last word.
        items: returns the same in pieces, with the end of each direction, by place.
        ends: who opened it, and who answers.
    """
    exchange = read_single(*words, *ends)
    if exchange is None:
        return _decode(items(), ends)
    begun = sum(message_cost(len(one.headers)) for one in (exchange.request, exchange.response) if one is not None)
    return Told({last_place: [exchange]}, begun)


def _decode(items: Sequence[tuple[int, Delivery]], ends: tuple[Endpoint, Endpoint]) -> Told | None:
    decoder = FlowDecoder(0, *ends, handshake_seen=True)
    found: dict[int, list[Unit]] = defaultdict(list)
    begun = 0
    for place, (_, from_originator, item) in items:
        before = decoder.begun
        units = decoder.feed(from_originator, item)
        if decoder.speech is not Speech.HTTP:
            return None
        if type(item) is Chunk:
            begun += decoder.begun - before
        if units:
            found[place] += units
    if units := decoder.close():
        found[items[-1][0]] += units
    return Told(found, begun) if decoder.speech is Speech.HTTP else None
