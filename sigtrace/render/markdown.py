"""Negotiations as Markdown, for reports and issues: tables of what was offered, answered and agreed, and the SDP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.views.negotiation import Negotiations, NegotiationView, RawDescription, Round

# What Markdown or the HTML it becomes would act on, and controls; all of it may come from a stranger.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&!]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_BACKTICKS = re.compile("`+")


def render_negotiation(negotiations: Negotiations) -> str:
    """Render the negotiations of all calls as a Markdown document (CommonMark with tables)."""
    if not negotiations.calls:
        return "\n".join(map(escape, negotiations.nothing)) + "\n"
    return "\n".join(line for call in negotiations.calls for line in _call(call))


def escape(text: str) -> str:
    """Make a text stand for itself, on one line."""
    return _MARKUP.sub(r"\\\g<0>", _CONTROL.sub(" ", text))


def _call(call: NegotiationView) -> Iterator[str]:
    yield f"## Call {call.call}: {escape(call.caller)} → {escape(call.callee)}"
    yield ""
    for one in call.rounds:
        yield from _round(one)
    if call.candidates:
        yield "### Candidates"
        yield ""
        for side in call.candidates:
            yield f"- {escape(side.peer)}"
            yield from (f"  - {escape(candidate)}" for candidate in side.candidates)
        yield ""


def _round(one: Round) -> Iterator[str]:
    yield f"### {escape(' · '.join(one.title))}"
    yield ""
    yield "| | offered | answered | agreed |"
    yield "|---|---|---|---|"
    for media in one.media:
        cells = (" ".join(part) for part in (media.offered, media.answered, media.agreed))
        yield _row(f"{media.mid} {media.kind}", *cells)
    for transport in one.transport:
        yield _row(transport.name, transport.offered, transport.answered, transport.agreed)
    yield ""
    for remark in one.remarks:
        yield f"- {escape(remark)}"
    if one.remarks:
        yield ""
    for raw in one.raw:
        yield from _raw(raw)


def _row(*cells: str) -> str:
    return f"| {' | '.join(map(escape, cells))} |"


def _raw(raw: RawDescription) -> Iterator[str]:
    """A fence is longer than any run of backticks in what it fences (CommonMark §4.5)."""
    lines = [_CONTROL.sub(" ", line) for line in raw.sdp.splitlines()]
    longest = max((len(run) for line in lines for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"#### {escape(raw.title)}", "", f"{fence}sdp", *lines, fence, "")
