"""The table of waits: who asked when, how long it hung, what released it, and how long the peer was blind after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sigtrace.calls.waits import Release
from sigtrace.value import Value, replace
from sigtrace.views.functions import Code, CodeBehind
from sigtrace.views.nothing import explain_nothing
from sigtrace.views.people import People
from sigtrace.views.quantities import format_duration
from sigtrace.views.statistics import Fact, summarise_waits
from sigtrace.views.times import Clock, TimeFormat
from sigtrace.views.wording import name_content

if TYPE_CHECKING:
    from sigtrace.calls.waits import Wait
    from sigtrace.trace import Trace


class WaitRow(Value, frozen=True, kw_only=True):
    """One wait."""

    number: int  # of the exchange
    packet: int | None  # of the request, else of the answer
    peer: str
    asked: str  # "" when the request was not captured
    hang: str
    share: float  # of the longest, 0 to 1
    released_by: str
    queued: bool  # the answer had been waiting for it
    blind: str  # "" when the peer asked no more
    call: int | None
    trouble: bool
    code: Code | None = None  # the functions behind its release


class WaitTable(Value, frozen=True, kw_only=True):
    """Waits, and what is to be said of all of them."""

    rows: tuple[WaitRow, ...]
    totals: Fact | None
    nothing: tuple[str, ...] = ()


_TROUBLE = frozenset({Release.SERVER_CLOSED, Release.RESET, Release.REPLACED, Release.REFUSED})
_ENDS = {
    Release.SERVER_QUIT: "the server quit",
    Release.REFUSED: "refused",
    Release.REPLACED: "replaced by a later wait, never answered",
    Release.SERVER_CLOSED: "closed by the server without an answer",
    Release.CLIENT_CLOSED: "closed by the client",
    Release.RESET: "connection reset",
    Release.CAPTURE_ENDED: "still open when the capture ended",
    Release.NOTHING: "nothing there",
    Release.HEARTBEAT: "heartbeat",
    Release.UPGRADED: "the WebSocket took over",
}


def list_waits(  # noqa: PLR0913 - each is a switch of the command
    trace: Trace,
    *,
    order: Literal["time", "longest"] = "time",
    limit: int | None = None,
    time_format: TimeFormat = TimeFormat.RELATIVE,
    code: bool = False,
    whole: Trace | None = None,
) -> WaitTable:
    """List the waits of a trace.

    Args:
        trace: what is listed.
        order: by when they were asked, or the longest first.
        limit: at most so many rows; the totals are of all.
        time_format: how points in time are written.
        code: name the functions of the sample programs behind what released each wait.
        whole: what `trace` is a selection of: it knows all names.
    """
    if not trace.waits:
        sentences = explain_nothing(trace) if not trace.sessions else _explain_none(trace)
        return WaitTable(rows=(), totals=None, nothing=sentences)
    people = People(whole or trace)
    clock = Clock(first_ns=trace.first_ns, format=time_format)
    longest_ns = max((wait.hang_ns or 0 for wait in trace.waits), default=0)
    waits = sorted(trace.waits, key=lambda wait: -(wait.hang_ns or 0)) if order == "longest" else trace.waits
    previous_ns = None
    behind = CodeBehind(trace, people) if code else None
    rows = []
    for wait in waits[:limit]:
        asked = "" if wait.asked_ns is None else clock.text(wait.asked_ns, previous_ns)
        row = _row(trace, people, wait, asked, longest_ns)
        rows.append(row if behind is None else replace(row, code=_release_code(trace, behind, wait)))
        previous_ns = wait.asked_ns
    return WaitTable(rows=tuple(rows), totals=summarise_waits(trace))


def _explain_none(trace: Trace) -> tuple[str, ...]:
    spoken = {session.protocol for session in trace.sessions}
    by_websocket = not spoken.isdisjoint(trace.message_protocols)
    reason = ("The server reaches its peers by WebSocket here, which needs no waits.",) if by_websocket else ()
    return ("No wait was captured.", *reason)


def _row(trace: Trace, people: People, wait: Wait, asked: str, longest_ns: int) -> WaitRow:
    exchange = trace.exchange(wait.exchange)
    half = (exchange.request or exchange.response) if exchange else None
    hang_ns = wait.hang_ns
    signal = trace.signal(wait.signal) if wait.signal is not None else None
    return WaitRow(
        number=wait.exchange,
        packet=half.span.first_packet if half else None,
        peer=people.short_numbered(wait.session, wait.peer) if wait.peer is not None else _address_of(trace, wait),
        asked=asked,
        hang="" if hang_ns is None else format_duration(hang_ns),
        share=(hang_ns or 0) / longest_ns if longest_ns else 0.0,
        released_by=describe_release(trace, people, wait),
        queued=bool(wait.from_queue),
        blind="" if wait.blind_ns is None else format_duration(wait.blind_ns),
        call=signal.call if signal else None,
        trouble=wait.released_by in _TROUBLE,
    )


def _release_code(trace: Trace, behind: CodeBehind, wait: Wait) -> Code | None:
    """Return the functions behind what ended a wait; that it was asked is no end."""
    exchange = trace.exchange(wait.exchange)
    codes = behind.of(exchange) if exchange else ()
    return next((code for code in reversed(codes) if code.half != "request"), None)


def _address_of(trace: Trace, wait: Wait) -> str:
    exchange = trace.exchange(wait.exchange)
    return exchange.client.address if exchange else "unknown"


def describe_release(trace: Trace, people: People, wait: Wait) -> str:
    """Say what ended a wait: `offer from bob`, `bob joined`, `closed by the client`."""
    who = people.short(wait.session, wait.by_peer)
    doubt = ", by inference" if wait.inferred else ""
    if wait.released_by is Release.PEER_JOINED:
        return f"{who} joined{doubt}"
    if wait.released_by is Release.PEER_LEFT:
        return f"{who} left{doubt}"
    if wait.released_by is Release.MESSAGE:
        signal = trace.signal(wait.signal) if wait.signal is not None else None
        if signal is None and wait.by_peer is None:
            return f"message of the server{doubt}"
        what = name_content(signal.content) if signal else "message"
        return f"{what} from {who}{doubt}"
    return "an answer we cannot read" if wait.released_by is None else _ENDS[wait.released_by]
