"""`Trace` → `Ladder`: a section for each session, its steps placed in columns and timed, quiet time folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.waits import Release
from sigtrace.signaling.functions import WireEvent
from sigtrace.value import Value
from sigtrace.views.columns import MAX_PEERS, Columns
from sigtrace.views.functions import functions_of
from sigtrace.views.ladder_rows import Arrow, Ladder, Mark, Quiet, Section, Tone
from sigtrace.views.lifelines import Lifelines, listening_by_channels, listening_by_waits
from sigtrace.views.nothing import explain_nothing
from sigtrace.views.people import SERVER, People, Stranger
from sigtrace.views.quantities import format_duration, listed
from sigtrace.views.scene import Scene
from sigtrace.views.story import Story
from sigtrace.views.times import Clock, TimeFormat, format_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.websocket.message import Message
    from sigtrace.calls.sessions import Session
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace
    from sigtrace.views.ladder_rows import Lifeline, Row
    from sigtrace.views.people import Party
    from sigtrace.views.step import Step

QUIET_NS = 1_000_000_000
"""From here on, silence is worth a row: people notice a second."""

_NAMED = 6
"""Peers without a column who are named: the first of many tell which ones they are."""

_BARE_PRESENCE = frozenset({Tone.PRESENCE, Tone.HOUSEKEEPING})


class _Options(Value, frozen=True, kw_only=True):
    code: bool
    verbose: bool
    fold: bool
    ongoing: bool
    max_peers: int
    quiet_ns: int
    clock: Clock
    whole: Trace  # what is charted may be a selection of it


def build_ladder(  # noqa: PLR0913 - each is a switch of the command
    trace: Trace,
    *,
    code: bool = False,
    packets: bool = False,
    verbose: bool = False,
    fold: bool = True,
    ongoing: bool = False,
    time_format: TimeFormat = TimeFormat.RELATIVE,
    max_peers: int = MAX_PEERS,
    quiet_ns: int = QUIET_NS,
    whole: Trace | None = None,
) -> Ladder:
    """Build the chart of a trace.

    Args:
        trace: what is charted; also a selection of it.
        code: name the functions of the sample programs behind each arrow.
        packets: packet numbers are to be shown.
        verbose: every candidate, every wait and every acknowledgement is a row of its own.
        fold: runs of candidates are one row, and what many are told is told once; not when `verbose`.
        ongoing: there is more to come: what is still open did not end.
        time_format: how points in time are written.
        max_peers: peers with a column of their own, in each session; the rest share one.
        quiet_ns: silence from this length on has a row.
        whole: what `trace` is a selection of: it knows all names, and relative times count from its first packet.
    """
    whole = trace if whole is None else whole
    clock = Clock(first_ns=whole.first_ns, format=time_format)
    options = _Options(
        code=code,
        verbose=verbose,
        fold=fold and not verbose,
        ongoing=ongoing,
        max_peers=max_peers,
        quiet_ns=quiet_ns,
        clock=clock,
        whole=whole,
    )
    people = People(whole)
    carriers = _by_session(trace, people)
    sections = tuple(
        _build_section(trace, people, session, carriers[session.number], options)
        for session in trace.sessions
        if carriers.get(session.number)
    )
    return Ladder(
        sections=sections,
        title=", ".join(capture.file for capture in trace.captures),
        show_packets=packets,
        nothing=() if sections else explain_nothing(trace),
    )


def _by_session(trace: Trace, people: People) -> dict[int, list[Exchange | Message]]:
    carriers: dict[int, list[Exchange | Message]] = {}
    everything: tuple[Exchange | Message, ...] = (*trace.exchanges, *trace.messages)
    for carrier in everything:
        number = people.session_of(carrier)
        if number is not None:
            carriers.setdefault(number, []).append(carrier)
    return carriers


def _build_section(
    trace: Trace, people: People, session: Session, carriers: list[Exchange | Message], options: _Options
) -> Section:
    whole = options.whole
    scene = Scene(trace, people, session.number, fold=options.fold, whole=whole)
    story = Story(scene)
    steps = [step for step in story.steps(carriers) if options.verbose or not step.minor]
    columns = Columns(trace, people, session.number, session.server, steps, options.max_peers)
    listening = [*listening_by_waits(scene.all_waits), *listening_by_channels(scene.all_acts, whole.last_ns)]
    lifelines = Lifelines(listening, story.came_ns, story.went_ns)
    placer = _Placer(people, session, columns, lifelines, options)
    still_open = [
        wait
        for wait in scene.waits
        if not options.ongoing
        and wait.released_by is Release.CAPTURE_ENDED
        and wait.peer is not None
        and wait.peer not in story.went_ns
    ]
    ending = [
        f"{people.short(session.number, wait.peer)} has waited {format_duration(wait.hang_ns)}"
        for wait in still_open[: options.max_peers]
        if wait.hang_ns is not None
    ]
    rows = [*placer.rows(steps), *placer.end(trace.last_ns, ending)]
    return Section(
        heading=_heading(trace, session),
        columns=columns.columns,
        rows=tuple(rows),
        remarks=_remarks(people, session.number, columns),
    )


def _heading(trace: Trace, session: Session) -> str | None:
    if len(trace.sessions) == 1:
        return None
    words = f"SESSION {session.number}  {session.server}  {session.protocol}  from {format_date(session.started_ns)}"
    return f"{words}, after a restart of the server" if session.restarted else words


def _remarks(people: People, session: int, columns: Columns) -> tuple[str, ...]:
    """Say who has no column, what of them is not shown, and how to see it."""
    if not columns.folded:
        return ()
    names = [
        party.address if isinstance(party, Stranger) else people.short(session, _peer_id(party))
        for party in columns.folded[:_NAMED]
    ]
    rest = len(columns.folded) - len(names)
    who = listed([*names, f"{rest} more"] if rest else names)
    return (
        f"One column for {who}: it shows what they say to others and what was refused, not how they come, wait and go.",
        "Choose with --peer NAME or --call N, or make room for more columns with --width.",
    )


def _peer_id(party: Party) -> PeerId | None:
    return party if isinstance(party, int | str) else None


class _Placer:
    """Turns steps into rows, one after the other."""

    def __init__(
        self, people: People, session: Session, columns: Columns, lifelines: Lifelines, options: _Options
    ) -> None:
        self._people = people
        self._session = session.number
        self._functions = functions_of(options.whole, session.protocol)
        self._columns = columns
        self._lifelines = lifelines
        self._options = options
        self._previous_ns: int | None = None

    def rows(self, steps: Sequence[Step]) -> Iterator[Row]:
        refused = {step.number for step in steps if step.meaning.event is WireEvent.REFUSED}
        for step in steps:
            if step.meaning.tone in _BARE_PRESENCE and not self._is_shown(step) and step.number not in refused:
                continue
            yield from self._quiet_before(step.at_ns)
            yield self._mark(step) if step.target is None else self._arrow(step, step.target)
            self._previous_ns = step.at_ns

    def end(self, last_ns: int, texts: list[str]) -> Iterator[Row]:
        """Say at the end what was still going on."""
        if not texts:
            return
        yield from self._quiet_before(last_ns)
        yield Mark(
            time=self._options.clock.text(last_ns, self._previous_ns),
            delta=self._delta(last_ns),
            at_ns=last_ns,
            column=None,
            text=f"capture ends: {', '.join(texts)}",
            tone=Tone.HOUSEKEEPING,
            lifelines=self._states(last_ns - 1),
        )

    def _is_shown(self, step: Step) -> bool:
        return all(self._columns.has(party) for party in (step.source, step.target) if party is not None)

    def _quiet_before(self, at_ns: int) -> Iterator[Quiet]:
        if self._previous_ns is None or at_ns - self._previous_ns < self._options.quiet_ns:
            return
        duration_ns = at_ns - self._previous_ns
        yield Quiet(
            duration=format_duration(duration_ns),
            duration_ns=duration_ns,
            lifelines=self._states(at_ns - duration_ns // 2),
        )

    def _arrow(self, step: Step, target: Party) -> Arrow:
        event = step.meaning.event
        functions = self._functions.get(event) if self._options.code and event else None
        return Arrow(
            number=step.number,
            folded=step.folded,
            time=self._options.clock.text(step.at_ns, self._previous_ns),
            delta=self._delta(step.at_ns),
            at_ns=step.at_ns,
            source=self._columns.place(step.source),
            target=self._columns.place(target),
            label=self._label(step),
            details=step.words.details,
            notes=step.notes,
            problems=step.problems,
            stroke=step.stroke,
            tone=step.meaning.tone,
            call=step.call,
            packet=step.packet,
            sent_by=functions.sender if functions else (),
            handled_by=functions.handler if functions else (),
            lifelines=self._states(step.at_ns),
        )

    def _mark(self, step: Step) -> Mark:
        return Mark(
            time=self._options.clock.text(step.at_ns, self._previous_ns),
            delta=self._delta(step.at_ns),
            at_ns=step.at_ns,
            column=self._columns.place(step.source),
            text=", ".join([step.words.label, *step.words.details]),
            tone=step.meaning.tone,
            lifelines=self._states(step.at_ns),
        )

    def _label(self, step: Step) -> str:
        """In the column of the others, say who it is."""
        for party in (step.source, step.target):
            if party is not None and party != SERVER and not self._columns.has(party):
                who = party.address if isinstance(party, Stranger) else self._name(party)
                return f"{who}: {step.words.label}"
        return step.words.label

    def _name(self, party: Party) -> str:
        return self._people.short(self._session, _peer_id(party))

    def _delta(self, at_ns: int) -> str:
        return "" if self._previous_ns is None else f"+{format_duration(at_ns - self._previous_ns)}"

    def _states(self, at_ns: int) -> tuple[Lifeline, ...]:
        return tuple(self._lifelines.at(party, at_ns) for party in self._columns.parties)
