"""A trace on one screen: what was captured, who was there, what came of each call, and where the time went."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sigtrace.notices import Severity
from sigtrace.value import Value
from sigtrace.views.call_lines import CallLine, describe_call, name_outcome
from sigtrace.views.command import STANDARD_INPUT, quote_file
from sigtrace.views.nothing import explain_nothing
from sigtrace.views.peer_lines import PeerLine, describe_peers
from sigtrace.views.people import People
from sigtrace.views.quantities import count, format_bytes, format_duration
from sigtrace.views.statistics import Fact, summarise_relays, summarise_timing, summarise_waits
from sigtrace.views.times import format_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.calls.negotiation import Call
    from sigtrace.trace import Trace

PEERS_SHOWN = 8
"""Peers on the screen when there are many: those in failed calls first. With many sessions, two for each."""

CALLS_SHOWN = 8
_FILES_NAMED = 3
"""Captures that are named; of a ring of a hundred files, the first and the last say enough."""


class SessionLines(Value, frozen=True, kw_only=True):
    """One run of one server and who was there."""

    server: str
    remark: str  # "peerconnection", "peerconnection, restarted"
    peers: tuple[PeerLine, ...]
    more_peers: int  # not listed


class NoticeLine(Value, frozen=True, kw_only=True):
    """How often a kind of damage was met, and the first of it."""

    severity: Severity
    count: int
    code: str
    text: str
    packet: int | None
    offset: int | None = None


class Summary(Value, frozen=True, kw_only=True):
    """What `analyze` shows, from top to bottom."""

    title: str  # names of the captures
    capture: tuple[str, ...]  # "1,093 packets", "200 kB", "31.4 s from 2026-11-20 15:33:15 UTC"
    warnings: tuple[str, ...]  # of the capture as a whole
    sessions: tuple[SessionLines, ...]
    calls: tuple[CallLine, ...]
    more_calls: tuple[str, ...]  # "12 complete", "3 unanswered": of those not listed
    waits: Fact | None
    relays: Fact | None
    timing: Fact | None
    notices: tuple[NoticeLine, ...]
    next: tuple[tuple[str, ...], ...]  # commands to try, as words of a shell
    nothing: tuple[str, ...]  # instead of sessions: why there are none


def summarise(trace: Trace, *, dialects: Sequence[str] = ()) -> Summary:
    """Summarise a trace.

    Args:
        trace: what is summarised.
        dialects: files that it was read with; the commands to try need them as well, for calls have other numbers else.
    """
    people = People(trace)
    telling = _most_telling(trace)
    hidden = Counter(name_outcome(trace.verdicts.get(call.number)) for call in trace.calls if call not in telling)
    calls = tuple(describe_call(trace, people, call) for call in telling)
    return Summary(
        title=_title(trace),
        capture=_describe_capture(trace),
        warnings=_warnings(trace),
        sessions=tuple(_sessions(trace)),
        calls=calls,
        more_calls=tuple(f"{number:,} {outcome}" for outcome, number in hidden.most_common()),
        waits=summarise_waits(trace),
        relays=summarise_relays(trace),
        timing=summarise_timing(trace),
        notices=_count_notices(trace),
        next=_next_commands(trace, calls, tuple(word for file in dialects for word in ("--dialect", quote_file(file)))),
        nothing=() if trace.sessions else explain_nothing(trace),
    )


def _title(trace: Trace) -> str:
    files = ["standard input" if capture.file == STANDARD_INPUT else capture.file for capture in trace.captures]
    if len(files) > _FILES_NAMED:
        return f"{len(files)} captures, {files[0]} to {files[-1]}"
    return ", ".join(files)


def _describe_capture(trace: Trace) -> tuple[str, ...]:
    facts = [count(trace.packets, "packet"), format_bytes(sum(capture.bytes for capture in trace.captures))]
    if trace.packets:
        length = format_duration(trace.last_ns - trace.first_ns)
        facts.append(f"{length} from {format_date(trace.first_ns)}")
    return tuple(facts)


def _warnings(trace: Trace) -> tuple[str, ...]:
    cut = [capture.file for capture in trace.captures if capture.truncated]
    dropped = sum(one.dropped or 0 for capture in trace.captures for one in capture.statistics)
    return (
        *((f"{', '.join(cut)} is cut off: its last packet is incomplete",) if cut else ()),
        *((f"{count(dropped, 'packet')} dropped while capturing",) if dropped else ()),
    )


def _sessions(trace: Trace) -> list[SessionLines]:
    """Peers share the room there is, however many sessions they are in."""
    shown: dict[int, list[PeerLine]] = {}
    for line in describe_peers(trace, max(PEERS_SHOWN, 2 * len(trace.sessions))):
        shown.setdefault(line.session, []).append(line)
    sessions = []
    for session in trace.sessions:
        kept = tuple(shown.get(session.number, ()))
        all_peers = sum(not peer.is_server for peer in trace.peers_in(session.number))
        remark = f"{session.protocol}, restarted" if session.restarted else session.protocol
        sessions.append(
            SessionLines(server=str(session.server), remark=remark, peers=kept, more_peers=all_peers - len(kept))
        )
    return sessions


def _most_telling(trace: Trace) -> list[Call]:
    """Those that failed go first when there is no room for all."""
    if len(trace.calls) <= CALLS_SHOWN + 1:
        return list(trace.calls)
    failed = [call for call in trace.calls if call.number in trace.verdicts and not trace.verdicts[call.number].good]
    chosen = {call.number for call in [*failed, *trace.calls][:CALLS_SHOWN]}
    return [call for call in trace.calls if call.number in chosen]


_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def _count_notices(trace: Trace) -> tuple[NoticeLine, ...]:
    counts = Counter(notice.code for notice in trace.notices)
    first = {notice.code: notice for notice in reversed(trace.notices)}
    lines = [
        NoticeLine(
            severity=first[code].severity,
            count=number,
            code=code,
            text=first[code].text,
            packet=first[code].packet,
            offset=first[code].offset,
        )
        for code, number in counts.items()
    ]
    return tuple(sorted(lines, key=lambda line: (_GRAVITY[line.severity], -line.count)))


def _next_commands(trace: Trace, calls: tuple[CallLine, ...], options: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    if not trace.captures:
        return ()
    files = [quote_file(capture.file) for capture in trace.captures]
    if len(trace.captures) > _FILES_NAMED:
        files = ["…"]  # the reader has them on the command line above
    if not trace.sessions:
        return (("sigtrace", "export", *files, *options, "--format", "ndjson", "--flows"),)
    failed = next((line for line in calls if not line.good), None)
    telling = failed or next(iter(calls), None)
    if telling is None:
        return tuple(
            ("sigtrace", command, *files, *options) for command in ("chart", *(["waits"] if trace.waits else []))
        )
    call = ("--call", str(telling.number)) if len(trace.calls) > 1 or telling.number > 1 else ()
    commands = [("sigtrace", command, *files, *options, *call) for command in ("chart", "sdp")]
    if telling.exchange is not None:
        commands.append(("sigtrace", "show", *files, *options, str(telling.exchange)))
    return tuple(commands)
