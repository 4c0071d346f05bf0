"""All floods by name, in the order in which they are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.floods import (
    bodies,
    bombs,
    damage,
    fragments,
    handshakes,
    heads,
    messages,
    pipelines,
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
    **damage.FLOODS,
    **strangers.FLOODS,
}
