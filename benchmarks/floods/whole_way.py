"""The whole way of one capture on standard input: analysis, every view, all records, and a selection of each kind.

`python -m benchmarks.floods --whole-way` runs it in place of a command; alone, it says what each part of it took.
"""

from __future__ import annotations

import io
import resource
import sys
from time import process_time
from typing import TYPE_CHECKING

import sigtrace
from sigtrace.export.records import records
from sigtrace.views.ladder import build_ladder
from sigtrace.views.negotiation import explain_negotiations
from sigtrace.views.selection import Selection, select
from sigtrace.views.summary import summarise
from sigtrace.views.waits import list_waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigtrace.trace import Trace


def parts_of(trace: Trace) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what can be made of a trace, with its name."""
    yield "summary", lambda: summarise(trace)
    yield "ladder", lambda: build_ladder(trace)
    yield "ladder, verbose", lambda: build_ladder(trace, verbose=True)
    yield "waits", lambda: list_waits(trace)
    yield "negotiations", lambda: explain_negotiations(trace)
    yield "records", lambda: sum(1 for _ in records(trace, bodies=True))
    for name, selection in _selections(trace).items():
        yield f"of a {name}", lambda selection=selection: build_ladder(select(trace, selection), whole=trace)


def _selections(trace: Trace) -> dict[str, Selection]:
    """Choose the last peer, room and call, and the middle third of the time."""
    chosen = {}
    if trace.peers:
        chosen["peer"] = Selection(peer=str(trace.peers[-1].id))
    rooms = [peer.room for peer in trace.peers if peer.room is not None]
    if rooms:
        chosen["room"] = Selection(room=rooms[-1])
    if trace.calls:
        chosen["call"] = Selection(call=trace.calls[-1].number)
    third = (trace.last_ns - trace.first_ns) // 3
    chosen["time"] = Selection(since_ns=trace.first_ns + third, until_ns=trace.last_ns - third)
    return chosen


def main() -> None:
    """Go the whole way, and say what took how long."""
    started = process_time()
    trace = sigtrace.analyze(sigtrace.read(io.BufferedReader(sys.stdin.buffer.raw)))  # type: ignore[attr-defined]
    spent = {"analysis": process_time() - started}
    peaks = {"analysis": _peak()}
    for name, make in parts_of(trace):
        started = process_time()
        make()
        spent[name] = process_time() - started
        peaks[name] = _peak()
    for name, seconds in spent.items():
        print(f"{name:16} {seconds:8.2f} s  {peaks[name] / 1e6:6.0f} MB", file=sys.stderr)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
