"""What reassembly has to say about damage: each cause once per connection, gaps up to a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.notices import Notice, Severity
from sigtrace.packets.endpoint import decode_endpoint

if TYPE_CHECKING:
    from sigtrace.streams.outlet import Outlet
    from sigtrace.streams.shared import Out

GAP: Final = "tcp.gap"  # bytes that were never captured
CUT: Final = "tcp.cut-segment"  # a snap length cut payload off
OVERLAP: Final = "tcp.overlap"  # the same bytes were sent again and differed
STRAY: Final = "tcp.stray-segment"  # a sequence number far from anything expected
BOUND: Final = "tcp.bound-waiting"  # too much waited behind a hole
TOO_MANY_FLOWS: Final = "tcp.too-many-flows"  # the least recently active flows were dropped
FLOWS_LEFT_OUT: Final = "tcp.flows-left-out"  # the facts of later flows were not kept

GAP_NOTICES: Final = 8  # per flow: enough to see the pattern, the counts say the rest


def report_gap(stream: Outlet, length: int, packet: int, out: Out) -> None:
    """Report bytes that were never captured."""
    connection = stream.connection
    connection.gap_notices += 1
    if connection.gap_notices > GAP_NOTICES:
        return
    more = "; further gaps of this flow are only counted" if connection.gap_notices == GAP_NOTICES else ""
    text = f"{_bytes(length)} from {_place(stream)} never captured{more}"
    out.append(Notice(code=GAP, severity=Severity.WARNING, text=text, packet=packet))


def report_cut(stream: Outlet, packet: int, out: Out) -> None:
    """Report that packets were captured with a snap length shorter than they are."""
    text = f"segments from {_place(stream)} were cut by the snap length; the missing bytes are treated as gaps"
    _once(stream, CUT, text, packet, out)


def report_overlap(stream: Outlet, packet: int, out: Out) -> None:
    """Report that bytes were sent twice and differed."""
    text = f"bytes from {_place(stream)} were sent again and differ; the first copy was kept"
    _once(stream, OVERLAP, text, packet, out)


def report_stray(stream: Outlet, packet: int, out: Out) -> None:
    """Report a segment whose sequence number cannot belong here."""
    text = f"a sequence number from {_place(stream)} is far from those expected; the segment was left out"
    _once(stream, STRAY, text, packet, out)


def report_bound(stream: Outlet, packet: int, out: Out) -> None:
    """Report that too much waited behind a hole."""
    text = f"too many bytes from {_place(stream)} waited for missing ones; the missing ones were given up"
    _once(stream, BOUND, text, packet, out)


def too_many_flows(bound: int, packet: int) -> Notice:
    """Return the notice that flows had to be dropped."""
    text = f"more than {bound} flows at one time; those idle for longest are no longer followed"
    return Notice(code=TOO_MANY_FLOWS, severity=Severity.WARNING, text=text, packet=packet)


def flows_left_out(bound: int, packet: int) -> Notice:
    """Return the notice that nothing is kept of later flows."""
    text = f"more than {bound} flows that are over; of later ones nothing is listed"
    return Notice(code=FLOWS_LEFT_OUT, severity=Severity.WARNING, text=text, packet=packet)


def _once(stream: Outlet, code: str, text: str, packet: int, out: Out) -> None:
    connection = stream.connection
    if code not in connection.reported:
        connection.reported |= {code}
        out.append(Notice(code=code, severity=Severity.WARNING, text=text, packet=packet))


def _place(stream: Outlet) -> str:
    return f"{decode_endpoint(stream.endpoint)} on flow {stream.connection.number}"


def _bytes(length: int) -> str:
    return "1 byte" if length == 1 else f"{length} bytes"
