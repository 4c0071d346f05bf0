"""One session's exchanges, waits and signals → steps: the rows of a chart before they are folded and placed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigtrace.application.http.message import ExchangeEnd
from sigtrace.calls.peers import Departure
from sigtrace.calls.signals import Fate
from sigtrace.calls.waits import Release
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.functions import WireEvent
from sigtrace.text import decode_text
from sigtrace.views.candidate_runs import Run, find_runs
from sigtrace.views.ladder_rows import Stroke, Tone
from sigtrace.views.people import SERVER, People, Stranger
from sigtrace.views.quantities import count, format_duration
from sigtrace.views.wording import Words, describe_candidates, describe_fate, describe_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Exchange, Request, Response
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.waits import Wait
    from sigtrace.trace import Trace
    from sigtrace.views.people import Party

LONG_WAIT_NS = 500_000_000
"""A wait that is answered sooner has no row of its own for its asking: the lifeline shows it, the answer follows."""

HANG_NS = 10_000_000
"""A wait is said to have hung from here on; below, it was just being asked."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One row to be."""

    at_ns: int
    packet: int | None
    source: Party
    target: Party | None  # None: a mark at the source
    words: Words
    tone: Tone
    stroke: Stroke = Stroke.REQUEST
    number: int | None = None
    folded: int = 1
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    call: int | None = None
    event: WireEvent | None = None
    minor: bool = False  # shown only when everything is asked for


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
_NO_ANSWER = {
    ExchangeEnd.CAPTURE_ENDED: "no answer when the capture ended",
    ExchangeEnd.CLIENT_CLOSED: "closed by the client before an answer came",
    ExchangeEnd.SERVER_CLOSED: "closed by the server without an answer",
    ExchangeEnd.CLIENT_RESET: "reset by the client before an answer came",
    ExchangeEnd.SERVER_RESET: "reset by the server",
    ExchangeEnd.LOST: "the answer was not captured",
}


class Story:
    """Tells what happened in one session, step by step.

    Args:
        trace: the whole.
        people: of the trace.
        session: number of the session.
        fold: tell a run of candidates in one step.
    """

    def __init__(self, trace: Trace, people: People, session: int, *, fold: bool) -> None:
        self._trace = trace
        self._people = people
        self._session = session
        self.peers = [peer for peer in trace.peers if peer.session == session]
        self.waits = [wait for wait in trace.waits if wait.session == session]
        self._waits = {wait.exchange: wait for wait in self.waits}
        signals = [signal for signal in trace.signals if signal.session == session]
        self._sent = {signal.sent_exchange: signal for signal in signals if signal.sent_exchange is not None}
        self._runs = find_runs(signals) if fold else {}
        self.asked_ns: dict[Party, int] = {}
        self.gone_ns: dict[Party, int] = {}

    def steps(self, exchanges: list[Exchange]) -> list[Step]:
        """Return the steps in order of time."""
        steps = [step for exchange in exchanges for step in self._tell(exchange)]
        steps += [step for peer in self.peers for step in self._tell_departure(peer)]
        return sorted(steps, key=lambda step: (step.at_ns, step.packet or 0))

    def _tell(self, exchange: Exchange) -> Iterator[Step]:
        role = self._trace.role(exchange.number)
        kind = role.kind if role else ExchangeKind.OTHER
        author = self._people.author(exchange, self._session)
        if exchange.number in self._waits:
            yield from self._tell_wait(exchange, self._waits[exchange.number])
        elif exchange.number in self._sent:
            yield from self._tell_message(exchange, self._sent[exchange.number], author)
        elif kind is ExchangeKind.SIGN_IN:
            yield from self._tell_sign_in(exchange, author)
        elif kind is ExchangeKind.SIGN_OUT:
            yield from self._tell_sign_out(exchange, author)
        else:
            yield from self._tell_other(exchange, author, kind)

    # --- coming and going

    def _tell_sign_in(self, exchange: Exchange, author: Party) -> Iterator[Step]:
        self.asked_ns[author] = exchange.at_ns
        if exchange.request is not None:
            yield self._request(exchange, exchange.request, author, Words("sign in"), Tone.PRESENCE, WireEvent.SIGN_IN)
        response = exchange.response
        if response is None:
            return
        if response.status >= 400:
            yield self._refusal(exchange, response, author)
        elif isinstance(author, Stranger):
            yield self._answer(exchange, response, author, Words("signed in"), Tone.PRESENCE, WireEvent.SIGNED_IN)
        else:
            words = Words(f"you are {author}", (_describe_company(response),))
            yield self._answer(exchange, response, author, words, Tone.PRESENCE, WireEvent.SIGNED_IN)

    def _tell_sign_out(self, exchange: Exchange, author: Party) -> Iterator[Step]:
        if exchange.request is not None:
            yield self._request(
                exchange, exchange.request, author, Words("sign out"), Tone.PRESENCE, WireEvent.SIGN_OUT
            )
        response = exchange.response
        if response is None:
            return
        if response.status >= 400:
            yield self._refusal(exchange, response, author)
            return
        self.gone_ns[author] = response.span.start_ns
        yield self._acknowledgement(exchange, response, author, WireEvent.SIGNED_OUT)

    def _tell_departure(self, peer: Peer) -> Iterator[Step]:
        if peer.left is not Departure.VANISHED or peer.left_ns is None:
            return
        self.gone_ns[peer.id] = peer.left_ns
        yield Step(
            at_ns=peer.left_ns,
            packet=None,
            source=peer.id,
            target=None,
            words=Words(f"{peer.label} is not heard of again"),
            tone=Tone.FAILURE,
        )

    # --- messages between peers

    def _tell_message(self, exchange: Exchange, signal: Signal, author: Party) -> Iterator[Step]:
        run = self._runs.get(signal.number)
        request, response = exchange.request, exchange.response
        if request is not None and (run is None or run.first is signal):
            yield self._sent_step(exchange, request, signal, author, run)
        if response is None:
            return
        if signal.fate is Fate.ECHOED:
            words = Words(describe_signal(signal).label, ("to itself",))
            step = self._answer(exchange, response, author, words, Tone.SIGNAL, WireEvent.MESSAGE_DELIVERED)
            step.call = signal.call
            yield step
        elif response.status >= 400:
            yield self._refusal(exchange, response, author)
        else:
            yield self._acknowledgement(exchange, response, author, WireEvent.MESSAGE_ACCEPTED)

    def _sent_step(self, exchange: Exchange, request: Request, signal: Signal, author: Party, run: Run | None) -> Step:
        signals = run.signals if run else [signal]
        words = describe_candidates(signals) if run else describe_signal(signal)
        step = self._request(
            exchange, request, author, words, Tone.SIGNAL, _SENT.get(signal.kind, WireEvent.MESSAGE_SENT)
        )
        fate = describe_fate(signals)
        step.call = signal.call
        step.folded = len(signals)
        step.problems = (*step.problems, *((fate,) if fate else ()))
        if run and run.span_ns:
            step.notes = (*step.notes, f"in {format_duration(run.span_ns)}")
        if signal.content.problem and not run:
            step.problems = (*step.problems, signal.content.problem)
        if not self._direct(signal):
            step.words = Words(
                words.label, (f"for {self._people.short(self._session, signal.receiver)}", *words.details)
            )
        return step

    def _direct(self, signal: Signal) -> bool:
        """With two peers it goes without saying for whom a message is."""
        return len(self.peers) <= 2 and signal.receiver is not None

    # --- waits

    def _tell_wait(self, exchange: Exchange, wait: Wait) -> Iterator[Step]:
        author = wait.peer if wait.peer is not None else self._people.author(exchange, self._session)
        if exchange.request is not None:
            step = self._request(exchange, exchange.request, author, Words("wait"), Tone.HOUSEKEEPING, WireEvent.WAIT)
            step.at_ns = wait.asked_ns if wait.asked_ns is not None else step.at_ns
            hang_ns = wait.hang_ns or 0
            step.minor = hang_ns < LONG_WAIT_NS and not step.problems
            yield step
        if exchange.response is not None and wait.answered_ns is not None:
            yield from self._tell_wait_answer(exchange, exchange.response, wait, author)
        else:
            yield from self._tell_wait_end(exchange, wait, author)

    def _tell_wait_answer(self, exchange: Exchange, response: Response, wait: Wait, author: Party) -> Iterator[Step]:
        signal = self._trace.signal(wait.signal) if wait.signal is not None else None
        if signal is not None:
            run = self._runs.get(signal.number)
            if run is None or run.first_delivered is signal:
                yield self._delivered_step(exchange, response, wait, signal, author)
            return
        if wait.released_by is Release.REFUSED:
            yield self._refusal(exchange, response, author)
            return
        words, tone, event = self._describe_release(wait)
        step = self._answer(exchange, response, author, words, tone, event)
        step.stroke = Stroke.RELEASE
        yield step

    def _describe_release(self, wait: Wait) -> tuple[Words, Tone, WireEvent]:
        hung = _hung(wait)
        name = self._people.name(self._session, wait.by_peer)
        if wait.released_by is Release.PEER_JOINED:
            return Words(f"{name} joined", hung), Tone.PRESENCE, WireEvent.PEER_JOINED
        if wait.released_by is Release.PEER_LEFT:
            return Words(f"{name} left", hung), Tone.PRESENCE, WireEvent.PEER_LEFT
        if wait.released_by is Release.SERVER_QUIT:
            return Words("server shuts down", hung), Tone.PRESENCE, WireEvent.QUIT
        return Words("an answer we cannot read", hung), Tone.FAILURE, WireEvent.MESSAGE_DELIVERED

    def _delivered_step(
        self, exchange: Exchange, response: Response, wait: Wait, signal: Signal, author: Party
    ) -> Step:
        run = self._runs.get(signal.number)
        signals = run.signals if run else [signal]
        label = (describe_candidates(signals) if run else describe_signal(signal)).label
        words = Words(label, _hung(wait))
        event = _DELIVERED.get(signal.kind, WireEvent.MESSAGE_DELIVERED)
        step = self._answer(exchange, response, author, words, Tone.SIGNAL, event)
        step.stroke = Stroke.RELEASE
        step.call = signal.call
        step.number = signal.sent_exchange if signal.sent_exchange is not None else exchange.number
        step.folded = len(signals)
        relay = _describe_relay(signals)
        step.notes = (*step.notes, *((relay,) if relay else ()))
        fate = describe_fate(signals) if signal.fate is Fate.UNSENT else None
        step.problems = (*step.problems, *((fate,) if fate else ()))
        if signal.fate is Fate.UNSENT or not self._direct(signal):
            origin = self._people.short(self._session, signal.sender)
            step.words = Words(words.label, (f"from {origin}", *words.details))
        return step

    def _tell_wait_end(self, exchange: Exchange, wait: Wait, author: Party) -> Iterator[Step]:
        hung = _hung(wait)
        facts = {
            Release.CLIENT_CLOSED: (author, SERVER, "closes wait", Tone.HOUSEKEEPING),
            Release.SERVER_CLOSED: (SERVER, author, "closes wait, no answer", Tone.FAILURE),
            Release.RESET: (author, SERVER, "wait reset", Tone.FAILURE),
            Release.REPLACED: (author, None, f"wait {exchange.number} is replaced, never answered", Tone.FAILURE),
        }
        if wait.released_by not in facts:
            return
        source, target, label, tone = facts[wait.released_by]
        yield Step(
            at_ns=wait.ended_ns,
            packet=None,
            source=source,
            target=target,
            words=Words(label, hung),
            tone=tone,
            stroke=Stroke.BROKEN,
            number=exchange.number,
            event=WireEvent.WAIT_CLOSED if wait.released_by is Release.CLIENT_CLOSED else None,
        )

    # --- everything else on the server

    def _tell_other(self, exchange: Exchange, author: Party, kind: ExchangeKind) -> Iterator[Step]:
        quits = kind is ExchangeKind.QUIT
        event = WireEvent.QUIT if quits else WireEvent.BROWSER_REQUEST
        if exchange.request is not None:
            words = Words("quit" if quits else _request_line(exchange.request))
            step = self._request(exchange, exchange.request, author, words, Tone.HOUSEKEEPING, event)
            step.minor = kind in (ExchangeKind.OTHER, ExchangeKind.OPTIONS)
            yield step
        response = exchange.response
        if response is not None and response.status >= 400 and kind is not ExchangeKind.OTHER:
            yield self._refusal(exchange, response, author)
        elif response is not None:
            yield self._acknowledgement(exchange, response, author, event)

    # --- the two halves of an exchange

    def _request(
        self, exchange: Exchange, request: Request, author: Party, words: Words, tone: Tone, event: WireEvent
    ) -> Step:
        problems = _describe_damage(request)
        if exchange.response is None and words.label != "wait" and exchange.end in _NO_ANSWER:
            problems = (*problems, _NO_ANSWER[exchange.end])
        return Step(
            at_ns=request.span.start_ns,
            packet=request.span.first_packet,
            source=author,
            target=SERVER,
            words=words,
            tone=tone,
            number=exchange.number,
            notes=("retransmitted",) if exchange.request_retransmitted else (),
            problems=problems,
            event=event,
        )

    def _answer(
        self, exchange: Exchange, response: Response, author: Party, words: Words, tone: Tone, event: WireEvent
    ) -> Step:
        return Step(
            at_ns=response.span.start_ns,
            packet=response.span.first_packet,
            source=SERVER,
            target=author,
            words=words,
            tone=tone,
            stroke=Stroke.ANSWER,
            number=exchange.number,
            problems=_describe_damage(response),
            event=event,
        )

    def _refusal(self, exchange: Exchange, response: Response, author: Party) -> Step:
        words = Words(_status_line(response), _reason(response))
        return self._answer(exchange, response, author, words, Tone.FAILURE, WireEvent.REFUSED)

    def _acknowledgement(self, exchange: Exchange, response: Response, author: Party, event: WireEvent) -> Step:
        step = self._answer(exchange, response, author, Words(_status_line(response)), Tone.HOUSEKEEPING, event)
        step.minor = not step.problems
        return step


def _hung(wait: Wait) -> tuple[str, ...]:
    hang_ns = wait.hang_ns
    return (f"hung {format_duration(hang_ns)}",) if hang_ns is not None and hang_ns >= HANG_NS else ()


def _describe_company(response: Response) -> str:
    """Say how many others the server listed; the first line is the newcomer itself."""
    others = max((response.body.content or b"").count(b"\n") - 1, 0)
    return f"{count(others, 'other')} here" if others else "alone"


def _describe_relay(signals: list[Signal]) -> str | None:
    """Say how long the server took, and whether it had to keep the message."""
    times = sorted(signal.relay_ns for signal in signals if signal.relay_ns is not None)
    queued = sum(bool(signal.queued) for signal in signals)
    if not times:
        return None
    if len(signals) == 1:
        took = format_duration(times[0])
        return f"queued {took}: no wait open" if queued else f"relayed in {took}"
    slowest = format_duration(times[-1])
    return f"relayed within {slowest}, {queued} queued" if queued else f"relayed within {slowest}"


def _describe_damage(half: Request | Response) -> tuple[str, ...]:
    if half.body.missing:
        return (f"{count(half.body.missing, 'byte')} never captured",)
    return () if half.complete else ("cut short",)


def _request_line(request: Request) -> str:
    return f"{request.method} {decode_text(request.target)}"


def _status_line(response: Response) -> str:
    return f"{response.status} {decode_text(response.reason)}".strip()


def _reason(response: Response) -> tuple[str, ...]:
    """A short plain body says why; a page does not."""
    body = response.body.content or b""
    return (decode_text(body).strip(),) if 0 < len(body) <= 40 and not body.startswith(b"<") else ()
