"""One verdict a call: did the negotiation complete, and if not, what stopped it and which packets show it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.signals import Fate
from sigtrace.signaling.content import SignalKind
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.signals import Signal
    from sigtrace.signaling.events import PeerId


class Outcome(Enum):
    """What a call came to, as far as signaling tells."""

    COMPLETE = "complete"  # offer, answer and candidates of both sides were exchanged
    REFUSED = "refused"  # the server would not take the offer
    UNDELIVERED = "undelivered"  # the offer never reached the callee
    UNANSWERED = "unanswered"  # the offer was delivered and no answer came
    LATE_ANSWER = "late-answer"  # the call was ended before the answer was sent
    ANSWER_LOST = "answer-lost"  # the answer never reached the caller
    REJECTED = "rejected"  # the answer took none of the media
    NO_CANDIDATES = "no-candidates"  # a side that signals none cannot be reached
    GLARE = "glare"  # both offered at once
    LOOPBACK = "loopback"  # the caller talks to itself: nothing more is signaled
    PARTIAL = "partial"  # its beginning was not captured, or where its answer would have shown


GOOD = frozenset({Outcome.COMPLETE, Outcome.LOOPBACK, Outcome.PARTIAL})
"""Outcomes in which nothing is known to be wrong."""


class Verdict(Value, frozen=True, kw_only=True):
    """The outcome of a call and the signal that shows it best."""

    outcome: Outcome
    signal: int | None = None  # number of the signal to look at
    without_candidates: tuple[int | str, ...] = ()  # with NO_CANDIDATES: who signaled none

    @property
    def good(self) -> bool:
        """True when nothing is known to be wrong."""
        return self.outcome in GOOD


def judge(
    call: Call, signals: Sequence[Signal], servers: AbstractSet[PeerId] = frozenset(), *, in_part: bool = False
) -> Verdict:
    """Judge a call by its signals, which are in order of time.

    Args:
        call: the call.
        signals: all of it.
        servers: which peers of its session are the server itself.
        in_part: an answer may have been given that was not captured.
    """
    offers = [signal for signal in signals if signal.kind is SignalKind.OFFER]
    answers = [signal for signal in signals if signal.kind in (SignalKind.ANSWER, SignalKind.PRANSWER)]
    if call.ended is CallEnd.REFUSED:
        return Verdict(outcome=Outcome.REFUSED, signal=offers[-1].number)
    if call.loopback:
        return Verdict(outcome=Outcome.LOOPBACK)
    if answers:
        return _judge_answered(call, offers, answers, signals, servers)
    return _judge_unanswered(call, offers, in_part=in_part)


def _judge_unanswered(call: Call, offers: Sequence[Signal], *, in_part: bool) -> Verdict:
    if not offers:
        return Verdict(outcome=Outcome.PARTIAL)
    if call.glare:
        return Verdict(outcome=Outcome.GLARE, signal=offers[0].number)
    if all(offer.fate is Fate.UNDELIVERED for offer in offers):
        return Verdict(outcome=Outcome.UNDELIVERED, signal=offers[0].number)
    if in_part:
        return Verdict(outcome=Outcome.PARTIAL)
    return Verdict(outcome=Outcome.UNANSWERED, signal=offers[-1].number)


def _judge_answered(
    call: Call,
    offers: Sequence[Signal],
    answers: Sequence[Signal],
    signals: Sequence[Signal],
    servers: AbstractSet[PeerId],
) -> Verdict:
    answer = answers[-1]
    if call.ended is CallEnd.BYE and answers[0].began_ns > (call.ended_ns or 0):
        return Verdict(outcome=Outcome.LATE_ANSWER, signal=answers[0].number)
    if all(one.fate in (Fate.UNDELIVERED, Fate.REFUSED) for one in answers):
        return Verdict(outcome=Outcome.ANSWER_LOST, signal=answers[0].number)
    if _rejects_everything(answer):
        return Verdict(outcome=Outcome.REJECTED, signal=answer.number)
    silent = tuple(peer for peer in (call.caller, call.callee) if not _gave_candidates(peer, signals))
    if {call.caller, call.callee} & servers and not set(silent) & servers:
        silent = ()  # a server that can be reached learns by that where its client is (RFC 8445 §7.3.1.3)
    if silent and offers:
        return Verdict(outcome=Outcome.NO_CANDIDATES, signal=answer.number, without_candidates=silent)
    if not offers:
        return Verdict(outcome=Outcome.PARTIAL)
    return Verdict(outcome=Outcome.COMPLETE)


def _rejects_everything(answer: Signal) -> bool:
    """An answer refuses a medium by port zero (RFC 3264 §6)."""
    description = answer.content.description
    return description is not None and bool(description.media) and all(line.rejected for line in description.media)


def _gave_candidates(peer: int | str, signals: Sequence[Signal]) -> bool:
    """Candidates are trickled or stand in the description; what was not captured whole has the benefit of doubt."""
    for signal in signals:
        if signal.sender != peer:
            continue
        if signal.kind is SignalKind.CANDIDATE or signal.content.problem is not None:
            return True
        description = signal.content.description
        if description is not None and any(media.candidates for media in description.media):
            return True
    return False
