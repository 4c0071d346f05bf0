"""All records of a trace in the order of the contract: the captures first, then everything by time.

Records are plain dicts, made one at a time as they are asked for: a line of an export is what they are for, and this is
the one place where dicts cross a border. `docs/export.md` says what every field means.

Theory of operation. What will be records is planned first, rank by rank: what of one moment comes first has the lower
rank, as a connection comes before the exchange on it, and inside of a rank it stands by its number. In this order it is
sorted by time alone: sorting is stable, so what is of one moment stays in order of rank and number. A trace is in order
of time already, so that each of these sorts has little to do.
"""

from __future__ import annotations

from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

from sigtrace.export.capture_records import capture_record
from sigtrace.export.plan import plan_ranks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.export.plan import Make, Planned
    from sigtrace.export.record import Record
    from sigtrace.trace import Trace


def records(trace: Trace, *, flows: bool = False, bodies: bool = False) -> Iterator[Record]:
    """Yield the records of a trace.

    Args:
        trace: whole, or a selection of it.
        flows: also flows that carried nothing we decode, and digests of the bytes of each; the trace must have been
            made with `all_flows`.
        bodies: also the text of every signal, WebSocket message and Socket.IO packet, and every description's SDP.
    """
    for make, values in _plan(trace, flows=flows, bodies=bodies):
        yield make(*values)


def plan_records(trace: Trace, *, flows: bool = False, bodies: bool = False) -> Iterator[partial[Record]]:
    """Yield what makes each of the records, in their order: a part of a function and the values that it is made of.

    Args: as for `records`.
    """
    for make, values in _plan(trace, flows=flows, bodies=bodies):
        yield partial(make, *values)


def _plan(trace: Trace, *, flows: bool, bodies: bool) -> Iterator[tuple[Make, tuple[Any, ...]]]:
    """Yield what makes each record, and what of, in the order of the contract."""
    yield from [(capture_record, (capture,)) for capture in trace.captures]
    times: list[int] = []
    numbers: list[int] = []
    kinds: list[Planned] = []
    values: list[tuple[Any, ...]] = []
    order: list[int] = []
    for rank in plan_ranks(trace, flows=flows, bodies=bodies):
        for planned in rank:
            times += planned.times
            numbers += planned.numbers
            kinds += repeat(planned, len(planned.times))
            values += planned.values
        order += sorted(range(len(order), len(times)), key=numbers.__getitem__)
    order.sort(key=times.__getitem__)
    for kind, of in zip(map(kinds.__getitem__, order), map(values.__getitem__, order), strict=True):
        yield kind.make, of
        if kind.behind is not None:
            yield from kind.behind(*of)
