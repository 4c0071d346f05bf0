"""The law of damage: a flow of which no packet was touched has the same exchanges as before.

The same means every field of every exchange: start lines, headers, bodies and their digests, states, times. Numbers of
packets move where records are lost or added, so a packet is known by its time and its lengths instead.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from sigtrace.application.http.message import Exchange, Request, Response
from sigtrace.capture.batch import Batch
from sigtrace.errors import CaptureError
from sigtrace.pipeline import analyze
from sigtrace.sources.file import read
from sigtrace.value import replace
from tests.fuzz.anatomy import Anatomy, FlowKey, Role, flow_of
from tests.fuzz.mutations import Mutation, parts_touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.trace import Trace

_Message = TypeVar("_Message", Request, Response)
Told: TypeAlias = "dict[FlowKey, Counter[Exchange]]"
"""What the flows of a trace say: how often each exchange comes, without the numbers that damage elsewhere moves."""


class Explained(NamedTuple):
    """A capture's trace, and the law's view of it."""

    trace: Trace
    told: Told


def explain(data: bytes) -> Explained | None:
    """Analyse a capture given as its bytes; None when it is said to be no capture."""
    packets: list[tuple[int, int, int]] = []
    try:
        trace = analyze(_noting(read(io.BytesIO(data)), packets))
    except CaptureError:
        return None
    told: Told = defaultdict(Counter)
    for exchange in trace.exchanges:
        told[frozenset((exchange.client, exchange.server))][_without_numbers(exchange, packets)] += 1
    return Explained(trace, told)


def _noting(items: Iterable[CaptureItem], packets: list[tuple[int, int, int]]) -> Iterator[CaptureItem]:
    """Pass items on, and note how to know each packet: its time, and its lengths captured and on the wire."""
    for item in items:
        if isinstance(item, Batch):
            packets += [(0, 0, 0)] * (item.first_number - 1 - len(packets))
            packets += zip(item.at_ns.tolist(), item.captured.tolist(), item.original.tolist(), strict=True)
        yield item


def _without_numbers(exchange: Exchange, packets: list[tuple[int, int, int]]) -> Exchange:
    def known_by_time(message: _Message) -> _Message:
        span = message.span
        first, last = packets[span.first_packet - 1], packets[span.last_packet - 1]
        return replace(message, span=span._replace(first_packet=first, last_packet=last))

    return replace(
        exchange,
        number=0,
        flow=0,
        request=exchange.request and known_by_time(exchange.request),
        response=exchange.response and known_by_time(exchange.response),
        interim=tuple(map(known_by_time, exchange.interim)),
    )


def flows_touched(anatomy: Anatomy, mutation: Mutation) -> frozenset[FlowKey] | None:
    """Return the flows that a mutation touches: those that its packets belonged to, and now belong to; None for all."""
    touched: set[FlowKey | None] = set()
    for place in parts_touched(anatomy, mutation):
        part = anatomy.parts[place]
        if part.role is Role.FRAME:
            return None
        if part.role is Role.PACKET:
            now = mutation.within(anatomy.data, part.start, part.end)
            touched |= {part.flow, flow_of(now[part.head :], part.link_type)}
    return frozenset(one for one in touched if one is not None)


def broken_promises(before: Told, after: Told, touched: frozenset[FlowKey]) -> list[str]:
    """Return a line for each exchange of an untouched flow that is not as it was."""
    flows = (before.keys() | after.keys()) - touched
    return [line for flow in flows for line in _compare(before.get(flow, Counter()), after.get(flow, Counter()))]


def _compare(before: Counter[Exchange], after: Counter[Exchange]) -> Iterator[str]:
    lost, new = list((before - after).elements()), list((after - before).elements())
    for exchange in lost:
        became = next((one for one in new if one.at_ns == exchange.at_ns), None)
        yield f"{_name(exchange)} became {_name(became) if became else 'nothing'}{_differences(exchange, became)}"
    if not lost:
        yield from (f"new: {_name(exchange)}" for exchange in new)


def _name(exchange: Exchange) -> str:
    target = exchange.request.target.decode("latin-1")[:40] if exchange.request else "(no request)"
    status = exchange.response.status if exchange.response else "no response"
    return f"{exchange.client} {target!r} {status} {exchange.state.value}"


def _differences(before: Exchange, after: Exchange | None) -> str:
    if after is None:
        return ""
    names = [name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)]
    return f" (differs in {', '.join(names)})"
