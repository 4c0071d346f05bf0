"""The exchanges of a trace while it is read: signaling kept whole, all else without its bodies, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.notices import Notice, Severity
from sigtrace.signaling.protocol import Fit
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sigtrace.application.http.message import Body, Exchange
    from sigtrace.signaling.protocol import SignalingProtocol

KEPT_BODIES = 256 * 1024 * 1024
"""Bytes of signaling bodies kept in one trace: a busy week of calls; above it they are measured and hashed only."""

KEPT_SIGNALING = 250_000
"""Exchanges of signaling kept in one trace: a week of 1000 calls a day, 34 exchanges each. The first ones stay, since a
call cannot be told without its beginning; a ring of captures that holds more is read in parts."""

KEPT_OTHER = 50_000
"""Exchanges kept that no signaling protocol claims, 1 kB each: they are context for the signaling, not the subject."""

KEPT_HEADS = 64 * 1024 * 1024
"""Bytes of memory for the heads in one trace that are longer than heads are; exchanges beyond it are left out."""

LONG_HEAD = 4096
"""Bytes of memory for one exchange's heads that are not counted: some twenty fields, as browsers send."""

FIELD_COST = 128
"""Bytes of memory that one header field takes beside its text."""

BODIES_DROPPED = "trace.bodies-dropped"
EXCHANGES_DROPPED = "trace.exchanges-dropped"
SIGNALING_DROPPED = "trace.signaling-dropped"


class ExchangeLog:
    """Collects exchanges in whatever order they end.

    Args:
        protocols: what counts as signaling.
        bears: tells whether an exchange bears something else that they decode.
    """

    def __init__(
        self, protocols: Sequence[SignalingProtocol], *, bears: Callable[[Exchange], bool] = lambda _: False
    ) -> None:
        self._protocols = protocols
        self._bears = bears
        self._exchanges: list[Exchange] = []
        self._bodies = 0  # bytes
        self._heads = 0  # bytes
        self._signaling = 0
        self._signaling_dropped = self._other_dropped = 0
        self._other = 0

    def add(self, exchange: Exchange) -> bool:
        """Keep an exchange as far as the bounds allow; tell whether it is kept."""
        if not self._is_signaling(exchange):
            return self._add_other(exchange)
        if self._signaling >= KEPT_SIGNALING or not self._has_room(exchange):
            self._signaling_dropped += 1
            return False
        self._signaling += 1
        self._bodies += _kept_bytes(exchange)
        self._exchanges.append(exchange if self._bodies <= KEPT_BODIES else _without_bodies(exchange))
        return True

    def _is_signaling(self, exchange: Exchange) -> bool:
        if self._bears(exchange):
            return True
        for protocol in self._protocols:  # noqa: SIM110 - most are told by the first, and `any` makes a generator
            if protocol.fit(exchange) is not Fit.NONE:
                return True
        return False

    def _add_other(self, exchange: Exchange) -> bool:
        if self._other >= KEPT_OTHER or not self._has_room(exchange):
            self._other_dropped += 1
            return False
        self._other += 1
        self._exchanges.append(_without_bodies(exchange))
        return True

    def _has_room(self, exchange: Exchange) -> bool:
        """Count heads that are longer than heads are; tell whether there is room for them."""
        surplus = _head_bytes(exchange) - LONG_HEAD
        if surplus <= 0:
            return True
        if self._heads + surplus > KEPT_HEADS:
            return False
        self._heads += surplus
        return True

    def so_far(self, hanging: Iterable[Exchange]) -> list[Exchange]:
        """Return the exchanges in order of time, not numbered yet, with some that still hang."""
        hanging = (one if self._is_signaling(one) else _without_bodies(one) for one in hanging)
        return sorted([*self._exchanges, *hanging], key=_place_in_time)

    def forget(self, is_gone: Callable[[Exchange], bool]) -> None:
        """Keep some exchanges no longer: there is room for others."""
        kept = []
        for exchange in self._exchanges:
            if not is_gone(exchange):
                kept.append(exchange)
                continue
            self._bodies -= _kept_bytes(exchange)
            self._heads -= max(_head_bytes(exchange) - LONG_HEAD, 0)
            if self._is_signaling(exchange):
                self._signaling -= 1
            else:
                self._other -= 1
        self._exchanges = kept

    def finished(self) -> list[Exchange]:
        """Return the exchanges in order of time, not numbered yet, and keep none here."""
        ordered = self.so_far(())
        self._exchanges = []
        return ordered

    def notices(self) -> list[Notice]:
        """Return what there is to say about what was not kept."""
        found = []
        if self._bodies > KEPT_BODIES:
            text = f"more than {KEPT_BODIES >> 20} MiB of bodies: the later ones were measured but not kept"
            found.append(Notice(code=BODIES_DROPPED, severity=Severity.WARNING, text=text))
        if self._other_dropped:
            text = (
                f"{self._other_dropped} exchanges that are no signaling, beyond the first {self._other}, were left out"
            )
            found.append(Notice(code=EXCHANGES_DROPPED, severity=Severity.WARNING, text=text))
        if self._signaling_dropped:
            text = (
                f"{self._signaling_dropped} exchanges of signaling, beyond the first {self._signaling}, were left out"
            )
            found.append(Notice(code=SIGNALING_DROPPED, severity=Severity.WARNING, text=text))
        return found


def _place_in_time(exchange: Exchange) -> tuple[int, int]:
    first = exchange.request or exchange.response
    return exchange.at_ns, first.span.first_packet if first else 0


def _head_bytes(exchange: Exchange) -> int:
    """Return the memory that all heads of an exchange take, about."""
    size = len(exchange.request.target) if exchange.request is not None else 0
    for one in (exchange.request, exchange.response, *exchange.interim):
        if one is not None:
            for name, value in one.headers + one.trailers:
                size += FIELD_COST + len(name) + len(value)
    return size


def _kept_bytes(exchange: Exchange) -> int:
    request, response = exchange.request, exchange.response
    return (_kept_of(request.body) if request is not None else 0) + (
        _kept_of(response.body) if response is not None else 0
    )


def _kept_of(body: Body) -> int:
    data, content = body.data, body.content
    kept = 0 if data is None else len(data)
    return kept if content is None or content is data else kept + len(content)


def _without_bodies(exchange: Exchange) -> Exchange:
    if not _kept_bytes(exchange):
        return exchange
    request, response = exchange.request, exchange.response
    return replace(
        exchange,
        request=request and replace(request, body=replace(request.body, data=None, content=None)),
        response=response and replace(response, body=replace(response.body, data=None, content=None)),
    )
