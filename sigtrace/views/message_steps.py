"""The two legs of messages between peers, or of runs of candidates: sent to the server, delivered by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.calls.signals import Fate
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.functions import WireEvent
from sigtrace.views.ladder_rows import Stroke, Tone
from sigtrace.views.quantities import format_duration
from sigtrace.views.step import Meaning, answer_step, request_step
from sigtrace.views.wording import Words, describe_candidates, describe_fate, describe_hang, describe_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.calls.signals import Signal
    from sigtrace.calls.waits import Wait
    from sigtrace.views.halves import Half
    from sigtrace.views.scene import Scene
    from sigtrace.views.step import Step

FAN_OUT: Final = 3
"""Deliveries of one message to everyone that have a row each; more are a note beneath its sending."""

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
_MINOR = frozenset({SignalKind.END_OF_CANDIDATES})


def tell_sendings(scene: Scene, half: Half) -> Iterator[Step]:
    """Tell what one way of the wire sends: of a run of candidates, the first speaks for all."""
    for copies in scene.sent_in(half):
        run = scene.run_of(copies[0])
        if run is None or run.first is copies[0]:
            yield _sent(scene, half, copies)


def _sent(scene: Scene, half: Half, copies: list[Signal]) -> Step:
    """Tell one message on its way to the server, or, where that is a peer itself, between it and a client."""
    signal = copies[0]
    run = scene.run_of(signal)
    signals = run.signals if run else copies
    words = describe_candidates(signals) if run else describe_signal(signal)
    details = tuple(detail for detail in words.details if detail != signal.content.problem)
    words = Words(words.label, (*_addressed(scene, copies), *details))
    meaning = Meaning(Tone.SIGNAL, _SENT.get(signal.kind, WireEvent.MESSAGE_SENT))
    author = scene.author_at(half)
    step = request_step(half, author, words, meaning) if half.from_client else answer_step(half, author, words, meaning)
    step.call = signal.call
    step.folded = len(signals) if run else 1
    step.minor = signal.kind in _MINOR
    if run and run.span_ns:
        step.notes = (*step.notes, f"over {format_duration(run.span_ns)}")
    if len(copies) > FAN_OUT:
        step.notes = (*step.notes, *_describe_fan_out(copies))
    if signal.content.problem and not run and not half.missing:  # else the damage of the half says it
        step.problems = (*step.problems, signal.content.problem)
    step.problems = (*step.problems, *describe_fate(signals))
    return step


def _addressed(scene: Scene, copies: list[Signal]) -> tuple[str, ...]:
    """Say whom a message is for, where the columns do not say it by themselves."""
    signal = copies[0]
    if signal.to_all:
        return ("to all",)
    if signal.fate is Fate.DIRECT or len(copies) > 1:
        return ()
    if scene.crowded or signal.receiver is None:
        return (f"for {scene.short(signal.receiver)}",)
    return ()


def _describe_fan_out(copies: list[Signal]) -> tuple[str, ...]:
    times = [signal.relay_ns for signal in copies if signal.relay_ns is not None]
    return (f"to {len(times)} peers within {format_duration(max(times))}",) if times else ()


def tell_deliveries(scene: Scene, half: Half, wait: Wait | None = None) -> Iterator[Step]:
    """Tell the messages that one way of the wire brings a peer; of a run, the first delivery speaks for all."""
    for signal in scene.delivered_in(half):
        run = scene.run_of(signal)
        if run is None or run.first_delivered is signal:
            step = _delivered(scene, half, signal, wait)
            step.minor = _is_told_by_its_sending(scene, signal)
            yield step


def _delivered(scene: Scene, half: Half, signal: Signal, wait: Wait | None) -> Step:
    if signal.fate is Fate.ECHOED and signal.sent_by == half.number:
        return _answered_with_itself(scene, half, signal)
    run = scene.run_of(signal)
    signals = run.signals if run else [signal]
    unsent = signal.fate is Fate.UNSENT
    origin = (f"from {scene.short(signal.sender)}",) if unsent or scene.crowded else ()
    label = (describe_candidates(signals) if run else describe_signal(signal)).label
    meaning = Meaning(Tone.SIGNAL, _DELIVERED.get(signal.kind, WireEvent.MESSAGE_DELIVERED))
    details = (*origin, *(describe_hang(wait) if wait is not None else ()))
    step = answer_step(half, scene.author_at(half), Words(label, details), meaning)
    step.stroke = Stroke.RELEASE
    step.call = signal.call
    step.number = signal.sent_by if signal.sent_by is not None else half.number
    step.folded = len(signals)
    step.notes = (*step.notes, *_describe_relay(signals))
    step.problems = (*step.problems, *(describe_fate(signals) if unsent else ()))
    return step


def _answered_with_itself(scene: Scene, half: Half, signal: Signal) -> Step:
    """Tell the answer to a POST that is what was posted: its sender addressed itself."""
    words = Words(describe_signal(signal).label, ("to itself",))
    meaning = Meaning(Tone.SIGNAL, WireEvent.MESSAGE_DELIVERED)
    step = answer_step(half, scene.author_at(half), words, meaning)
    step.call = signal.call
    return step


def _is_told_by_its_sending(scene: Scene, signal: Signal) -> bool:
    """What went to many is told where it was sent, and so is what only came back; ends of candidates say little."""
    if signal.kind in _MINOR:
        return True
    if not signal.to_all or signal.sent_by is None:
        return False
    copies = scene.copies_of(signal)
    return len(copies) > FAN_OUT or (signal.fate is Fate.ECHOED and len(copies) > 1)


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
