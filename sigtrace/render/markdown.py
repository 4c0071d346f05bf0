r"""What was negotiated as Markdown, for issues and reports.

Text of strangers is made harmless twice: control characters become visible, as on a terminal, and what Markdown or HTML
would obey is escaped, so that a peer named `<img src=x>` or `**bob**` reads as it is spelled. What sites make links,
mentions or pictures of without being told (`evil.example`, `@all`, `#12`, `:boom:`) stands in code, where they do not.
"""

from __future__ import annotations

import re
from html import escape as escape_html
from typing import TYPE_CHECKING

from sigtrace.render.escape import make_visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sigtrace.views.negotiation import Negotiations, NegotiationView, Round

_SPECIAL = re.compile(r"[\\`*_\[\]<>!|~$&#]|:(?=//)")
_WORD = re.compile(r"[^\s|`]+")
_TEMPTING = re.compile(r"@|://|\w\.[^\W\d_]{2}|#\w|:[\w+-]+:|\b(?:mailto|xmpp):")
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
    for restart in one.restarts:
        yield from ("", _text(restart))
    for remark in one.remarks:
        yield from ("", f"**{_text(remark)}**")
    for raw in one.raw:
        yield from ("", "<details>", f"<summary>{_html(raw.title)}</summary>", "")
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
    return _divide(text, lambda plain: _SPECIAL.sub(r"\\\g<0>", plain), lambda tempting: f"`{tempting}`")


def _html(text: str) -> str:
    """The same inside of HTML, where backslashes are letters and Markdown is not read."""
    return _divide(text, escape_html, lambda tempting: f"<code>{escape_html(tempting)}</code>")


def _divide(text: str, plain: Callable[[str], str], tempting: Callable[[str], str]) -> str:
    """Write what could tempt a site in one way, and all else in another."""
    made, place = [], 0
    visible = make_visible(text.replace("\u00a0", " "))
    for word in _WORD.finditer(visible):
        if _TEMPTING.search(word[0]):
            made += [plain(visible[place : word.start()]), tempting(word[0])]
            place = word.end()
    return "".join([*made, plain(visible[place:])])
