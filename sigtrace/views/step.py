"""One step of a session's story: a row of the chart before it is placed; and the steps that any exchange has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigtrace.signaling.functions import WireEvent
from sigtrace.text import decode_text
from sigtrace.value import Struct
from sigtrace.views.abridged import abridged
from sigtrace.views.halves import half_of_response
from sigtrace.views.ladder_rows import Stroke, Tone
from sigtrace.views.people import SERVER
from sigtrace.views.wording import Words

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange, Response
    from sigtrace.views.halves import Half
    from sigtrace.views.people import Party

_REASON_LENGTH = 40
"""Bytes of a refusal's body that are shown as its reason; a page says nothing more than its status."""


class Meaning(NamedTuple):
    """What a step is to the reader, and which functions are behind it."""

    tone: Tone
    event: WireEvent | None = None


class Step(Struct, kw_only=True):
    """One row to be."""

    at_ns: int
    packet: int | None = None
    source: Party
    target: Party | None  # None: a mark at the source
    words: Words
    meaning: Meaning
    stroke: Stroke = Stroke.REQUEST
    number: int | None = None
    folded: int = 1
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    call: int | None = None
    minor: bool = False  # shown only when everything is asked for


def request_step(half: Half, author: Party, words: Words, meaning: Meaning) -> Step:
    """Make the step of what a client sent."""
    return Step(
        at_ns=half.at_ns,
        packet=half.packet,
        source=author,
        target=SERVER,
        words=words,
        meaning=meaning,
        number=half.number,
        notes=half.notes,
        problems=half.problems,
    )


def answer_step(half: Half, author: Party, words: Words, meaning: Meaning) -> Step:
    """Make the step of what the server sent."""
    return Step(
        at_ns=half.at_ns,
        packet=half.packet,
        source=SERVER,
        target=author,
        words=words,
        meaning=meaning,
        stroke=Stroke.ANSWER,
        number=half.number,
        problems=half.problems,
    )


def refusal_step(exchange: Exchange, response: Response, author: Party) -> Step:
    """Make the step of a response that refuses."""
    words = Words(_status_line(response), _reason(response))
    return answer_step(half_of_response(exchange, response), author, words, Meaning(Tone.FAILURE, WireEvent.REFUSED))


def acknowledgement_step(exchange: Exchange, response: Response, author: Party, event: WireEvent | None) -> Step:
    """Make the step of a response that says nothing but that it is well; it matters only when it is damaged."""
    words = Words(_status_line(response))
    step = answer_step(half_of_response(exchange, response), author, words, Meaning(Tone.HOUSEKEEPING, event))
    step.minor = not step.problems
    return step


def _status_line(response: Response) -> str:
    return f"{response.status} {abridged(decode_text(response.reason))}".strip()


def _reason(response: Response) -> tuple[str, ...]:
    body = response.body.content or b""
    return (decode_text(body).strip(),) if 0 < len(body) <= _REASON_LENGTH and not body.startswith(b"<") else ()
