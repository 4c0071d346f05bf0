"""The summary of a trace on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.notices import Severity
from sigtrace.render.terminal.facts import INDENT, render_fact
from sigtrace.render.terminal.line import (
    DIM,
    FAILURE,
    GOOD,
    PLAIN,
    STRONG_FAILURE,
    TITLE,
    WARNING,
    Line,
    call_hue,
    join_lines,
)
from sigtrace.render.terminal.table import Cell, TableColumn, render_table
from sigtrace.render.terminal.wrap import wrap_line
from sigtrace.views.people import BRIEF_ID
from sigtrace.views.wording import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.render.terminal.screen import Screen
    from sigtrace.views.call_lines import CallLine
    from sigtrace.views.peer_lines import PeerLine
    from sigtrace.views.summary import NoticeLine, SessionLines, Summary

_PEER_COLUMNS = (
    TableColumn("", right=True, least=BRIEF_ID),
    TableColumn("", least=9, wraps=False),
    TableColumn("", least=12, wraps=False, drop=2),
    TableColumn("room", least=BRIEF_ID + 1, wraps=False),
    TableColumn("there", right=True, least=40),
    TableColumn("waits", right=True, least=40, drop=1),
    TableColumn("longest", right=True, least=40),
    TableColumn("blind", right=True, least=40, drop=3),  # `waits` has it
    TableColumn("", least=len("vanished")),
)
_NOTICES_SHOWN = 5
_SEVERITY = {Severity.ERROR: FAILURE, Severity.WARNING: WARNING, Severity.INFO: DIM}


def render_summary(summary: Summary, screen: Screen) -> str:
    """Render a summary as text, each line with its end."""
    return join_lines(_Page(summary, screen).lines())


class _Page:
    def __init__(self, summary: Summary, screen: Screen) -> None:
        self._summary = summary
        self._screen = screen
        self._join = screen.glyphs.join

    def lines(self) -> Iterator[Line]:
        yield from self._capture()
        if self._summary.nothing:
            yield Line(self._screen)
            for text in self._summary.nothing:
                yield from wrap_line(text, self._screen)
        for session in self._summary.sessions:
            yield Line(self._screen)
            yield from self._session(session)
        if self._summary.calls:
            yield Line(self._screen)
            yield from self._calls()
        yield from self._facts()
        yield Line(self._screen)
        yield from self._notices()
        yield from self._next()

    def _capture(self) -> Iterator[Line]:
        facts = self._join.join(self._screen.clean(fact) for fact in self._summary.capture)
        line = Line(self._screen).add(self._summary.title, TITLE)
        if _is_over(self._screen, line.width + 4 + self._screen.cells(facts)):
            yield from wrap_line(self._summary.title, self._screen, TITLE)
            yield from wrap_line(facts, self._screen)
        else:
            yield line.add("    ").add(facts)
        for warning in self._summary.warnings:
            yield from wrap_line(warning, self._screen, WARNING)

    # --- peers

    def _session(self, session: SessionLines) -> Iterator[Line]:
        heading = Line(self._screen).add("PEERS", TITLE).to(INDENT).add(session.server)
        if _is_over(self._screen, heading.width + self._screen.cells(f"{self._join}{session.remark}")):
            yield heading
            yield Line(self._screen).to(INDENT).add(session.remark, DIM)
        else:
            yield heading.add(f"{self._join}{session.remark}", DIM)
        yield from render_table(_PEER_COLUMNS, [self._peer(peer) for peer in session.peers], self._screen, indent=2)
        if session.more_peers:
            yield Line(self._screen).to(3).add(f"   {self._screen.glyphs.more} {session.more_peers:,} more", DIM)

    def _peer(self, peer: PeerLine) -> list[Cell]:
        return [
            Cell(peer.id),
            Cell(peer.name or "unnamed", PLAIN if peer.name else DIM, brief=peer.brief),
            Cell(peer.address, DIM),
            Cell(peer.room),
            Cell(peer.there),
            Cell(peer.waits),
            Cell(peer.longest),
            Cell(peer.blind, DIM),
            Cell(peer.departure, FAILURE if peer.vanished else DIM),
        ]

    # --- calls

    def _calls(self) -> Iterator[Line]:
        yield Line(self._screen).add("CALLS", TITLE)
        names = [self._names(call) for call in self._summary.calls]
        hang = 9 + max(map(self._screen.cells, names))
        for call, text in zip(self._summary.calls, names, strict=True):
            yield from self._call(call, text, hang)
        if self._summary.more_calls:
            more = f"{self._screen.glyphs.more} and {', '.join(self._summary.more_calls)}"
            yield Line(self._screen).to(6).add(more, DIM)

    def _names(self, call: CallLine) -> str:
        """Who called whom; names of strangers may be of any length."""
        room = 1000 if self._screen.width is None else max(self._screen.width // 6, 8)
        names = (self._fitted(self._screen.clean(name), room) for name in (call.caller, call.callee))
        return f" {self._screen.glyphs.to} ".join(names)

    def _fitted(self, name: str, room: int) -> str:
        """Shorten a name: of a path its end is telling, of all others both ends."""
        if not name.startswith("/") or "#" in name or self._screen.cells(name) <= room:
            return self._screen.shorten(name, room)
        return self._screen.shorten(f"{self._screen.glyphs.more}/{name.rpartition('/')[2]}", room + 1)

    def _call(self, call: CallLine, names: str, hang: int) -> Iterator[Line]:
        glyphs, screen = self._screen.glyphs, self._screen
        verdict = f"{glyphs.good if call.good else glyphs.bad} {call.outcome}"
        pieces = [*((fact, PLAIN) for fact in call.facts), (verdict, GOOD if call.good else STRONG_FAILURE)]
        line = Line(screen).add(f"{call.number:>4}").add("  ").add(names, call_hue(call.number)).to(hang)
        for place, (text, style) in enumerate(pieces):
            clean = screen.clean(text)
            clean = clean if screen.width is None else screen.shorten(clean, screen.width - hang)
            joint = "" if line.width == hang else "   " if place == len(pieces) - 1 else self._join
            if line.width > hang and _is_over(screen, line.width + screen.cells(joint + clean)):
                yield line
                line, joint = Line(screen).add(" " * hang), ""
            line.add(joint, DIM).add(clean, style)
        yield line
        if call.reason:
            yield from wrap_line(call.reason, self._screen, FAILURE, indent=hang)

    # --- numbers, notices, what next

    def _facts(self) -> Iterator[Line]:
        summary = self._summary
        facts = (("WAITS", summary.waits), ("RELAYS", summary.relays), ("TIMING", summary.timing))
        if any(fact for _, fact in facts):
            yield Line(self._screen)
        for title, fact in facts:
            if fact is not None:
                yield from render_fact(title, fact, self._screen)

    def _notices(self) -> Iterator[Line]:
        notices = self._summary.notices
        if not notices:
            yield Line(self._screen).add("No notices.", DIM)
            return
        yield Line(self._screen).add("NOTICES", TITLE)
        shown = notices[: _NOTICES_SHOWN if len(notices) > _NOTICES_SHOWN + 1 else None]
        for notice in shown:
            yield from self._notice(notice)
        if len(notices) > len(shown):
            yield (
                Line(self._screen)
                .to(3)
                .add(f"   {self._screen.glyphs.more} {len(notices) - len(shown)} more kinds", DIM)
            )

    def _notice(self, notice: NoticeLine) -> Iterator[Line]:
        screen = self._screen
        line = Line(screen).add(f"{notice.count:>6,}  ").add(notice.code, _SEVERITY[notice.severity]).add("  ")
        text = screen.clean(notice.text + place_of(notice.packet, notice.offset))
        if _is_over(screen, line.width + screen.cells(text)):
            yield line
            yield from wrap_line(text, screen, DIM, indent=8)
        else:
            yield line.add(text, DIM)

    def _next(self) -> Iterator[Line]:
        """Each command on lines of its own, so that it can be copied; a shell takes them as one."""
        if self._summary.next:
            yield Line(self._screen)
        for place, words in enumerate(self._summary.next):
            line = Line(self._screen).add("next" if place == 0 else "", DIM)
            for number, text in enumerate(self._broken(words)):
                yield line.to(INDENT + 2 * (number > 0)).add(text)
                line = Line(self._screen)

    def _broken(self, words: Sequence[str]) -> Iterator[str]:
        """Break a command between words, as a shell reads it; a name that fits on no line is left to the reader."""
        screen = self._screen
        if screen.width is None:
            yield " ".join(words)
            return
        room = screen.width - INDENT - len("   \\")
        fitting = [word if screen.cells(screen.clean(word)) <= room else "…" for word in words]
        line = fitting[0]
        for place, word in enumerate(fitting[1:], 2):
            longer = f"{line} {word}"
            if screen.cells(screen.clean(longer)) > room + 2 * (place == len(words)):
                yield f"{line} \\"
                longer = word
            line = longer
        yield line


def _is_over(screen: Screen, width: int) -> bool:
    return screen.width is not None and width > screen.width
