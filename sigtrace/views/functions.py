"""Which functions of the sample programs are behind an exchange: behind its request, its answer, or its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.value import Value
from sigtrace.views.ladder_rows import Stroke
from sigtrace.views.people import SERVER
from sigtrace.views.scene import Scene
from sigtrace.views.story import Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.websocket.message import Message
    from sigtrace.signaling.functions import Functions, WireEvent
    from sigtrace.trace import Trace
    from sigtrace.views.people import People
    from sigtrace.views.step import Step


class Code(Value, frozen=True, kw_only=True):
    """The functions on both ends of one half of an exchange, outermost first; either side may be empty."""

    half: str  # "request", "response", "end"
    sent_by: tuple[str, ...]
    handled_by: tuple[str, ...]


def functions_of(trace: Trace, protocol: str) -> Mapping[WireEvent, Functions]:
    """Return the functions behind what a protocol sends, by what it is; empty where nobody knows them."""
    return next((one.functions for one in trace.protocols if one.name == protocol), {})


class CodeBehind:
    """Finds the functions behind exchanges and messages, through the steps that the chart would show of them."""

    def __init__(self, trace: Trace, people: People) -> None:
        self._trace = trace
        self._people = people
        self._stories: dict[int, Story] = {}

    def of(self, carrier: Exchange | Message) -> tuple[Code, ...]:
        """Return what is behind an exchange or message, in order of time; nothing when it is no signaling."""
        number = self._people.session_of(carrier)
        if number is None:
            return ()
        session = self._trace.session(number)
        known = functions_of(self._trace, session.protocol if session is not None else "")
        return tuple(_codes(self._story(number).tell(carrier), known))

    def _story(self, session: int) -> Story:
        if session not in self._stories:
            self._stories[session] = Story(Scene(self._trace, self._people, session, fold=False))
        return self._stories[session]


def _codes(steps: Iterator[Step], known: Mapping[WireEvent, Functions]) -> Iterator[Code]:
    for step in steps:
        functions = known.get(step.meaning.event) if step.meaning.event is not None else None
        if functions is not None:
            yield Code(half=_half(step), sent_by=functions.sender, handled_by=functions.handler)


def _half(step: Step) -> str:
    if step.stroke is Stroke.BROKEN:
        return "end"
    return "request" if step.target == SERVER else "response"
