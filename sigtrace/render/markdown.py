r"""What was negotiated as Markdown, for issues and reports.

Text of strangers is made harmless twice: control characters become visible, as on a terminal, and what Markdown or HTML
would obey is escaped, so that a peer named `<img src=x>` or `**bob**` reads as it is spelled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigtrace.render.escape import make_visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sigtrace.views.negotiation import Negotiations, NegotiationView, Round

_SPECIAL = re.compile(r"[\\`*_\[\]<>!|~$&]|:(?=//)")
_BACKTICKS = re.compile("`+")


def render_negotiation(negotiations: Negotiations) -> str:
    """Render the negotiations of all calls as Markdown (CommonMark, with the tables of GitHub)."""
    if not negotiations.calls:
        return "".join(f"{_text(sentence)}\n" for sentence in negotiations.nothing)
    return "\n".join("\n".join(_call(call)) + "\n" for call in negotiations.calls)


def _call(call: NegotiationView) -> Iterator[str]:
    yield f"## Call {call.call}: {_text(call.caller)} → {_text(call.callee)}"
    if not call.rounds:
        yield from ("", "No offer and no answer were captured.")
    for number, one in enumerate(call.rounds, 1):
        yield ""
        if len(call.rounds) > 1:
            yield from (f"### Round {number}", "")
        yield from _round(one)
    yield from ("", "| peer | candidates |", "| --- | --- |")
    for row in call.candidates:
        yield f"| {_text(row.peer)} | {'<br>'.join(map(_text, row.candidates)) or 'none'} |"


def _round(one: Round) -> Iterator[str]:
    yield from (" · ".join(map(_text, one.title)), "")
    rows = [
        (f"{row.mid} {row.kind}", "  ".join(row.offered), "  ".join(row.answered), ", ".join(row.agreed))
        for row in one.media
    ]
    rows += [(row.name, row.offered, row.answered, row.agreed) for row in one.transport]
    yield from _table(("", "offered", "answered", "agreed"), rows)
    for remark in one.remarks:
        yield from ("", f"**{_text(remark)}**")
    for raw in one.raw:
        yield from ("", "<details>", f"<summary>{_text(raw.title)}</summary>", "")
        yield from _block(raw.sdp)
        yield from ("", "</details>")


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(map(_text, row))} |"


def _block(text: str) -> Iterator[str]:
    """A fenced block; the fence is longer than any run of backticks inside it."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    yield from (f"{fence}sdp", *map(make_visible, lines), fence)


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", make_visible(text.replace("\u00a0", " ")))
