"""The exchanges of a trace while it is read: signaling kept whole, all else without its bodies, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.notices import Notice, Severity
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.protocol import Fit
from sigtrace.value import replace

if TYPE_CHECKING:
    from sigtrace.application.http.message import Body, Exchange

KEPT_BODIES = 256 * 1024 * 1024
"""Bytes of signaling bodies kept in one trace: a busy week of calls; above it they are measured and hashed only."""

KEPT_OTHER = 100_000
"""Exchanges kept that no signaling protocol claims, 1 kB each: they are context for the signaling, not the subject."""

BODIES_DROPPED = "trace.bodies-dropped"
EXCHANGES_DROPPED = "trace.exchanges-dropped"


class ExchangeLog:
    """Collects exchanges in whatever order they end."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._bodies = 0  # bytes
        self._other = 0
        self._dropped = 0

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange as far as the bounds allow."""
        if all(protocol.fit(exchange) is Fit.NONE for protocol in PROTOCOLS):
            self._add_other(exchange)
            return
        self._bodies += _kept_bytes(exchange)
        self._exchanges.append(exchange if self._bodies <= KEPT_BODIES else _without_bodies(exchange))

    def _add_other(self, exchange: Exchange) -> None:
        self._other += 1
        if self._other > KEPT_OTHER:
            self._dropped += 1
        else:
            self._exchanges.append(_without_bodies(exchange))

    def finished(self) -> tuple[Exchange, ...]:
        """Return the exchanges in order of time, numbered from 1."""
        ordered = sorted(self._exchanges, key=_place_in_time)
        return tuple(replace(exchange, number=number) for number, exchange in enumerate(ordered, 1))

    def notices(self) -> list[Notice]:
        """Return what there is to say about what was not kept."""
        found = []
        if self._bodies > KEPT_BODIES:
            text = f"more than {KEPT_BODIES >> 20} MiB of bodies: the later ones were measured but not kept"
            found.append(Notice(code=BODIES_DROPPED, severity=Severity.WARNING, text=text))
        if self._dropped:
            text = f"{self._dropped} exchanges that are no signaling, beyond the first {KEPT_OTHER}, were left out"
            found.append(Notice(code=EXCHANGES_DROPPED, severity=Severity.WARNING, text=text))
        return found


def _place_in_time(exchange: Exchange) -> tuple[int, int]:
    first = exchange.request or exchange.response
    return exchange.at_ns, first.span.first_packet if first else 0


def _kept_bytes(exchange: Exchange) -> int:
    return sum(_kept_of(one.body) for one in (exchange.request, exchange.response) if one is not None)


def _kept_of(body: Body) -> int:
    decoded = 0 if body.content is body.data else len(body.content or b"")
    return len(body.data or b"") + decoded


def _without_bodies(exchange: Exchange) -> Exchange:
    if not _kept_bytes(exchange):
        return exchange
    request, response = exchange.request, exchange.response
    return replace(
        exchange,
        request=request and replace(request, body=replace(request.body, data=None, content=None)),
        response=response and replace(response, body=replace(response.body, data=None, content=None)),
    )
