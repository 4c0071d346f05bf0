"""What each call negotiated: offered, answered and agreed, section by section, and the candidates of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.signals import Fate
from sigtrace.sdp.agreement import agree, restarts_ice
from sigtrace.signaling.content import SignalKind
from sigtrace.value import Value
from sigtrace.views.abridged import PHRASE_LENGTH, abridged
from sigtrace.views.media_rows import MediaRow, compare_media
from sigtrace.views.nothing import explain_nothing
from sigtrace.views.people import People
from sigtrace.views.quantities import count
from sigtrace.views.times import format_seconds
from sigtrace.views.transport_rows import TransportRow, compare_transport
from sigtrace.views.wording import describe_fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.signals import Signal
    from sigtrace.sdp.agreement import Agreement
    from sigtrace.sdp.candidate import Candidate
    from sigtrace.sdp.description import Description
    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace


class RawDescription(Value, frozen=True, kw_only=True):
    """A description as it was on the wire."""

    title: str  # "offer bob@host-b (2) 21.405 s"
    exchange: int | None
    sdp: str


class CandidateRow(Value, frozen=True, kw_only=True):
    """The candidates one side signaled."""

    peer: str
    candidates: tuple[str, ...]  # "host udp 10.77.0.12:40213"


class Round(Value, frozen=True, kw_only=True):
    """One offer and its answer."""

    title: tuple[str, ...]  # "offer bob@host-b (2) 21.405 s", "answer alice@host-a (1) 21.420 s"
    media: tuple[MediaRow, ...]
    transport: tuple[TransportRow, ...]
    restarts: tuple[str, ...]  # "offer: ICE restart, new credentials", which is nothing wrong
    remarks: tuple[str, ...]  # malformed lines and what does not match
    answered: bool
    raw: tuple[RawDescription, ...]


class NegotiationView(Value, frozen=True, kw_only=True):
    """One call's negotiation."""

    call: int
    caller: str
    callee: str
    rounds: tuple[Round, ...]
    candidates: tuple[CandidateRow, ...]


class Negotiations(Value, frozen=True, kw_only=True):
    """Those of a trace."""

    calls: tuple[NegotiationView, ...]
    nothing: tuple[str, ...] = ()


def explain_negotiations(trace: Trace) -> Negotiations:
    """Explain what every call of a trace negotiated."""
    if not trace.calls:
        sentences = ("No call was captured: no offer, no answer, no candidate.",)
        return Negotiations(calls=(), nothing=sentences if trace.sessions else explain_nothing(trace))
    people = People(trace)
    return Negotiations(calls=tuple(_explain(trace, people, call) for call in trace.calls))


def _explain(trace: Trace, people: People, call: Call) -> NegotiationView:
    signals = [signal for number in call.signals if (signal := trace.signal(number)) is not None]
    rounds = []
    previous: dict[PeerId | None, Description] = {}
    for offer, answer in _pair(signals):
        rounds.append(_round(trace, people, offer, answer, previous))
        for signal in (offer, answer):
            if signal is not None and signal.content.description is not None:
                previous[signal.sender] = signal.content.description
    return NegotiationView(
        call=call.number,
        caller=people.numbered(call.session, call.caller),
        callee=people.numbered(call.session, call.callee),
        rounds=tuple(rounds),
        candidates=tuple(_candidates(people, call, signals)),
    )


def _pair(signals: Iterable[Signal]) -> Iterator[tuple[Signal | None, Signal | None]]:
    """Pair each offer with the last answer of the other side before the next offer; a pranswer may precede it."""
    offer: Signal | None = None
    answer: Signal | None = None
    for signal in signals:
        if signal.kind is SignalKind.OFFER:
            if offer is not None or answer is not None:
                yield offer, answer
            offer, answer = signal, None
        elif signal.kind in (SignalKind.ANSWER, SignalKind.PRANSWER):
            answer = signal
    if offer is not None or answer is not None:
        yield offer, answer


def _round(
    trace: Trace,
    people: People,
    offer: Signal | None,
    answer: Signal | None,
    previous: dict[PeerId | None, Description],
) -> Round:
    given = [signal for signal in (offer, answer) if signal is not None]
    offered = offer.content.description if offer else None
    answered = answer.content.description if answer else None
    agreement = agree(offered, answered) if offered and answered else None
    names = (
        people.short(given[0].session, given[0].sender if offer else given[0].receiver),
        people.short(given[0].session, answer.sender if answer else given[0].receiver),
    )
    titles = tuple(_title(trace, people, signal) for signal in given)
    return Round(
        title=(*titles, *((_why_alone(offer),) if offer and answer is None else ())),
        media=tuple(compare_media(offered, answered, agreement)),
        transport=tuple(compare_transport(offered, answered, agreement, names)),
        restarts=tuple(_restarts(given, previous)),
        remarks=tuple(_remarks(given, agreement)),
        answered=answer is not None,
        raw=tuple(
            RawDescription(
                title=title, exchange=signal.sent_exchange or signal.delivered_exchange, sdp=signal.content.sdp
            )
            for title, signal in zip(titles, given, strict=True)
            if signal.content.sdp is not None
        ),
    )


def _why_alone(offer: Signal) -> str:
    """Say what became of an offer that has no answer: whoever never had it cannot be blamed."""
    fate = () if offer.fate is Fate.UNSENT else describe_fate([offer])  # it came, wherever it was sent
    return next(iter(fate), "never answered")


def _title(trace: Trace, people: People, signal: Signal) -> str:
    when = format_seconds(signal.began_ns, trace.first_ns)
    return f"{signal.kind.value} by {people.short_numbered(signal.session, signal.sender)} at {when}"


def _restarts(given: list[Signal], previous: dict[PeerId | None, Description]) -> Iterator[str]:
    for signal in given:
        before, description = previous.get(signal.sender), signal.content.description
        if before is not None and description is not None and restarts_ice(before, description):
            yield f"{signal.kind.value}: ICE restart, new credentials"


def _remarks(given: list[Signal], agreement: Agreement | None) -> Iterator[str]:
    for signal in given:
        description = signal.content.description
        if signal.content.problem:
            yield f"{signal.kind.value}: {signal.content.problem}"
        if description is None:
            continue
        if description.malformed:
            first = description.malformed[0]
            malformed = count(len(description.malformed), "malformed line")
            yield f"{signal.kind.value}: {malformed}, the first is line {first.number}: {first.reason}"
    for media in agreement.media if agreement else ():
        if media.mid_mismatch and media.answered:
            mids = [abridged(str(mid)) for mid in (media.mid, media.answered.mid)]
            yield f"section {media.index} is called {mids[0]} in the offer and {mids[1]} in the answer"
    if agreement and agreement.surplus:
        yield f"the answer has {count(len(agreement.surplus), 'section')} more than the offer"


def _candidates(people: People, call: Call, signals: list[Signal]) -> Iterator[CandidateRow]:
    for peer in (call.caller, call.callee):
        found: dict[str, None] = {}
        for signal in signals:
            if signal.sender == peer:
                found.update((_describe(candidate), None) for candidate in _candidates_in(signal))
        yield CandidateRow(peer=people.short(call.session, peer), candidates=tuple(found))


def _candidates_in(signal: Signal) -> Iterator[Candidate]:
    if signal.content.candidate is not None:
        yield signal.content.candidate
    for media in signal.content.description.media if signal.content.description else ():
        yield from media.candidates


def _describe(candidate: Candidate) -> str:
    address = f"[{candidate.address}]" if ":" in candidate.address else candidate.address
    tcp = f" {candidate.tcp_type}" if candidate.tcp_type else ""
    related = f" from {candidate.related_address}" if _is_telling(candidate.related_address) else ""
    words = f"{candidate.kind} {candidate.transport}{tcp} {address}:{candidate.port}{related}"
    return abridged(words, PHRASE_LENGTH)


def _is_telling(related: str | None) -> bool:
    """Browsers write an unspecified address where they hide the real one."""
    return related not in (None, "0.0.0.0", "::")  # noqa: S104 - compared, not bound
