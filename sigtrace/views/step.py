"""One step of a session's story: a row of the chart before it is placed; and the steps that any exchange has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.application.http.message import ExchangeEnd
from sigtrace.signaling.functions import WireEvent
from sigtrace.text import decode_text
from sigtrace.views.abridged import abridged
from sigtrace.views.ladder_rows import Stroke, Tone
from sigtrace.views.people import SERVER
from sigtrace.views.quantities import count
from sigtrace.views.wording import Words

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange, Request, Response
    from sigtrace.views.people import Party

_REASON_LENGTH = 40
"""Bytes of a refusal's body that are shown as its reason; a page says nothing more than its status."""


class Meaning(NamedTuple):
    """What a step is to the reader, and which functions are behind it."""

    tone: Tone
    event: WireEvent | None = None


@dataclass(slots=True, kw_only=True)
class Step:
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


_NO_ANSWER = {
    ExchangeEnd.CAPTURE_ENDED: "no answer when the capture ended",
    ExchangeEnd.CLIENT_CLOSED: "closed by the client before an answer came",
    ExchangeEnd.SERVER_CLOSED: "closed by the server without an answer",
    ExchangeEnd.CLIENT_RESET: "reset by the client before an answer came",
    ExchangeEnd.SERVER_RESET: "reset by the server",
    ExchangeEnd.LOST: "the answer was not captured",
}


def request_step(exchange: Exchange, request: Request, author: Party, words: Words, meaning: Meaning) -> Step:
    """Make the step of a request."""
    problems = _describe_damage(request)
    if exchange.response is None and meaning.event is not WireEvent.WAIT and exchange.end in _NO_ANSWER:
        problems = (*problems, _NO_ANSWER[exchange.end])
    return Step(
        at_ns=request.span.start_ns,
        packet=request.span.first_packet,
        source=author,
        target=SERVER,
        words=words,
        meaning=meaning,
        number=exchange.number,
        notes=("retransmitted",) if exchange.request_retransmitted else (),
        problems=problems,
    )


def answer_step(exchange: Exchange, response: Response, author: Party, words: Words, meaning: Meaning) -> Step:
    """Make the step of a response."""
    return Step(
        at_ns=response.span.start_ns,
        packet=response.span.first_packet,
        source=SERVER,
        target=author,
        words=words,
        meaning=meaning,
        stroke=Stroke.ANSWER,
        number=exchange.number,
        problems=_describe_damage(response),
    )


def refusal_step(exchange: Exchange, response: Response, author: Party) -> Step:
    """Make the step of a response that refuses."""
    words = Words(_status_line(response), _reason(response))
    return answer_step(exchange, response, author, words, Meaning(Tone.FAILURE, WireEvent.REFUSED))


def acknowledgement_step(exchange: Exchange, response: Response, author: Party, event: WireEvent) -> Step:
    """Make the step of a response that says nothing but that it is well; it matters only when it is damaged."""
    words = Words(_status_line(response))
    step = answer_step(exchange, response, author, words, Meaning(Tone.HOUSEKEEPING, event))
    step.minor = not step.problems
    return step


def _describe_damage(half: Request | Response) -> tuple[str, ...]:
    if half.body.missing:
        return (f"{count(half.body.missing, 'byte')} never captured",)
    return () if half.complete else ("cut short",)


def _status_line(response: Response) -> str:
    return f"{response.status} {abridged(decode_text(response.reason))}".strip()


def _reason(response: Response) -> tuple[str, ...]:
    body = response.body.content or b""
    return (decode_text(body).strip(),) if 0 < len(body) <= _REASON_LENGTH and not body.startswith(b"<") else ()
