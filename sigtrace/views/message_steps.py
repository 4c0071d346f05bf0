"""The two legs of a message between peers, or of a run of candidates: sent to the server, delivered by a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.signals import Fate
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.functions import WireEvent
from sigtrace.views.ladder_rows import Stroke, Tone
from sigtrace.views.quantities import format_duration
from sigtrace.views.step import Meaning, acknowledgement_step, answer_step, refusal_step, request_step
from sigtrace.views.wording import Words, describe_candidates, describe_fate, describe_hang, describe_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Exchange, Request, Response
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.waits import Wait
    from sigtrace.views.people import Party
    from sigtrace.views.scene import Scene
    from sigtrace.views.step import Step

_SENT = {
    SignalKind.OFFER: WireEvent.DESCRIPTION_SENT,
    SignalKind.ANSWER: WireEvent.DESCRIPTION_SENT,
    SignalKind.PRANSWER: WireEvent.DESCRIPTION_SENT,
    SignalKind.CANDIDATE: WireEvent.CANDIDATE_SENT,
    SignalKind.BYE: WireEvent.BYE_SENT,
}
_DELIVERED = {
    SignalKind.OFFER: WireEvent.OFFER_DELIVERED,
    SignalKind.ANSWER: WireEvent.ANSWER_DELIVERED,
    SignalKind.PRANSWER: WireEvent.ANSWER_DELIVERED,
    SignalKind.CANDIDATE: WireEvent.CANDIDATE_DELIVERED,
    SignalKind.BYE: WireEvent.BYE_DELIVERED,
    SignalKind.OFFER_LOOPBACK: WireEvent.LOOPBACK_DELIVERED,
}


def tell_message(scene: Scene, exchange: Exchange, signal: Signal, author: Party) -> Iterator[Step]:
    """Tell the exchange that sent a message; of a run, the first one speaks for all."""
    run = scene.run_of(signal)
    response = exchange.response
    if exchange.request is not None and (run is None or run.first is signal):
        yield _sent(scene, exchange, exchange.request, signal, author)
    if response is None:
        return
    if signal.fate is Fate.ECHOED:
        words = Words(describe_signal(signal).label, ("to itself",))
        meaning = Meaning(Tone.SIGNAL, WireEvent.MESSAGE_DELIVERED)
        step = answer_step(exchange, response, author, words, meaning)
        step.call = signal.call
        yield step
    elif response.status >= 400:
        yield refusal_step(exchange, response, author)
    else:
        yield acknowledgement_step(exchange, response, author, WireEvent.MESSAGE_ACCEPTED)


def _sent(scene: Scene, exchange: Exchange, request: Request, signal: Signal, author: Party) -> Step:
    run = scene.run_of(signal)
    signals = run.signals if run else [signal]
    words = describe_candidates(signals) if run else describe_signal(signal)
    words = Words(words.label, tuple(detail for detail in words.details if detail != signal.content.problem))
    if scene.crowded or signal.receiver is None:
        words = Words(words.label, (f"for {scene.short(signal.receiver)}", *words.details))
    meaning = Meaning(Tone.SIGNAL, _SENT.get(signal.kind, WireEvent.MESSAGE_SENT))
    step = request_step(exchange, request, author, words, meaning)
    step.call = signal.call
    step.folded = len(signals)
    if run and run.span_ns:
        step.notes = (*step.notes, f"over {format_duration(run.span_ns)}")
    if signal.content.problem and not run and not request.body.missing:  # else the request's damage says it
        step.problems = (*step.problems, signal.content.problem)
    step.problems = (*step.problems, *describe_fate(signals))
    return step


def tell_delivery(scene: Scene, exchange: Exchange, response: Response, wait: Wait, signal: Signal) -> Iterator[Step]:
    """Tell the wait's answer that delivered a message; of a run, the first delivery speaks for all."""
    run = scene.run_of(signal)
    if run is not None and run.first_delivered is not signal:
        return
    signals = run.signals if run else [signal]
    author = wait.peer if wait.peer is not None else scene.people.author(exchange, scene.session)
    unsent = signal.fate is Fate.UNSENT
    origin = (f"from {scene.short(signal.sender)}",) if unsent or scene.crowded else ()
    label = (describe_candidates(signals) if run else describe_signal(signal)).label
    meaning = Meaning(Tone.SIGNAL, _DELIVERED.get(signal.kind, WireEvent.MESSAGE_DELIVERED))
    step = answer_step(exchange, response, author, Words(label, (*origin, *describe_hang(wait))), meaning)
    step.stroke = Stroke.RELEASE
    step.call = signal.call
    step.number = signal.sent_exchange if signal.sent_exchange is not None else exchange.number
    step.folded = len(signals)
    step.notes = (*step.notes, *_describe_relay(signals))
    step.problems = (*step.problems, *(describe_fate(signals) if unsent else ()))
    yield step


def _describe_relay(signals: list[Signal]) -> tuple[str, ...]:
    """Say how long the server took, and whether it had to keep the message."""
    times = [signal.relay_ns for signal in signals if signal.relay_ns is not None]
    queued = sum(bool(signal.queued) for signal in signals)
    if not times:
        return ()
    took = format_duration(max(times))
    if len(signals) == 1:
        return (f"queued {took}: no wait open",) if queued else (f"relayed in {took}",)
    return (f"relayed within {took}, {queued} queued" if queued else f"relayed within {took}",)
