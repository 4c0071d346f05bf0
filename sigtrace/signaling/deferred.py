"""A protocol that is imported once there is something that it may be about: most captures speak one of them."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from sigtrace.signaling.protocol import Fit, SignalingProtocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import ExchangeKind, PeerId, SignalingEvent
    from sigtrace.signaling.functions import Functions, WireEvent


class Deferred(SignalingProtocol):
    """Stands for a protocol of this package, and knows of it what can be told without it.

    Args:
        name: of the protocol.
        module: of this package.
        protocol: the name of its class there.
        units: the types of what speaks it: without one of these there is nothing that could be of it.
    """

    def __init__(self, name: str, module: str, protocol: str, units: tuple[type[Unit], ...]) -> None:
        self.name = name  # type: ignore[misc]  # of the one it stands for
        self._module = module
        self._class = protocol
        self._units = units

    @cached_property
    def protocol(self) -> SignalingProtocol:
        """The protocol itself."""
        module = import_module(f"sigtrace.signaling.{self._module}")
        protocol: SignalingProtocol = getattr(module, self._class)()
        return protocol

    @property
    def functions(self) -> Mapping[WireEvent, Functions]:  # type: ignore[override]
        """What the protocol has."""
        return self.protocol.functions

    @property
    def one_call_at_a_time(self) -> bool:  # type: ignore[override]
        """What the protocol has."""
        return self.protocol.one_call_at_a_time

    @property
    def decodes_alone(self) -> bool:
        """What the protocol does."""
        return self.protocol.decodes_alone

    def fit(self, unit: Unit) -> Fit:
        """Say what the protocol says, of a unit of its types."""
        return self.protocol.fit(unit) if isinstance(unit, self._units) else Fit.NONE

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what the protocol yields."""
        return self.protocol.decode(unit)

    def kind(self, unit: Exchange) -> ExchangeKind:
        """Name what the protocol names."""
        return self.protocol.kind(unit)

    def peer_of(self, unit: Exchange) -> PeerId | None:
        """Name whom the protocol names."""
        return self.protocol.peer_of(unit)

    def decode_together(self, units: Sequence[Unit]) -> Iterator[SignalingEvent | Notice]:
        """Yield what the protocol yields of all its units."""
        return self.protocol.decode_together(units)

    def claim(self, units: Sequence[Unit]) -> Iterable[Unit]:
        """Claim what the protocol claims, where one of its types is among the units."""
        return self.protocol.claim(units) if any(isinstance(unit, self._units) for unit in units) else ()
