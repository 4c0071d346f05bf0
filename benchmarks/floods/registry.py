"""All floods by name, in the order in which they are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.floods import (
    bodies,
    bombs,
    chats,
    damage,
    engines,
    fragments,
    handshakes,
    heads,
    homemade,
    messages,
    pipelines,
    publishers,
    rooms,
    segments,
    signaling,
    strangers,
    websockets,
)

if TYPE_CHECKING:
    from benchmarks.floods.flood import Flood

FLOODS: dict[str, Flood] = {
    **handshakes.FLOODS,
    **segments.FLOODS,
    **fragments.FLOODS,
    **heads.FLOODS,
    **bodies.FLOODS,
    **pipelines.FLOODS,
    **signaling.FLOODS,
    **messages.FLOODS,
    **bombs.FLOODS,
    **websockets.FLOODS,
    **rooms.FLOODS,
    **chats.FLOODS,
    **publishers.FLOODS,
    **homemade.FLOODS,
    **engines.FLOODS,
    **damage.FLOODS,
    **strangers.FLOODS,
}
