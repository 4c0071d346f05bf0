"""What was found of units before: a trace that is told again and again is read once."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sigtrace.application.socketio.packet import SocketPacket
    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import SignalingEvent
    from sigtrace.signaling.protocol import Fit, SignalingProtocol


class _Known:
    """What is known of one unit."""

    __slots__ = ("fits", "protocol", "said", "unit")

    def __init__(self, unit: Unit, fits: dict[int, Fit]) -> None:
        self.unit = unit  # held, so that nothing else gets its identity
        self.fits = fits
        self.protocol: SignalingProtocol | None = None
        self.said: tuple[SignalingEvent | Notice, ...] = ()


class Recollection:
    """Remembers, by identity of the unit, how well each protocol fits it, and what it says in the one it speaks.

    Only what a unit tells by itself is remembered. Whatever was not asked for between two turns is forgotten.
    """

    def __init__(self) -> None:
        self._last: dict[int, _Known] = {}
        self._now: dict[int, _Known] = {}
        self._packets: tuple[SocketPacket, ...] = ()

    def turn(self) -> None:
        """Begin to tell once more."""
        self._last, self._now = self._now, {}

    def same(self, packets: tuple[SocketPacket, ...]) -> tuple[SocketPacket, ...]:
        """Return packets that were put together anew, each as the object it was before if nothing of it has changed."""
        last = self._packets
        self._packets = tuple(
            old if old == new else new for old, new in zip_longest(last[: len(packets)], packets) if new is not None
        )
        return self._packets

    def fits(self, unit: Unit, find: Callable[[Unit], dict[int, Fit]]) -> dict[int, Fit]:
        """Return how well each protocol fits a unit; whoever gets it may change it."""
        known = self._last.get(id(unit)) or self._now.get(id(unit))
        if known is None:
            known = _Known(unit, find(unit))
        self._now[id(unit)] = known
        return dict(known.fits)

    def said(
        self,
        unit: Unit,
        protocol: SignalingProtocol,
        decode: Callable[[Unit], Iterable[SignalingEvent | Notice]],
    ) -> tuple[SignalingEvent | Notice, ...]:
        """Return what a unit says in a protocol."""
        known = self._now.get(id(unit))
        if known is None:
            return tuple(decode(unit))
        if known.protocol is not protocol:
            known.protocol, known.said = protocol, tuple(decode(unit))
        return known.said
