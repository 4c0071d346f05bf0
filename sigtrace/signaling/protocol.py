"""What a signaling protocol must be able to say; a new one is one file and one line in `PROTOCOLS`."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Exchange
    from sigtrace.notices import Notice
    from sigtrace.signaling.events import ExchangeKind, SignalingEvent


class Fit(IntEnum):
    """How sure a protocol is that a unit is its own."""

    NONE = 0
    POSSIBLE = 1  # believed only on a server that has certain ones
    CERTAIN = 2


class SignalingProtocol(Protocol):
    """A decoder of whole units that remembers nothing: who is who across flows is the work of `calls/`."""

    name: str

    def fit(self, unit: Exchange) -> Fit:
        """Say whether this exchange speaks the protocol."""
        ...

    def kind(self, unit: Exchange) -> ExchangeKind:
        """Name what the exchange is for."""
        ...

    def decode(self, unit: Exchange) -> Iterator[SignalingEvent | Notice]:
        """Yield what the exchange says: each event, and a notice for what is damaged or odd."""
        ...
