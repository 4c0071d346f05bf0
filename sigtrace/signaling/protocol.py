"""What a signaling protocol must be able to say; a new one is one file and one line in `PROTOCOLS`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from sigtrace.signaling.events import ExchangeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import PeerId, SignalingEvent
    from sigtrace.signaling.functions import Functions, WireEvent


class Fit(IntEnum):
    """How sure a protocol is that a unit is its own."""

    NONE = 0
    POSSIBLE = 1  # believed only on a server that has certain ones
    GENERIC = 2  # by what it holds, whatever is around it: yields to every protocol that is certain there
    CERTAIN = 3


class SignalingProtocol(ABC):
    """A decoder of whole units that remembers nothing: who is who across flows is the work of `calls/`."""

    name: ClassVar[str]
    functions: ClassVar[Mapping[WireEvent, Functions]] = MappingProxyType({})
    """Which functions of its programs are behind what is on the wire, where they are known."""
    one_call_at_a_time: ClassVar[bool] = False
    """Its clients hold one call at a time, and drop what a third peer sends."""

    @abstractmethod
    def fit(self, unit: Unit) -> Fit:
        """Say whether a unit speaks the protocol, by itself. Called for every unit: look at little, first at types."""

    @abstractmethod
    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what a unit says: each event, and a notice for what is damaged or odd."""

    def kind(self, unit: Exchange) -> ExchangeKind:
        """Name what an exchange of this protocol is for."""
        return ExchangeKind.OPTIONS if unit.request and unit.request.method == "OPTIONS" else ExchangeKind.OTHER

    def peer_of(self, unit: Exchange) -> PeerId | None:  # noqa: ARG002 - most peers are their channel
        """Return the peer that an exchange says it is made by; None where requests do not say so, or this one not."""
        return None

    def decode_together(self, units: Sequence[Unit]) -> Iterator[SignalingEvent | Notice]:
        """Yield what all of this protocol's units say, which are in order of time.

        That is what each says by itself. A protocol without words of its own overrides it: what a text is there, only
        its company tells.
        """
        return chain.from_iterable(map(self.decode, units))

    @property
    def decodes_alone(self) -> bool:
        """Whether each unit says by itself what it says, whatever is around it."""
        return type(self).decode_together is SignalingProtocol.decode_together

    def claim(self, units: Sequence[Unit]) -> Iterable[Unit]:  # noqa: ARG002 - most need no company
        """Return the units that only their company shows to be of this protocol; they count as certain.

        Args: units: all of the trace that no protocol is certain of, in order of time; of a place where one is, none.
        """
        return ()
