"""Which protocol every exchange speaks: by itself where it is certain, else by what its server certainly speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.protocol import Fit
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.signaling.protocol import SignalingProtocol


class ExchangeRole(Value, frozen=True, kw_only=True):
    """What an exchange is in its signaling protocol."""

    protocol: str  # "peerconnection"; "http" when no signaling protocol claims it
    kind: ExchangeKind


def recognise(exchanges: Sequence[Exchange]) -> list[SignalingProtocol | None]:
    """Return the protocol of each exchange, None where none fits; a possible fit counts only on a certain server."""
    best = [_best_fit(exchange) for exchange in exchanges]
    certain = {
        (exchange.server, protocol.name)
        for exchange, (protocol, fit) in zip(exchanges, best, strict=True)
        if fit is Fit.CERTAIN
    }
    return [
        protocol if fit is not Fit.NONE and (exchange.server, protocol.name) in certain else None
        for exchange, (protocol, fit) in zip(exchanges, best, strict=True)
    ]


def _best_fit(exchange: Exchange) -> tuple[SignalingProtocol, Fit]:
    """The protocol that fits best, the first of equals."""
    return max(((protocol, protocol.fit(exchange)) for protocol in PROTOCOLS), key=lambda one: one[1])


def role_of(exchange: Exchange, protocol: SignalingProtocol | None) -> ExchangeRole:
    """Name what an exchange is for, in its protocol or as plain HTTP."""
    if protocol is not None:
        return ExchangeRole(protocol=protocol.name, kind=protocol.kind(exchange))
    options = exchange.request is not None and exchange.request.method == "OPTIONS"
    return ExchangeRole(protocol="http", kind=ExchangeKind.OPTIONS if options else ExchangeKind.OTHER)
