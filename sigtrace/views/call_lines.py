"""One line a call: who called whom, how it went, and where to look when it went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.signals import Fate
from sigtrace.calls.verdict import Outcome
from sigtrace.signaling.content import SignalKind
from sigtrace.value import Value
from sigtrace.views.halves import first_packet_of
from sigtrace.views.quantities import count, format_duration, listed
from sigtrace.views.times import format_seconds
from sigtrace.views.wording import describe_candidates_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.verdict import Verdict
    from sigtrace.trace import Trace
    from sigtrace.views.people import People


class CallLine(Value, frozen=True, kw_only=True):
    """One call as a row, and what explains it."""

    number: int
    caller: str
    callee: str
    facts: tuple[str, ...]  # "offer 21.405 s", "answer +15 ms", …
    reason: str  # why it is not good; empty when it is
    outcome: str  # "complete", "never delivered"
    good: bool
    exchange: int | None  # the one to look at


_OUTCOMES = {
    Outcome.COMPLETE: "complete",
    Outcome.REFUSED: "refused",
    Outcome.UNDELIVERED: "never delivered",
    Outcome.UNANSWERED: "unanswered",
    Outcome.LATE_ANSWER: "answered too late",
    Outcome.ANSWER_LOST: "answer lost",
    Outcome.REJECTED: "rejected",
    Outcome.NO_CANDIDATES: "no candidates",
    Outcome.GLARE: "glare",
    Outcome.LOOPBACK: "loopback",
    Outcome.PARTIAL: "seen in part",
}


def name_outcome(verdict: Verdict | None) -> str:
    """Name what a call came to."""
    return _OUTCOMES[verdict.outcome] if verdict else "not judged"


def describe_call(trace: Trace, people: People, call: Call) -> CallLine:
    """Describe one call."""
    verdict = trace.verdicts.get(call.number)
    return _describe(trace, people, call, verdict)


def _describe(trace: Trace, people: People, call: Call, verdict: Verdict | None) -> CallLine:
    telling = trace.signal(verdict.signal) if verdict and verdict.signal is not None else None
    first = telling or (trace.signal(call.signals[0]) if call.signals else None)
    return CallLine(
        number=call.number,
        caller=people.short(call.session, call.caller),
        callee=people.short(call.session, call.callee),
        facts=tuple(_facts(trace, people, call)),
        reason=_Reason(trace, people, call, telling).of(verdict) if verdict and not verdict.good else "",
        outcome=name_outcome(verdict),
        good=verdict is None or verdict.good,
        exchange=(first.sent_by or first.delivered_by) if first else None,
    )


def _facts(trace: Trace, people: People, call: Call) -> list[str]:
    facts = _describe_opening(trace, call)
    facts += _describe_candidates(trace, call)
    facts += _describe_more_offers(trace, call)
    if call.loopback:
        facts.append("the caller talks to itself")
    ending = _ending(people, call)
    return [*facts, *([ending] if ending else [])]


_IN_WORDS = {SignalKind.OFFER: "offer", SignalKind.ANSWER: "answer"}


def _describe_candidates(trace: Trace, call: Call) -> Iterator[str]:
    """Say how many candidates each side signaled; whoever does not trickle has them in its description."""
    within: dict[str, int] = {}
    for signal in map(trace.signal, call.signals):
        held = _candidates_within(signal) if signal is not None and signal.fate is not Fate.REFUSED else 0
        if signal is not None and held and signal.kind in _IN_WORDS:
            word = _IN_WORDS[signal.kind]
            within[word] = max(within.get(word, 0), held)
    told = [f"{held} in the {word}" for word, held in sorted(within.items(), reverse=True)]  # the offer first
    if told and not call.caller_candidates and not call.callee_candidates:
        yield f"candidates: {', '.join(told)}"
        return
    yield describe_candidates_count(call.caller_candidates, call.callee_candidates)
    yield from told


def _candidates_within(signal: Signal) -> int:
    """Count the candidates in a description; sections that are bundled say the same ones."""
    media = signal.content.description.media if signal.content.description else ()
    return len({(one.transport, one.address, one.port) for section in media for one in section.candidates})


def _describe_more_offers(trace: Trace, call: Call) -> Iterator[str]:
    """Say how many offers there were beside the one that the call is about; what the server refused is no re-offer."""
    if call.offers == 1 or call.glare:
        return
    signals = [signal for signal in map(trace.signal, call.signals) if signal is not None]
    refused = sum(signal.kind is SignalKind.OFFER and signal.fate is Fate.REFUSED for signal in signals)
    if call.offers - refused > 1:
        yield count(call.offers - refused - 1, "re-offer")
    if refused:
        yield f"{count(refused, 'offer')} refused"


def _describe_opening(trace: Trace, call: Call) -> list[str]:
    """Say when offer and answer were sent, as far as they were captured."""
    offered, answered = (
        None if at_ns is None else format_seconds(at_ns, trace.first_ns)
        for at_ns in (call.offered_ns, call.answered_ns)
    )
    if offered is None:
        began = format_seconds(call.began_ns, trace.first_ns)
        return ["offer not captured", f"answer at {answered}" if answered else f"from {began} on"]
    if answered is None:
        return [f"offer at {offered}"]
    quick = call.answer_time_ns is not None and call.answer_time_ns >= 0  # else captured in the wrong order
    return [
        f"offer at {offered}",
        f"answer +{format_duration(call.answer_time_ns or 0)}" if quick else f"answer at {answered}",
    ]


_LEAVING = frozenset({CallEnd.SIGNED_OUT, CallEnd.VANISHED, CallEnd.DROPPED})


def _ending(people: People, call: Call) -> str:
    by = f" by {people.short(call.session, call.ended_by)}" if call.ended_by is not None else ""
    after = f" after {format_duration(call.duration_ns)}" if call.duration_ns is not None else ""
    if call.ended is CallEnd.REFUSED:
        return ""  # the reason says it
    who = people.short(call.session, call.ended_by)
    if call.ended in _LEAVING and call.duration_ns == 0:
        return f"{who} had gone before"  # and the offer came all the same
    if call.ended is CallEnd.VANISHED:
        return f"{who} vanished{after}"
    if call.ended is CallEnd.DROPPED:
        return f"{who} was dropped by the server{after}"
    names = {
        CallEnd.BYE: f"BYE{by}{after}",
        CallEnd.SIGNED_OUT: f"{who} left{after}",
        CallEnd.SERVER_QUIT: f"server quit{after}",
        CallEnd.SUPERSEDED: "replaced by a new call",
        CallEnd.CAPTURE_ENDED: "still on when the capture ended",
    }
    return names[call.ended]


class _Reason:
    """Says of a call that failed where and why, with the packets to look at."""

    def __init__(self, trace: Trace, people: People, call: Call, signal: Signal | None) -> None:
        self._trace = trace
        self._people = people
        self._call = call
        self._signal = signal

    def of(self, verdict: Verdict) -> str:
        callee = self._people.short(self._call.session, self._call.callee)
        caller = self._people.short(self._call.session, self._call.caller)
        packet = self._packet()
        silent = [self._people.short(self._call.session, peer) for peer in verdict.without_candidates]
        reasons = {
            Outcome.REFUSED: f"the offer{packet} was refused {self._how_refused()}",
            Outcome.UNDELIVERED: f"the offer was never delivered{packet}: {self._why_undelivered(callee)}",
            Outcome.UNANSWERED: self._why_unanswered(callee, packet),
            Outcome.LATE_ANSWER: f"{callee} answered{packet} when the call had been ended",
            Outcome.ANSWER_LOST: f"the answer was never delivered{packet}: {self._why_undelivered(caller)}",
            Outcome.REJECTED: f"the answer takes none of the media{packet}",
            Outcome.NO_CANDIDATES: f"{listed(silent)} sent no candidates and cannot be reached" if silent else "",
            Outcome.GLARE: f"both offered at once{packet}, and neither answered",
        }
        return reasons.get(verdict.outcome, "")

    def _packet(self) -> str:
        number = self._signal.sent_by if self._signal else None
        packet = first_packet_of(self._trace, number) if number is not None else None
        return "" if packet is None else f" (packet {packet})"

    def _how_refused(self) -> str:
        exchange = self._trace.exchange(self._signal.sent_exchange or 0) if self._signal else None
        return f"with {exchange.response.status}" if exchange and exchange.response else "by the server"

    def _why_unanswered(self, callee: str, packet: str) -> str:
        if self._signal is not None and self._signal.fate is Fate.UNSEEN:
            return f"whether {callee} got the offer{packet} was not captured, nor an answer"
        return f"{callee} got the offer{packet} and never answered{self._busy()}"

    def _busy(self) -> str:
        """A client that has one call at a time drops what a third peer sends, without a word."""
        call = self._call
        if not any(one.one_call_at_a_time for one in self._trace.protocols if one.name == call.protocol):
            return ""
        others = (other for other in self._trace.calls if other is not call and other.session == call.session)
        for other in others:
            on_then = other.began_ns <= call.began_ns and (other.ended_ns is None or other.ended_ns > call.began_ns)
            if on_then and other.answered_ns is not None and call.callee in (other.caller, other.callee):
                return f": busy in call {other.number}"
        return ""

    def _why_undelivered(self, name: str) -> str:
        """Whose mailbox kept it, and since when nobody looked into it."""
        signal = self._signal
        if signal is None or signal.fate is not Fate.UNDELIVERED or signal.receiver is None:
            return "it is not in the capture"
        own = [wait for wait in self._trace.waits if (wait.session, wait.peer) == (signal.session, signal.receiver)]
        return (
            self._why_not_pushed(name, signal) if not own and self._has_channels() else self._why_queued(name, signal)
        )

    def _has_channels(self) -> bool:
        return any(act.session == self._call.session for act in self._trace.acts)

    def _why_not_pushed(self, name: str, signal: Signal) -> str:
        """Whoever has a WebSocket open gets what comes at once."""
        stays = [peer for peer in self._trace.peers if (peer.session, peer.id) == (signal.session, signal.receiver)]
        if not stays:
            return f"nobody went by {name}"
        gone = [peer.left_ns for peer in stays if peer.left_ns is not None and peer.left_ns <= signal.began_ns]
        if len(gone) == len(stays):
            return f"{name} had left at {format_seconds(max(gone), self._trace.first_ns)}"
        return f"the server did not pass it on to {name}"

    def _why_queued(self, name: str, signal: Signal) -> str:
        ended = [
            wait
            for wait in self._trace.waits
            if (wait.session, wait.peer) == (signal.session, signal.receiver)
            and (wait.asked_ns or 0) <= signal.began_ns
        ]
        if not ended:
            return f"{name} never had a wait open"
        last = max(ended, key=lambda wait: wait.ended_ns)
        if not signal.queued:
            return f"{name}'s wait was open and was not answered"
        return f"{name} had no wait open from {format_seconds(last.ended_ns, self._trace.first_ns)} on"
